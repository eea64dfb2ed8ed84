"""Conformance suites for anyone who writes a store: `stores` for graph stores, `stateful` to compare with the model."""
