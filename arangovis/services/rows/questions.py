"""Row-level lineage: what holds a row of a data set, and which row a point is.

A row is a data set and an id (or, of a parsed file, its number from 0). What was made of the data set is looked at
only as far as it holds the row: a sample that left it out ends the search, whatever was computed on that sample.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.anomaly.methods import SCORE
from arangovis.domain.catalogue import Dataset
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.views import integer, mapping, optional_text, text
from arangovis.services.blobs import Blobs
from arangovis.services.datasets import Datasets
from arangovis.services.lineage.bulk import edges_at, live_nodes
from arangovis.services.rows.contents import Positions, Reading, RowContents
from arangovis.services.rows.filters import filters_of, snapshot_filter
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis.tabular.bloom import BloomFilter
from arangovis.tabular.stored_ids import ids_in_segment

FILES_DEFAULT, FILES_MAX = 1000, 100_000
THINGS_MAX = 10_000
"""Data sets, runs and files that an answer names."""
ROW_LENGTH_MAX = 1000
INDEX_BATCH = 50
PLOT, RESULT, PART, TRANSFORMER = "plot", "result", "part", "transformer"
IN_ORDER = frozenset({"coordinates", "neighbours"})
"""Files of a projection without ids: their rows are those of the production sample, in its order."""


@dataclass(frozen=True, slots=True)
class RowHolder:
    """Something that holds the row: where (from 0), and how that is known: by `ids`, or by the `order` of the rows.

    `of` is the data set that it has the row from, `run` the run that made it, if one did.
    """

    node: NodeId
    role: str
    name: str | None
    of: NodeId
    run: NodeId | None
    positions: tuple[int, ...]
    known_by: str


@dataclass(frozen=True, slots=True)
class RowUse:
    """A run that read the row, as part of a data set. Times are microseconds since 1970."""

    run: NodeId
    method: str
    state: str
    of: NodeId
    role: str
    actor: str
    at: int


@dataclass(frozen=True, slots=True)
class UnknownHolder:
    """Something made of what holds the row, of which nobody can tell whether it holds the row too."""

    node: NodeId
    of: NodeId
    reason: str


@dataclass(frozen=True, slots=True)
class RowLineage:
    """Everything that holds a row. `present` is None where not all of the data set was looked at.

    `influenced` are model versions that runs which read the row made. `files_read` were opened; of `files_skipped`
    their filters said that they do not hold the row.
    """

    dataset: NodeId
    row: str
    present: bool | None
    datasets: tuple[RowHolder, ...]
    runs: tuple[RowUse, ...]
    results: tuple[RowHolder, ...]
    influenced: tuple[NodeId, ...]
    unknown: tuple[UnknownHolder, ...]
    files_read: int
    files_skipped: int
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowIndexed:
    """How many filters an index made, and how many rows they are of."""

    dataset: NodeId
    filters: int
    rows: int


@dataclass(slots=True)
class _Search:
    """A search in the making."""

    row: str
    at: int | None
    reading: Reading
    datasets: list[RowHolder] = field(default_factory=list)
    runs: list[RowUse] = field(default_factory=list)
    results: list[RowHolder] = field(default_factory=list)
    influenced: dict[NodeId, None] = field(default_factory=dict)
    unknown: list[UnknownHolder] = field(default_factory=list)
    seen: set[NodeId] = field(default_factory=set)

    @property
    def size(self) -> int:
        return len(self.datasets) + len(self.runs) + len(self.results) + len(self.unknown)

    def partial_reasons(self) -> tuple[str, ...]:
        files = ("files",) if self.reading.is_cut else ()
        return files if self.size < THINGS_MAX else (*files, "limit")


@dataclass(frozen=True, slots=True)
class _Held:
    """A data set that holds the row, and where in it."""

    node: Node
    positions: tuple[int, ...]


class RowQuestions:
    """Answers questions about rows."""

    def __init__(self, store: GraphStore, blobs: Blobs, datasets: Datasets) -> None:
        self._store = store
        self._blobs = blobs
        self._datasets = datasets
        self._contents = RowContents(store, blobs, datasets)

    # --- what holds a row -------------------------------------------------------------------------------------

    def holders(
        self, dataset: NodeId, row: str, *, at: int | None = None, files_max: int = FILES_DEFAULT
    ) -> RowLineage:
        """Return everything that holds a row of a data set.

        Args:
            dataset: a table, a stream or a snapshot.
            row: the id of the row; of a parsed file its number, from 0.
            at: as of this time (microseconds since 1970), or None for now.
            files_max: files to open at most; those whose filters exclude the row are not counted.

        Raises:
            NotFound: there is no such data set, or it certainly has no such row.
            InvalidInput: the node is no data set, or the row id is empty or too long.
            IntegrityError: stored bytes are damaged or gone.

        """
        _check_row(dataset, row, files_max)
        node = self._store.get(dataset, at=at)
        search = _Search(row, at, Reading(files_max))
        search.seen.add(dataset)
        is_sample = optional_text(node.attributes, "source") is not None
        own = self._contents.in_dataset(node, row, search.reading) if is_sample or _is_small(node) else None
        if own != ():
            self._explore([_Held(node, own or ())], search)
        if own is None and not search.datasets:  # no sample has told that the row is there
            own = self._contents.in_dataset(node, row, search.reading)
        if own == ():
            raise NotFound(f"{dataset} has no row {row[:80]!r}")
        return RowLineage(
            dataset=dataset,
            row=row,
            present=True if own or search.datasets else None,
            datasets=tuple(search.datasets),
            runs=tuple(search.runs),
            results=tuple(search.results),
            influenced=tuple(search.influenced),
            unknown=tuple(search.unknown),
            files_read=search.reading.files_read,
            files_skipped=search.reading.files_skipped,
            partial_reasons=search.partial_reasons(),
        )

    def _explore(self, level: Sequence[_Held], search: _Search) -> None:
        """Go down level by level, from what holds the row only."""
        while level and search.size < THINGS_MAX:
            ids = [held.node.id for held in level]
            edges = edges_at(self._store, ids, Direction.DOWNSTREAM, ("derived_into", "input_to"), at=search.at)
            nodes = live_nodes(self._store, (edge.id.target for edge in edges), at=search.at)
            by_id = {held.node.id: held for held in level}
            below: list[_Held] = []
            for edge in sorted(edges, key=lambda edge: edge.id):
                node = nodes.get(edge.id.target)
                if node is not None and edge.id.kind == "derived_into" and node.id not in search.seen:
                    below += self._derived(node, edge, search)
            read = [(edge, nodes[edge.id.target]) for edge in edges if edge.id.target in nodes]
            below += self._runs(by_id, [pair for pair in read if pair[0].id.kind == "input_to"], search)
            level = below

    def _derived(self, node: Node, edge: Edge, search: _Search) -> list[_Held]:
        """Look for the row in a data set that was derived from one that holds it."""
        search.seen.add(node.id)
        if node.id.kind != "dataset":
            search.unknown.append(UnknownHolder(node.id, edge.id.source, "a feature set keeps no rows"))
            return []
        found = self._contents.in_dataset(node, search.row, search.reading)
        if found is None:
            reason = "the budget of files was used up" if search.reading.is_cut else "its rows are not kept here"
            search.unknown.append(UnknownHolder(node.id, edge.id.source, reason))
        elif found:
            name = optional_text(node.attributes, "name")
            search.datasets.append(RowHolder(node.id, edge.id.role, name, edge.id.source, None, found, "ids"))
            return [_Held(node, found)]
        return []

    def _runs(self, level: Mapping[NodeId, _Held], read: Sequence[tuple[Edge, Node]], search: _Search) -> list[_Held]:
        runs = {node.id: node for _, node in read}
        for edge, node in sorted(read, key=lambda pair: pair[0].id):
            search.runs.append(_use(edge, node))
        new = [run for run in runs if run not in search.seen]
        search.seen.update(new)
        made = edges_at(self._store, new, Direction.DOWNSTREAM, ("generated",), at=search.at)
        products = live_nodes(self._store, (edge.id.target for edge in made), at=search.at)
        below: list[_Held] = []
        for edge in sorted(made, key=lambda edge: edge.id):
            product = products.get(edge.id.target)
            if product is not None and product.id not in search.seen:
                inputs = [(e, level[e.id.source]) for e, node in read if node.id == edge.id.source]
                below += self._product(product, (edge, runs[edge.id.source]), inputs, search)
        return below

    def _product(
        self, node: Node, made: tuple[Edge, Node], inputs: Sequence[tuple[Edge, _Held]], search: _Search
    ) -> list[_Held]:
        edge, run = made
        search.seen.add(node.id)
        if node.id.kind == "model_version":
            search.influenced[node.id] = None
        elif node.id.kind == "dataset":
            return self._made_dataset(node, run, inputs, search)
        elif node.id.kind == "artifact":
            holder = self._holder(node, edge, (run, inputs), search)
            search.results += [] if holder is None else [holder]
        return []

    def _made_dataset(
        self, node: Node, run: Node, inputs: Sequence[tuple[Edge, _Held]], search: _Search
    ) -> list[_Held]:
        """Scores are in the order of the rows that were scored; of other data sets that a run made nobody knows."""
        of = inputs[0][1]
        if run.attributes.get("method") != SCORE or not of.positions:
            reason = "a run made it, and does not say of which rows"
            search.unknown.append(UnknownHolder(node.id, of.node.id, reason))
            return []
        name = optional_text(node.attributes, "name")
        search.results.append(RowHolder(node.id, "scores", name, of.node.id, run.id, of.positions, "order"))
        return [_Held(node, of.positions)]

    def _holder(
        self, node: Node, edge: Edge, origin: tuple[Node, Sequence[tuple[Edge, _Held]]], search: _Search
    ) -> RowHolder | None:
        run, inputs = origin
        role, name = edge.id.role, optional_text(node.attributes, "name")
        by_role = {found.id.role: held for found, held in inputs}
        found, known_by = self._contents.in_file(node, search.row, search.reading), "ids"
        if not found:
            found, known_by = self._by_order(node, role, (run, by_role), search.at), "order"
        if not found:
            return None
        of = by_role.get("production") or by_role.get("training") or inputs[0][1]
        return RowHolder(node.id, role, name, of.node.id, run.id, found, known_by)

    def _by_order(self, node: Node, role: str, origin: tuple[Node, Mapping[str, _Held]], at: int | None) -> Positions:
        """Return where a projection's file holds the row, by the order of the samples that the run read."""
        run, by_role = origin
        production, training = by_role.get("production"), by_role.get("training")
        facts = mapping(node.attributes, "facts")
        if role in IN_ORDER and production is not None:
            return production.positions
        if role == TRANSFORMER:
            fitted = [h for h in by_role.values() if h.node.attributes.get("digest") == facts.get("fitted_on")]
            return fitted[0].positions if fitted else None
        if role == PLOT and training is not None:
            behind = _production_rows(self._store, run, at)
            has_training = behind is not None and integer(facts, "rows", 0) > behind
            return tuple(behind + place for place in training.positions) if behind is not None and has_training else ()
        return None

    # --- the index --------------------------------------------------------------------------------------------

    def index(self, dataset: NodeId, caller: Caller) -> RowIndexed:
        """Make the filters that the segments and samples of a data set lack; repeating it makes none.

        Raises:
            NotFound: there is no such data set, or it was deleted.
            IntegrityError: stored bytes are damaged or gone.

        """
        found = self._datasets.find(dataset) if dataset.kind == "dataset" else None
        if found is None:
            raise NotFound(f"there is no data set {dataset}")
        known, filters, rows = filters_of(self._store, dataset), 0, 0
        batch: list[tuple[str, BloomFilter]] = []
        for digest, ids in self._ids(found, known):
            batch.append((digest, BloomFilter.of(ids)))
            filters, rows = filters + 1, rows + len(ids)
            if len(batch) == INDEX_BATCH:
                self._write(dataset, batch, caller)
                batch = []
        self._write(dataset, batch, caller)
        return RowIndexed(dataset, filters, rows)

    def _ids(self, dataset: Dataset, known: Mapping[str, BloomFilter]) -> Iterable[tuple[str, Sequence[str]]]:
        """Yield the digest and the ids of every segment and sample without a filter."""
        for segment in self._datasets.segments(dataset) if dataset.source is None else ():
            ids = None if segment.digest in known else ids_in_segment(self._blobs.read(segment.digest))
            if ids is not None:
                yield segment.digest, ids
        derived = edges_at(self._store, [dataset.id], Direction.DOWNSTREAM, ("derived_into",))
        nodes = live_nodes(self._store, (edge.id.target for edge in derived if edge.id.target.kind == "dataset"))
        for node in nodes.values():
            digest = optional_text(node.attributes, "selection")
            if digest is not None and digest not in known and node.attributes.get("source") == str(dataset.id):
                yield digest, self._contents.sampled(Dataset.of(node.id, node.project, node.attributes)).ids

    def _write(self, dataset: NodeId, batch: Sequence[tuple[str, BloomFilter]], caller: Caller) -> None:
        def action(transaction: Transaction) -> None:
            for digest, found in batch:
                transaction.put_record(snapshot_filter(dataset, digest, found))

        if batch:
            self._store.transact(action, caller)


