"""arangopipe's names, for scripts that were written for it: change the import, and they run.

`from arangopipe.arangopipe_storage.arangopipe_api import ArangoPipe` becomes
`from arangovis.compat.arangopipe.arangopipe_storage.arangopipe_api import ArangoPipe`, or shorter
`from arangovis.compat.arangopipe import ArangoPipe`. What is different is in docs/reference/arangopipe.md.
"""

from arangovis.compat.arangopipe.api import ArangoPipe, ArangoPipeAdmin, arango_pipe_connections
from arangovis.compat.arangopipe.config import ArangoPipeConfig
from arangovis.compat.arangopipe.connecting import close_connections
from arangovis.compat.arangopipe.parameters import ManagedServiceConnParam
from arangovis.compat.arangopipe.shift import DatasetShiftDetector, RF_DatasetShiftDetector

__all__ = [
    "ArangoPipe",
    "ArangoPipeAdmin",
    "ArangoPipeConfig",
    "DatasetShiftDetector",
    "ManagedServiceConnParam",
    "RF_DatasetShiftDetector",
    "arango_pipe_connections",
    "close_connections",
]
