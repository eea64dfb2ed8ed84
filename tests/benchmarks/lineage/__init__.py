"""Benchmark of metadata stores: commits, lineage and search, in turn within one round. See `__main__.py`."""
