"""Frames: data sets parsed from what users upload or name."""
