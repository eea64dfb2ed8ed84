"""One file for each noun: HTTP in, a service called, JSON out."""
