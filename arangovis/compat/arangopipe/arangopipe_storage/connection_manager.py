"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import arango_pipe_connections

__all__ = ["arango_pipe_connections"]
