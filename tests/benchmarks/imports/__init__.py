"""Benchmarks of what is taken over from other trackers."""
