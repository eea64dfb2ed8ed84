"""What runs of this room are called, without loading anything that computes."""

DETECT = "drift.detect"
"""Two data sets compared; it makes a report."""

ALGORITHM_VERSION = 1
"""Raised by hand when the same data and options would give another report."""
