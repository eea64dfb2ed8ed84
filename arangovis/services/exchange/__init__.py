"""Use cases of the exchange with other systems."""
