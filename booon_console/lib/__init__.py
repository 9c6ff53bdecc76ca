"""What knows neither sellers nor EasyEcom: clock, words for numbers and times, tables, charts."""