def _check_row(dataset: NodeId, row: str, files_max: int) -> None:
    faults = []
    if dataset.kind != "dataset":
        faults.append(Fault("kind", f"rows are of a dataset, not of a {dataset.kind}"))
    if not 1 <= len(row) <= ROW_LENGTH_MAX:
        faults.append(Fault("row", f"has {len(row)} characters; 1 to {ROW_LENGTH_MAX} are an id"))
    if not 1 <= files_max <= FILES_MAX:
        faults.append(Fault("files", f"{files_max} is not between 1 and {FILES_MAX}"))
    if faults:
        raise InvalidInput.of(*faults)


def _is_small(node: Node) -> bool:
    """Say whether it costs nothing to look a row up: those of a parsed file are numbered, a table is one segment."""
    return "frame" in node.attributes or node.attributes.get("segments") == 1


def _production_rows(store: GraphStore, run: Node, at: int | None) -> int | None:
    """Return how many rows the production sample of a projection has."""
    production = optional_text(mapping(run.attributes, "options"), "production")
    node = None if production is None else store.find(NodeId.parse(production), at=at)
    return None if node is None or node.version.deleted else integer(node.attributes, "rows", 0)


def _use(edge: Edge, run: Node) -> RowUse:
    facts = run.attributes
    return RowUse(
        run=run.id,
        method=text(facts, "method"),
        state=text(facts, "state"),
        of=edge.id.source,
        role=edge.id.role,
        actor=edge.version.actor,
        at=edge.version.valid_from,
    )
