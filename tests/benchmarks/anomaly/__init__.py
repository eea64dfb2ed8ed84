"""Benchmark of anomaly detection: training and scoring, beside a floor and H2O. See `__main__.py`."""
