"""Of which columns the columns of a node were made, as far as it is recorded: on an edge, or by how a method works.

What no record covers is unknown. It is never taken to be made of everything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from arangovis.anomaly.methods import SCORE, TRAIN
from arangovis.domain.catalogue import EMBEDDING, Signature
from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.views import items, mapping, optional_text
from arangovis.services.blobs import Blobs
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.lineage.encoded_columns import ENCODER_ROLE, EncodedColumn, encoded_columns
from arangovis.services.methods import PARSE
from arangovis.services.projections.result import column_name
from arangovis.stores.base import GraphStore

if TYPE_CHECKING:
    from arangovis.services.anomaly.detectors import Detectors

PROJECTION = "projection."
ROW_ID, ID = "_id", "id"
AXES = ("x", "y", "z")
SCORE_COLUMN = "Reconstruction.MSE"
FLAGS = ("is_anomaly", "status")
SNAPSHOT = "snapshot"
LEARNT_FROM = "training"
"""As which a run reads the rows that its encoder is learnt from."""
_POSITIONS = frozenset({"coordinates", "neighbours", "fit_neighbours", "transformer"})
"""Files of a projection that hold one thing, made of the embeddings; its column is called as the file's role."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A column and the columns of one source that it was made of."""

    to: str
    sources: tuple[str, ...]
    transform: str | None = None


@dataclass(frozen=True, slots=True)
class ColumnStep:
    """How a node was made of one other: over an edge, or by a run.

    `is_same` means that every column is the source's of that name. Without it and without `mapped` nobody recorded
    which columns were used; `reason` says so. `covers` lists what of the node's columns the record speaks of, where it
    speaks of more than it maps.
    """

    source: NodeId
    target: NodeId
    run: NodeId | None
    known_by: str
    mapped: tuple[Mapped, ...] = ()
    is_same: bool = False
    reason: str | None = None

    def into(self, column: str) -> Sequence[Mapped]:
        """Return what a column of the target was made of."""
        return [Mapped(column, (column,))] if self.is_same else [entry for entry in self.mapped if entry.to == column]

    def out_of(self, column: str) -> Sequence[Mapped]:
        """Return what was made of a column of the source."""
        return [Mapped(column, (column,))] if self.is_same else [e for e in self.mapped if column in e.sources]


