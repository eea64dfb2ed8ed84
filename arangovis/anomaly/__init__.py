"""Anomaly detection: columns in, arrays out. Knows no store and no HTTP."""
