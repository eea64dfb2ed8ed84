"""The catalogue beside projects, models and versions."""