class ColumnMaps:
    """Reads how nodes were made of others."""

    def __init__(self, store: GraphStore, blobs: Blobs, detectors: "Detectors") -> None:
        self._store = store
        self._blobs = blobs
        self._detectors = detectors

    def columns_of(self, node: Node, steps: Sequence[ColumnStep]) -> tuple[str, ...]:
        """Return the columns that a node is known to have, in its order; what it was made of tells some of them."""
        facts = node.attributes
        own = [*mapping(facts, "columns"), *_feature_names(facts.get("features"))]
        signature = Signature.of(mapping(facts, "signature"))
        own += [field.name for field in (*signature.inputs, *signature.outputs)]
        mapped = [entry.to for step in steps for entry in step.mapped]
        return tuple(dict.fromkeys([*own, *mapped]))

    def into(self, node: Node, *, at: int | None) -> list[ColumnStep]:
        """Return how a node was made, a step for each source that has columns."""
        edges = edges_at(self._store, (node.id,), Direction.UPSTREAM, ("derived_into", "generated"), at=at)
        made = [edge.id.source for edge in edges if edge.id.kind == "generated"]
        runs = live_nodes(self._store, made, at=at)
        steps = [_derived(edge, node) for edge in edges if edge.id.kind == "derived_into"]
        for run in runs.values():
            steps += self._generated(node, run, at)
        return sorted(steps, key=lambda step: (step.source, step.known_by))

    def targets(self, node_id: NodeId, *, at: int | None) -> list[NodeId]:
        """Return what was made of a node, over an edge or by a run that read it."""
        edges = edges_at(self._store, (node_id,), Direction.DOWNSTREAM, ("derived_into", "input_to"), at=at)
        derived = [edge.id.target for edge in edges if edge.id.kind == "derived_into"]
        runs = [edge.id.target for edge in edges if edge.id.kind == "input_to"]
        made = edges_at(self._store, runs, Direction.DOWNSTREAM, ("generated",), at=at)
        return sorted({*derived, *(edge.id.target for edge in made if _has_columns(edge.id.target.kind))})

    # --- what methods do --------------------------------------------------------------------------------------

    def _generated(self, node: Node, run: Node, at: int | None) -> list[ColumnStep]:
        method = optional_text(run.attributes, "method") or ""
        read = edges_at(self._store, (run.id,), Direction.UPSTREAM, ("input_to",), at=at)
        if method == PARSE:
            return [_step(edge, node, run, "parse", is_same=True) for edge in read]
        if method == TRAIN and node.id.kind == "model_version":
            mapped = self._encoder(node)
            return [_step(edge, node, run, "encoder", mapped) for edge in read if edge.id.source.kind == "dataset"]
        if method == SCORE:
            return self._scored(node, run, read, at)
        if method.startswith(PROJECTION):
            return self._projected(node, run, read, at)
        reason = f"{run.id} does not say which columns it used"
        return [_step(edge, node, run, "run", reason=reason) for edge in read if _has_columns(edge.id.source.kind)]

    def _encoder(self, node: Node) -> tuple[Mapped, ...]:
        """Return the inputs of a detector, and the columns of its encoded space, each made of one input."""
        inputs = [field.name for field in Signature.of(mapping(node.attributes, "signature")).inputs]
        same = [Mapped(name, (name,)) for name in inputs]
        try:
            expansion = self._detectors.load_node(node.id).model.expansion
        except ArangovisError:
            return tuple(same)  # its bytes are gone; what its node says is still true
        slots = [(slot, spec.name) for spec in expansion.columns for slot in spec.slot_names() if slot != spec.name]
        return (*same, *(Mapped(slot, (name,), "one-hot") for slot, name in slots))

    def _scored(self, node: Node, run: Node, read: Sequence[Edge], at: int | None) -> list[ColumnStep]:
        models = live_nodes(self._store, (e.id.source for e in read if e.id.source.kind == "model_version"), at=at)
        inputs = [f.name for m in models.values() for f in Signature.of(mapping(m.attributes, "signature")).inputs]
        names = list(mapping(node.attributes, "columns"))
        mapped = tuple(_score_column(name, inputs) for name in names)
        return [_step(edge, node, run, "scores", mapped) for edge in read if edge.id.source.kind == "dataset"]

    def _projected(self, node: Node, run: Node, read: Sequence[Edge], at: int | None) -> list[ColumnStep]:
        outputs, scored = self._coloured(run, at)
        encoded = encoded_columns(self._store, self._blobs, run, read, at=at)
        steps = []
        for edge in read:
            if edge.id.source.kind == "dataset" and encoded is None:
                steps.append(_step(edge, node, run, "projection", reason="the encoder's bytes are gone"))
            elif edge.id.source.kind == "dataset" and node.attributes.get("role") == ENCODER_ROLE:
                if edge.id.role == LEARNT_FROM:
                    steps.append(_step(edge, node, run, ENCODER_ROLE, _slots(encoded or ())))
            elif edge.id.source.kind == "dataset":
                whole = edge.id.role in ("production", "rows")
                sources = tuple(column.name for column in encoded or ()) or (EMBEDDING,)
                mapped = _plot_columns(node, sources, outputs if whole else (), has_ids=whole)
                steps.append(_step(edge, node, run, "projection", (*mapped, *(scored if whole else ()))))
        return steps

    def _coloured(self, run: Node, at: int | None) -> tuple[tuple[str, ...], tuple[Mapped, ...]]:
        """Return the columns that colour a plot: those taken over by name, and those that detectors scored."""
        version = optional_text(mapping(run.attributes, "options"), "model_version")
        found = None if version is None else self._store.find(NodeId.parse(version), at=at)
        signature = Signature() if found is None else Signature.of(mapping(found.attributes, "signature"))
        specs = live_nodes(self._store, map(NodeId.parse, _texts(run, "metric_specs")), at=at).values()
        taken = [field.name for field in signature.scalar_outputs]
        scored = []
        for spec in specs:
            name, detector = (
                str(spec.attributes["name"]),
                optional_text(mapping(spec.attributes, "attributes"), "detector"),
            )
            taken.append(name)
            if detector is not None and (model := self._store.find(NodeId.parse(detector), at=at)) is not None:
                inputs = Signature.of(mapping(model.attributes, "signature")).inputs
                scored.append(Mapped(column_name(name), tuple(field.name for field in inputs), "anomaly score"))
        return tuple(dict.fromkeys(taken)), tuple(scored)


