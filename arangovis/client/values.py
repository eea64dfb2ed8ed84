"""What the client's calls take and give: a projection, and the forms in which people name nodes, versions and times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.domain.catalogue import ModelVersion, Profile, SignatureField
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, Scalar
from arangovis.domain.views import mapping
from arangovis.services.catalogue import RegisteredVersion

AnyVersion: TypeAlias = int | RegisteredVersion | ModelVersion
"""A model version: its integer id, or what registering or listing answered."""
AnyTime: TypeAlias = int | str | datetime
"""Microseconds since 1970, a datetime, or ISO 8601 text; without a zone it is a time of this machine's zone."""

IDEMPOTENCY_KEY_LENGTH_MAX = 256
_OTHER_NAMES = {"n_neighbors": "n_neighbours"}
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, repr=False)
class Projection:
    """A finished projection: its run, its plot, and its answer as the REST API gives it."""

    run: NodeId
    plot: NodeId
    result: Mapping[str, Any]

    @classmethod
    def of(cls, run: NodeId, plot: NodeId, answer: bytes) -> "Projection":
        """Read the stored answer of a run."""
        return cls(run, plot, MappingProxyType(orjson.loads(answer)))

    def __repr__(self) -> str:
        shape = " x ".join(str(size) for size in self.result["data_shape"])
        metrics = "".join(f", {name}={value:.3g}" for name, value in self.metrics.items() if isinstance(value, float))
        return f"Projection({self.run}, {shape}{metrics})"

    @property
    def coordinates(self) -> npt.NDArray[np.float32]:
        """The projected production rows, float32 (rows, components)."""
        return np.asarray(self.result["data"], dtype=np.float32)

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the production rows, in the order of `coordinates`."""
        return tuple(self.result["request_ids"])

    @property
    def neighbours(self) -> npt.NDArray[np.int64]:
        """The nearest rows of each row in the space of the embeddings, int64 (rows, at most 100), nearest first."""
        return np.asarray(self.result["top_100"], dtype=np.int64)

    @property
    def metrics(self) -> Mapping[str, float | str]:
        """How faithful the plot is, by the name of the metric; a text says why one was skipped."""
        return MappingProxyType(self.result["visualization_metrics"])


def signature_field(name: str, dtype: str, profile: str = "NONE", shape: Sequence[int] = ()) -> SignatureField:
    """Return one field of a signature; an embedding of N numbers has the shape (1, N).

    Raises:
        InvalidInput: there is no such profile.

    """
    return SignatureField(name, tuple(int(size) for size in shape), dtype, choice(Profile, "profile", profile.upper()))


def choice(kind: type[E], field: str, value: str) -> E:
    """Return the member of an enumeration.

    Raises:
        InvalidInput: there is none of this value.

    """
    try:
        return kind(value)
    except ValueError as error:
        known = ", ".join(member.value for member in kind)
        raise InvalidInput.of(Fault(field, f"{str(value)[:80]!r} is not one of {known}")) from error


def node_id(node: NodeId | str, kind: str | None = None) -> NodeId:
    """Return the id of a node, of the kind that is wanted.

    Raises:
        InvalidInput: it is no id, or one of another kind.

    """
    if not isinstance(node, NodeId | str):
        problem = f"{type(node).__name__} is no node id; give a NodeId or text such as 'run/0190…'"
        raise InvalidInput.of(Fault("id", problem))
    found = NodeId.parse(node) if isinstance(node, str) else node
    if kind is not None and found.kind != kind:
        raise InvalidInput.of(Fault("id", f"{found} is a {found.kind}, not a {kind}"))
    return found


def version_number(version: AnyVersion) -> int:
    """Return the integer id of a model version.

    Raises:
        InvalidInput: it is something else.

    """
    if isinstance(version, RegisteredVersion | ModelVersion):
        return version.number
    if isinstance(version, bool) or not isinstance(version, int | np.integer):
        problem = f"{str(version)[:80]!r} is no model version; give its integer id, or what registering it answered"
        raise InvalidInput.of(Fault("version", problem))
    return int(version)


def microseconds(at: AnyTime | None) -> int | None:
    """Return a time in microseconds since 1970.

    Raises:
        InvalidInput: it is no time.

    """
    if at is None or type(at) is int:
        return at
    try:
        return _moment_of(at)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        problem = f"{str(at)[:80]!r} is no time: give microseconds since 1970, a datetime, or ISO 8601"
        raise InvalidInput.of(Fault("at", problem)) from error


def _moment_of(at: AnyTime) -> int:
    if isinstance(at, str) and at.strip().isdecimal():
        return int(at)
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(str(at).strip())
    return round(moment.timestamp() * 1_000_000)


def sound_key(key: str | None) -> str | None:
    """Return the key under which something is done once.

    Raises:
        InvalidInput: it is empty, too long, or not printable ASCII.

    """
    if key is not None and not (0 < len(key) <= IDEMPOTENCY_KEY_LENGTH_MAX and key.isascii() and key.isprintable()):
        problem = f"is not 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} printable ASCII characters"
        raise InvalidInput.of(Fault("idempotency_key", problem))
    return key


def changed_params(now: Document, parameters: Mapping[str, Any], options: Mapping[str, Any]) -> Document:
    """Return parameters to put in force: those given over those in force now, under their own names.

    Raises:
        InvalidInput: there is no such parameter or option, or a value is no scalar.

    """
    known = mapping(now, "parameters")
    given = {_OTHER_NAMES.get(name, name): value for name, value in plain_scalars("parameters", parameters).items()}
    names, option_names = known.keys(), now.keys() - {"parameters"}
    faults = [Fault(f"parameters.{name}", f"is none of {', '.join(names)}") for name in given if name not in names]
    faults += [Fault(name, f"is none of {', '.join(option_names)}") for name in options if name not in option_names]
    if faults:
        raise InvalidInput.of(*faults)
    return {**now, **plain_document(options), "parameters": {**known, **given}}


def plain_scalars(field: str, values: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return parameters or metrics with numpy's scalars as Python's.

    Raises:
        InvalidInput: it names every value that is no text, number or boolean.

    """
    plain = {str(name): _plain(value) for name, value in values.items()}
    wrong = [(name, value) for name, value in plain.items() if not isinstance(value, str | int | float | None)]
    if wrong:
        raise InvalidInput.of(*(Fault(f"{field}.{name}", _no_scalar(value)) for name, value in wrong))
    return plain


def plain_document(value: Any) -> Any:
    """Return JSON-like facts with numpy's arrays and scalars, and tuples, as Python's lists and numbers."""
    if isinstance(value, Mapping):
        return {str(name): plain_document(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_document(item) for item in value]
    return value.tolist() if isinstance(value, np.ndarray) else _plain(value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _no_scalar(value: object) -> str:
    return f"{type(value).__name__} is no text, number or boolean"
