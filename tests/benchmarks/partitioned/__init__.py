"""Projections of all rows in partitions: how fast, and in how much memory."""
