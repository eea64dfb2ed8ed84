"""Use cases. A service composes stores and computing rooms; one call is one user action."""
