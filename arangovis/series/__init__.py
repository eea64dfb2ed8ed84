"""Series: typed columns that runs log, as chunks and as tables. Arrays in, arrays out; no store, no HTTP."""
