"""Projections of embeddings: arrays in, arrays out. Knows no store and no HTTP."""
