"""Models by the name of what makes them, so that a worker can make them from data alone.

A factory is a function of an importable module, and it runs in the worker: besides ours, only those count that the
operator put on a list.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module

import torch
from torch import nn

from arangovis.compatibility.factories import BUILT_IN, check_factory
from arangovis.compatibility.pytorch.trainer import one_thread
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import JsonValue


def make_model(name: str, arguments: Mapping[str, JsonValue], allowed: Sequence[str], *, seed: int) -> nn.Module:
    """Return a new model; its random weights are those of the seed.

    Raises:
        InvalidInput: the factory is not on the list, is not there, refuses the arguments, or makes something else.

    """
    check_factory("factory", name, allowed)
    module, _, function = BUILT_IN.get(name, name).partition(":")
    try:
        make = getattr(import_module(module), function)
        with one_thread(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = make(**arguments)
    except (ImportError, AttributeError) as error:
        raise InvalidInput.of(Fault("factory", f"{name} cannot be imported here")) from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput.of(Fault("arguments", f"{name} refuses them: {error}")) from error
    if not isinstance(made, nn.Module):
        raise InvalidInput.of(Fault("factory", f"{name} makes a {type(made).__name__}, not a torch.nn.Module"))
    return made
