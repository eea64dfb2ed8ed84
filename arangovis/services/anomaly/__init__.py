"""Anomaly detectors: trained, scoring, exported, as runs."""
