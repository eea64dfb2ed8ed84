"""Marshmallow schemas: what comes in, loaded into frozen dataclasses, and what goes out."""
