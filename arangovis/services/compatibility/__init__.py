"""Compatibility sweeps and comparisons as runs."""
