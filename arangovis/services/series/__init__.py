"""Series: what runs log, row by row."""
