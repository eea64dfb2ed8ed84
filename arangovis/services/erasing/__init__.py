"""Erasing a person's rows."""
