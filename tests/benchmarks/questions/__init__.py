"""Benchmark of the questions of lineage over REST. See `__main__.py`."""