def _derived(edge: Edge, node: Node) -> ColumnStep:
    if node.attributes.get("form") == SNAPSHOT:
        return ColumnStep(edge.id.source, node.id, None, "sample", is_same=True)
    mapped = tuple(_recorded(edge.attributes.get("columns")))
    reason = None if mapped else "the edge says of no column what it was made of"
    return ColumnStep(edge.id.source, node.id, None, "edge", mapped, reason=reason)


def _recorded(columns: JsonValue) -> Iterator[Mapped]:
    """Read the column lineage of an edge; what has another form is left out, so it counts as unknown."""
    for entry in columns if isinstance(columns, list | tuple) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("to"), str):
            sources = tuple(source for source in items(entry, "from") if isinstance(source, str))
            yield Mapped(str(entry["to"]), sources, optional_text(entry, "transform"))


def _step(
    edge: Edge, node: Node, run: Node, known_by: str, mapped: tuple[Mapped, ...] = (), **more: object
) -> ColumnStep:
    return ColumnStep(edge.id.source, node.id, run.id, known_by, mapped, **more)  # type: ignore[arg-type]


def _slots(encoded: Sequence[EncodedColumn]) -> tuple[Mapped, ...]:
    return tuple(Mapped(slot, (column.name,), column.coding) for column in encoded for slot in column.slots)


def _plot_columns(node: Node, sources: tuple[str, ...], outputs: Sequence[str], *, has_ids: bool) -> tuple[Mapped, ...]:
    role = str(node.attributes.get("role", ""))
    if role in _POSITIONS:
        return (Mapped(role, sources, role),)
    axes = [Mapped(axis, sources, "projection") for axis in AXES[: _components(node)]]
    ids = [Mapped(ID, (ROW_ID,))] if has_ids else []
    return (*axes, *ids, *(Mapped(column_name(name), (name,)) for name in outputs))


def _components(node: Node) -> int:
    found = mapping(node.attributes, "facts").get("components")
    return found if isinstance(found, int) else 2


def _score_column(name: str, inputs: Sequence[str]) -> Mapped:
    """Return what a column of scores was made of: one input for what speaks of one, all inputs for the rest."""
    if name == SCORE_COLUMN or name in FLAGS or not name.startswith("reconstr_"):
        return Mapped(name, tuple(inputs), "anomaly score")
    slot = name.removeprefix("reconstr_").removesuffix(".SE")
    of = [column for column in inputs if slot == column or slot.startswith(f"{column}.")]
    return Mapped(name, (max(of, key=len),) if of else tuple(inputs), "reconstruction")


def _feature_names(features: JsonValue) -> list[str]:
    if isinstance(features, Mapping):
        return list(features)
    found = features if isinstance(features, list | tuple) else ()
    return [str(feature["name"]) for feature in found if isinstance(feature, Mapping) and "name" in feature]


def _has_columns(kind: str) -> bool:
    return kind in ("dataset", "featureset", "artifact", "model_version")


def _texts(run: Node, option: str) -> list[str]:
    return [str(value) for value in items(mapping(run.attributes, "options"), option)]
