"""Graphs of arangopipe: its collections, its documents, its exported files."""
