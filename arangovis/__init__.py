"""arangovis: the lineage of models, and plots that know where they came from.

`import arangovis as av` loads nothing heavy: a name is imported when it is first used (PEP 562).
"""

import importlib
from typing import TYPE_CHECKING

from arangovis.domain.version import VERSION

__version__ = VERSION

_HOMES = {
    "AsyncDataLogger": "arangovis.client.data_logger",
    "Capture": "arangovis.client.capture",
    "Client": "arangovis.client",
    "ColumnLineage": "arangovis.services.catalogue.data",
    "DataLogger": "arangovis.client.data_logger",
    "Derivation": "arangovis.services.catalogue.data",
    "Feature": "arangovis.services.catalogue.data",
    "DriftOptions": "arangovis.drift.values",
    "Input": "arangovis.domain.work",
    "LoggedRun": "arangovis.services.run_log",
    "NodeId": "arangovis.domain.ids",
    "Output": "arangovis.services.run_log",
    "Projection": "arangovis.client",
    "RunState": "arangovis.domain.runs",
    "Signature": "arangovis.domain.catalogue",
    "compare_models": "arangovis.client.comparing",
    "compatibility_sweep": "arangovis.client.sweep_training",
    "connect": "arangovis.client",
    "current_run": "arangovis.client.active_run",
    "errors": "arangovis.domain.errors",
    "run": "arangovis.client.begin_run",
    "show": "arangovis.notebook.showing",
    "signature_field": "arangovis.client",
    "tracked": "arangovis.client.decorators",
}

__all__ = [
    "AsyncDataLogger",
    "Capture",
    "Client",
    "ColumnLineage",
    "DataLogger",
    "Derivation",
    "DriftOptions",
    "Feature",
    "Input",
    "LoggedRun",
    "NodeId",
    "Output",
    "Projection",
    "RunState",
    "Signature",
    "__version__",
    "compare_models",
    "compatibility_sweep",
    "connect",
    "current_run",
    "errors",
    "run",
    "show",
    "signature_field",
    "tracked",
]

if TYPE_CHECKING:
    from arangovis.client import Client, Projection, connect, signature_field
    from arangovis.client.active_run import current_run
    from arangovis.client.begin_run import run
    from arangovis.client.capture import Capture
    from arangovis.client.comparing import compare_models
    from arangovis.client.data_logger import AsyncDataLogger, DataLogger
    from arangovis.client.decorators import tracked
    from arangovis.client.sweep_training import compatibility_sweep
    from arangovis.domain import errors
    from arangovis.domain.catalogue import Signature
    from arangovis.domain.ids import NodeId
    from arangovis.domain.runs import RunState
    from arangovis.domain.work import Input
    from arangovis.drift.values import DriftOptions
    from arangovis.notebook.showing import show
    from arangovis.services.catalogue.data import ColumnLineage, Derivation, Feature
    from arangovis.services.run_log import LoggedRun, Output


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'arangovis' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    found: object = home if _HOMES[name].endswith(f".{name}") else getattr(home, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
