"""arangovis: the lineage of models, and plots that know where they came from.

`import arangovis as av` loads nothing heavy: a name is imported when it is first used (PEP 562).
"""

import importlib
from typing import TYPE_CHECKING

from arangovis.domain.version import VERSION

__version__ = VERSION

_HOMES = {
    "Client": "arangovis.client",
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
    "errors": "arangovis.domain.errors",
    "signature_field": "arangovis.client",
}

__all__ = [
    "Client",
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
    "errors",
    "signature_field",
]

if TYPE_CHECKING:
    from arangovis.client import Client, Projection, connect, signature_field
    from arangovis.client.comparing import compare_models
    from arangovis.client.sweep_training import compatibility_sweep
    from arangovis.domain import errors
    from arangovis.domain.catalogue import Signature
    from arangovis.domain.ids import NodeId
    from arangovis.domain.runs import RunState
    from arangovis.domain.work import Input
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
