"""The OpenLineage standard: events that are taken, and events that are told."""
