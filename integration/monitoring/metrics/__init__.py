"""What Prometheus reads at /metrics: the console's rows as figures, and how long requests take."""
