"""The one search box: what is found, the commands, and their pages."""
