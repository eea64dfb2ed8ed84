"""Embedders: what makes vectors of rows that have none. Columns in, float32 (rows, dimensions) out."""
