"""How a model was trained: as of a time, with what result, by whom; and all that doing it again takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, Scalar
from arangovis.domain.views import integer, mapping, optional_text, scalars, text
from arangovis.services.blobs import Blobs
from arangovis.services.lineage.bulk import edges_at
from arangovis.services.stewardship.stored import StoredBytes, StoredFiles
from arangovis.services.trials.trials import Trial, Trials
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class ReadInput:
    """Something that a run read, as it was at the time in question.

    `digest` is that of its content, `number` which version of the node it was, `at` since when (microseconds).
    """

    role: str
    node: NodeId
    name: str | None
    digest: str | None
    number: int
    at: int


@dataclass(frozen=True, slots=True)
class AsTrained:
    """A model as it was trained then: the last trial until that time, with what it read and how it did."""

    model: NodeId
    version: NodeId
    run: NodeId
    method: str
    trained_at: int
    actor: str
    request_id: str
    technique: str
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]
    code: Mapping[str, JsonValue]
    environment: Mapping[str, Scalar]
    inputs: tuple[ReadInput, ...]
    earlier_trials: int


@dataclass(frozen=True, slots=True)
class RecipeInput:
    """An input of a run that is to be done again; `is_here` says whether its bytes are all kept, and not deleted.

    `is_here` is None for what has no bytes: parameters, feature sets, model versions.
    """

    role: str
    node: NodeId
    name: str | None
    digest: str | None
    bytes: int
    is_here: bool | None


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that doing a run again takes; `missing` says what nobody recorded, or what is gone."""

    run: NodeId
    method: str
    name: str | None
    params: Mapping[str, Scalar]
    options: Mapping[str, JsonValue]
    seed: int
    code: Mapping[str, JsonValue]
    environment: Mapping[str, Scalar]
    inputs: tuple[RecipeInput, ...]
    is_complete: bool
    missing: tuple[str, ...]


class Trainings:
    """Answers how models were trained."""

    def __init__(self, store: GraphStore, blobs: Blobs, trials: Trials) -> None:
        self._store = store
        self._blobs = blobs
        self._trials = trials
        self._files = StoredFiles(store)

    def as_trained(self, node_id: NodeId, *, at: int | None = None) -> AsTrained:
        """Return how a model, or one version of it, was trained last until a time.

        Raises:
            NotFound: there is no such model, or it was not trained yet.
            InvalidInput: the node is neither a model nor a model version.

        """
        node = self._store.get(node_id, at=at)
        if node_id.kind not in ("model", "model_version"):
            raise InvalidInput(f"{node_id} is neither a model nor a model version")
        model = (
            node if node_id.kind == "model" else self._store.get(NodeId.parse(text(node.attributes, "model")), at=at)
        )
        table = self._trials.of_models({model.id: model}, at=at)
        trials = [t for t in table.trials if (at is None or t.started <= at) and node_id in (t.model, t.version)]
        if not trials:
            raise NotFound(f"{node_id} was not trained by then")
        return self._told(trials[-1], table.nodes[trials[-1].run], len(trials) - 1, at)

    def _told(self, trial: Trial, run: Node, earlier: int, at: int | None) -> AsTrained:
        first = self._store.history(trial.run)[0].version
        return AsTrained(
            model=trial.model,
            version=trial.version,
            run=trial.run,
            method=text(run.attributes, "method"),
            trained_at=trial.started,
            actor=first.actor,
            request_id=first.request_id,
            technique=trial.technique,
            params=trial.params,
            metrics=trial.metrics,
            code=_code(run.attributes),
            environment=scalars(run.attributes, "environment"),
            inputs=tuple(_read(role, node) for role, node in self._inputs(run, at)),
            earlier_trials=earlier,
        )

    def recipe(self, run_id: NodeId, *, at: int | None = None) -> Recipe:
        """Return all that doing a run again takes.

        Raises:
            NotFound: there is no such run, or not yet at that time.
            InvalidInput: the node is no run.

        """
        if run_id.kind != "run":
            raise InvalidInput(f"{run_id} is no run")
        run = self._store.get(run_id, at=at)
        if run.version.deleted:
            raise NotFound(f"{run_id} was deleted")
        facts = run.attributes
        inputs = tuple(self._needed(role, node) for role, node in self._inputs(run, at))
        missing = tuple(_missing(facts, inputs))
        return Recipe(
            run=run_id,
            method=text(facts, "method"),
            name=optional_text(facts, "name"),
            params=scalars(facts, "params"),
            options=mapping(facts, "options"),
            seed=integer(facts, "seed", 0),
            code=_code(facts),
            environment=scalars(facts, "environment"),
            inputs=inputs,
            is_complete=not missing,
            missing=missing,
        )

    def _inputs(self, run: Node, at: int | None) -> Sequence[tuple[str, Node]]:
        edges = edges_at(self._store, (run.id,), Direction.UPSTREAM, ("input_to",), at=at)
        nodes = self._store.get_many([edge.id.source for edge in edges], at=at) if edges else {}
        return sorted((edge.id.role, nodes[edge.id.source]) for edge in edges if edge.id.source in nodes)

    def _needed(self, role: str, node: Node) -> RecipeInput:
        files = self._files.of(self._with_source(node))
        kept = [file for file in files if file.is_kept]
        is_here = None if node.id.kind not in ("artifact", "dataset") else _all_here(node, files, self._blobs)
        facts = node.attributes
        digest, name = optional_text(facts, "digest"), optional_text(facts, "name")
        return RecipeInput(role, node.id, name, digest, sum(file.bytes for file in kept), is_here)

    def _with_source(self, node: Node) -> Node:
        """Return what holds the rows of a data set: a snapshot's are those of its source."""
        source = optional_text(node.attributes, "source")
        found = None if source is None else self._store.find(NodeId.parse(source))
        return node if found is None else found


def _all_here(node: Node, files: Sequence[StoredBytes], blobs: Blobs) -> bool:
    if node.version.deleted or not files:
        return False
    return all(file.is_kept and blobs.exists(file.digest) for file in files)


def _read(role: str, node: Node) -> ReadInput:
    facts, version = node.attributes, node.version
    name, digest = optional_text(facts, "name"), optional_text(facts, "digest")
    return ReadInput(role, node.id, name, digest, version.number, version.valid_from)


def _code(facts: Document) -> Mapping[str, JsonValue]:
    """Return what a run says of its code: captured, or told by the user."""
    captured = mapping(facts, "code")
    told = mapping(facts, "attributes")
    return captured or {name: told[name] for name in ("code", "commit", "git_commit", "code_version") if name in told}


def _missing(facts: Document, inputs: Sequence[RecipeInput]) -> Iterator[str]:
    if not _code(facts) and facts.get("executor") != "worker":
        yield "the version of the code"
    if not scalars(facts, "environment"):
        yield "the versions of the software"
    for item in inputs:
        if item.is_here is False:
            yield f"the bytes of {item.node}, read as {item.role or 'input'}"
