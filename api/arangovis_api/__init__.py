"""The REST API: HTTP in, services, JSON out. Knows nothing that is not about HTTP."""
