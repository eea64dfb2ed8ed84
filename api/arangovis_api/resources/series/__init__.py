"""Series: fields, sets of them, and the rows that runs log."""
