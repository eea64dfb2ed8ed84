"""Embeddings of rows that have none: which embedder a model version has, and what it made of which rows."""
