"""Projections as runs: asked for, computed, answered."""
