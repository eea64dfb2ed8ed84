"""What teams register: projects, models, model versions with their signature, data sets, metric specs, parameters."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, Scalar
from arangovis.domain.views import integer, items, mapping, optional_text, scalars, text

EMBEDDING = "embedding"


class Profile(StrEnum):
    """What a field means, which decides how it is encoded and coloured."""

    CATEGORICAL = "CATEGORICAL"
    NOMINAL = "NOMINAL"
    ORDINAL = "ORDINAL"
    NUMERICAL = "NUMERICAL"
    CONTINUOUS = "CONTINUOUS"
    INTERVAL = "INTERVAL"
    RATIO = "RATIO"
    NONE = "NONE"
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    TEXT = "TEXT"

    @property
    def is_usable(self) -> bool:
        """Whether a column of this profile can be encoded for a projection."""
        return self not in {Profile.NONE, Profile.IMAGE, Profile.VIDEO, Profile.AUDIO, Profile.TEXT}


@dataclass(frozen=True, slots=True)
class SignatureField:
    """One input or output of a model. An empty shape is a scalar; -1 is a free dimension."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    profile: Profile

    @property
    def is_scalar(self) -> bool:
        """Whether each row holds one value of it."""
        return not self.shape

    def document(self) -> Document:
        """Return it as JSON."""
        return {"name": self.name, "shape": list(self.shape), "dtype": self.dtype, "profile": self.profile.value}

    @classmethod
    def of(cls, document: Document) -> "SignatureField":
        """Read what `document` wrote."""
        shape = tuple(size for size in items(document, "shape") if isinstance(size, int))
        return cls(text(document, "name"), shape, text(document, "dtype"), Profile(text(document, "profile")))


@dataclass(frozen=True, slots=True)
class Signature:
    """What a model version takes and gives."""

    inputs: tuple[SignatureField, ...] = ()
    outputs: tuple[SignatureField, ...] = ()

    @property
    def embedding_dimension(self) -> int | None:
        """Return N if there is an output `embedding` of shape [1, N], else None; N may be -1."""
        for field in self.outputs:
            if field.name == EMBEDDING and len(field.shape) == 2 and field.shape[0] == 1:
                return field.shape[1]
        return None

    @property
    def scalar_outputs(self) -> tuple[SignatureField, ...]:
        """The outputs that colour a projection."""
        return tuple(field for field in self.outputs if field.is_scalar and field.name != EMBEDDING)

    @property
    def class_outputs(self) -> tuple[str, ...]:
        """The names of the scalar outputs that name classes."""
        profiles = (Profile.CATEGORICAL, Profile.NOMINAL)
        return tuple(field.name for field in self.scalar_outputs if field.profile in profiles)

    def document(self) -> Document:
        """Return it as JSON."""
        return {"inputs": [f.document() for f in self.inputs], "outputs": [f.document() for f in self.outputs]}

    @classmethod
    def of(cls, document: Document) -> "Signature":
        """Read what `document` wrote."""
        return cls(_fields(document, "inputs"), _fields(document, "outputs"))


def _fields(document: Document, name: str) -> tuple[SignatureField, ...]:
    return tuple(SignatureField.of(field) for field in items(document, name) if isinstance(field, Mapping))


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One trained state of a model; `number` is the integer that REST clients speak."""

    id: NodeId
    project: str | None
    number: int
    name: str
    version: str
    model: NodeId
    signature: Signature

    @classmethod
    def of(cls, node: Node) -> "ModelVersion":
        """Read it from its node."""
        attributes = node.attributes
        return cls(
            id=node.id,
            project=node.project,
            number=integer(attributes, "number"),
            name=text(attributes, "name"),
            version=text(attributes, "version"),
            model=NodeId.parse(text(attributes, "model")),
            signature=Signature.of(mapping(attributes, "signature")),
        )


EMPTY_CHAIN = hashlib.sha256(b"").hexdigest()
"""The digest of a data set without segments."""


def chained(digests: Iterable[str], before: str = EMPTY_CHAIN) -> str:
    """Return the digest of a data set of these segments, in order, behind those that `before` is the digest of."""
    chain = before
    for digest in digests:
        chain = hashlib.sha256(f"{chain}{digest}".encode()).hexdigest()
    return chain


class DatasetForm(StrEnum):
    """What kind of data set it is."""

    TABLE = "table"
    STREAM = "stream"
    SNAPSHOT = "snapshot"
    EXTERNAL = "external"
    """Its rows are kept elsewhere; it is known by what was said of it."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set. `segments` is the length of its manifest; `digest` identifies its content, if it is known."""

    id: NodeId
    project: str | None
    name: str
    form: DatasetForm
    digest: str
    rows: int
    segments: int
    source: NodeId | None = None
    selection: str | None = None

    @classmethod
    def of(cls, node_id: NodeId, project: str | None, attributes: Document) -> "Dataset":
        """Read it from its document."""
        source = optional_text(attributes, "source")
        return cls(
            id=node_id,
            project=project,
            name=text(attributes, "name"),
            form=DatasetForm(text(attributes, "form")),
            digest=optional_text(attributes, "digest") or "",
            rows=integer(attributes, "rows", 0),
            segments=integer(attributes, "segments", 0),
            source=None if source is None else NodeId.parse(source),
            selection=optional_text(attributes, "selection"),
        )


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A monitoring metric: healthy if `value <operation> threshold`.

    Its values are a column of this name; with a `detector`, rows without such a column get its scores.
    """

    id: NodeId
    name: str
    threshold: float
    operation: str
    detector: NodeId | None = None

    @classmethod
    def of(cls, node: Node) -> "MetricSpec":
        """Read it from its node."""
        threshold = node.attributes.get("threshold")
        value = float(threshold) if isinstance(threshold, int | float) else 0.0
        detector = optional_text(mapping(node.attributes, "attributes"), "detector")
        return cls(
            id=node.id,
            name=text(node.attributes, "name"),
            threshold=value,
            operation=text(node.attributes, "operation"),
            detector=None if detector is None else NodeId.parse(detector),
        )


@dataclass(frozen=True, slots=True)
class ProjectionParams:
    """What a projection is asked to do: the method's parameters, sample sizes, and quality metrics."""

    values: Mapping[str, Scalar]
    production_data_sample_size: int
    training_data_sample_size: int
    visualization_metrics: tuple[str, ...]

    def options(self) -> Document:
        """Return what is not a parameter of the method, as JSON."""
        return {
            "production_data_sample_size": self.production_data_sample_size,
            "training_data_sample_size": self.training_data_sample_size,
            "visualization_metrics": list(self.visualization_metrics),
        }

    @classmethod
    def of(cls, attributes: Document) -> "ProjectionParams":
        """Read it from the document of a params node."""
        options = mapping(attributes, "options")
        metrics = tuple(str(name) for name in items(options, "visualization_metrics"))
        return cls(
            values=scalars(attributes, "values"),
            production_data_sample_size=integer(options, "production_data_sample_size", 0),
            training_data_sample_size=integer(options, "training_data_sample_size", 0),
            visualization_metrics=metrics,
        )
