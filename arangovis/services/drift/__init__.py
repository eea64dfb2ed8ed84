"""Shift between data sets, detected by runs whose reports are linked to both."""
