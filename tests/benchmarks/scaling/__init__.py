"""Benchmark of growth: what each question costs as runs, hub degree, versions and queues grow. See `__main__.py`."""
