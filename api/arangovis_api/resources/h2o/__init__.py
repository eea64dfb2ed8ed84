"""The scoring sequence of H2O under `/3/`, for its clients. `/api/v1` has the same things in our own words."""
