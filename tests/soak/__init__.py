"""Chaos for hours; each module runs by itself, and shortened in the acceptance tests."""
