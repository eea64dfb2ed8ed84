"""Data shift: does a second table come from where the first one came from, and if not, what moved. Knows no store."""
