"""Questions about single rows: what holds one, and which one a point is."""
