"""The autoencoder: a dense network with a narrow middle that has learnt to give back normal rows."""

from collections.abc import Mapping, Sequence
from typing import cast

from arangovis.anomaly.base import COMMON, Detector, Progress, Samples
from arangovis.anomaly.engines import engine_name
from arangovis.anomaly.network import RECTIFIER, TANH, Network, network_from, network_state
from arangovis.anomaly.training_network import NetworkOptions, train_network
from arangovis.domain.errors import Fault
from arangovis.domain.json import JsonValue, Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["LAYERS_MAX", "PARAMETERS", "UNITS_MAX", "Autoencoder", "hidden_sizes"]

LAYERS_MAX = 8
UNITS_MAX = 4096

PARAMETERS = ParameterSet(
    (
        Parameter("hidden", str, "20,10,20", "Units of each hidden layer, separated by commas."),
        Parameter("activation", str, TANH, "What follows each layer, the last one too.", choices=(TANH, RECTIFIER)),
        Parameter("epochs", int, 100, "Passes over the training rows, at most.", 1, 100_000),
        Parameter("mini_batch_size", int, 16, "Rows of one step.", 1, 65_536),
        Parameter("rate", float, 0.004, "The peak of the learning rate.", 1e-8, 1.0),
        Parameter("l1", float, 0.0, "Penalty on the sizes of weights.", 0.0, 1.0),
        Parameter("l2", float, 0.0, "Penalty on the squares of weights.", 0.0, 1.0),
        Parameter(
            "stopping_rounds", int, 20, "Passes without a better held-out error that end it; 0: none.", 0, 100_000
        ),
        Parameter("stopping_tolerance", float, 0.0, "By how much an error must fall to be better.", 0.0, 1.0),
        *COMMON,
    )
)


class Autoencoder(Detector):
    """A row is as anomalous as its reconstruction is wrong."""

    name = "autoencoder"
    parameters = PARAMETERS
    algorithm_version = 1

    def engine(self) -> str:
        """Return the library and its version."""
        return engine_name("numpy")

    def normalised(self, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return `hidden` as text: `[20, 10, 20]` and `"[20,10,20]"` are `"20,10,20"`."""
        hidden = values.get("hidden")
        if isinstance(hidden, str):
            stripped = hidden.strip().removeprefix("[").removesuffix("]")
            return {**values, "hidden": ",".join(part.strip() for part in stripped.split(","))}
        if isinstance(hidden, Sequence) and all(isinstance(size, int) for size in hidden):
            return {**values, "hidden": ",".join(map(str, hidden))}
        return values

    def faults(self, values: Mapping[str, Scalar]) -> tuple[Fault, ...]:
        """Say what is wrong with `hidden`."""
        if "hidden" not in values or hidden_sizes(str(values["hidden"])) is not None:
            return ()
        wanted = f"is not 1 to {LAYERS_MAX} whole numbers from 1 to {UNITS_MAX}, such as 20,10,20"
        return (Fault("parameters.hidden", f"{values['hidden']!r:.80} {wanted}"),)

    def fit(self, samples: Samples, parameters: Mapping[str, Scalar], *, seed: int, progress: Progress) -> ArrayBundle:
        """Train the network; the arrays hold its history too."""
        trained = train_network(samples, _options(parameters), seed=seed, progress=progress)
        return network_state(trained.network, history=trained.history)

    def scorer(self, state: ArrayBundle, *, width: int) -> Network:
        """Return the network."""
        return network_from(state, width=width)


def hidden_sizes(text: str) -> tuple[int, ...] | None:
    """Return the units that a text such as `20,10,20` names, or None if it is none such."""
    parts = text.split(",")
    if len(parts) > LAYERS_MAX or not all(part.isascii() and part.isdigit() and len(part) <= 5 for part in parts):
        return None
    sizes = tuple(map(int, parts))
    return sizes if all(1 <= size <= UNITS_MAX for size in sizes) else None


def _options(parameters: Mapping[str, Scalar]) -> NetworkOptions:
    return NetworkOptions(
        hidden=hidden_sizes(str(parameters["hidden"])) or (),
        activation=str(parameters["activation"]),
        epochs=cast("int", parameters["epochs"]),
        mini_batch_size=cast("int", parameters["mini_batch_size"]),
        rate=cast("float", parameters["rate"]),
        l1=cast("float", parameters["l1"]),
        l2=cast("float", parameters["l2"]),
        stopping_rounds=cast("int", parameters["stopping_rounds"]),
        stopping_tolerance=cast("float", parameters["stopping_tolerance"]),
    )
