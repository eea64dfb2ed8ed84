"""Detectors of anomalies: asked for, found, loaded. A detector is a model version whose state a run made."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

from arangovis.anomaly.methods import TRAIN
from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, Page
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.search import AllOf, Comparison, Operator, Present, Search
from arangovis.domain.work import Input, RunRequest
from arangovis.services.anomaly.products import detector_digest
from arangovis.services.blobs import Blobs
from arangovis.services.catalogue import Catalogue, check_name, project_id
from arangovis.services.frames.frames import Frame, Frames
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

if TYPE_CHECKING:
    from arangovis.anomaly.model import AnomalyModel

LOADED_MAX = 32
"""Detectors that a process keeps ready; the one used longest ago goes first."""
LOADED_BYTES_MAX = 512 << 20
SEED_MAX = 2**53
NUMBER_LENGTH_MAX = 18
IS_DETECTOR = Present("attributes.detector")


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """A detector to train.

    Args:
        frame: the data set to learn from.
        name: of the model; each training is a version of it.
        detector: such as `autoencoder`.
        parameters: of the detector; what is left out has its default.
        seed: of its random numbers.
        ignored: columns that are not looked at, such as a label.
        project: the name of a project, or None for that of the frame.

    """

    frame: NodeId
    name: str
    detector: str = "autoencoder"
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    seed: int = 0
    ignored: tuple[str, ...] = ()
    project: str | None = None


@dataclass(frozen=True, slots=True)
class LoadedDetector:
    """A detector that is ready to score."""

    version: ModelVersion
    digest: str
    model: "AnomalyModel"


class Detectors:
    """The detectors of a service."""

    def __init__(self, store: GraphStore, blobs: Blobs, *, catalogue: Catalogue, frames: Frames, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._catalogue = catalogue
        self._frames = frames
        self._runs = runs
        self._loaded = _Loaded()

    def train(self, wanted: TrainingRequest, caller: Caller) -> Run:
        """Return the run that trains a detector: one that did already, one under way, or a new one.

        Raises:
            InvalidInput: a parameter, the name or an ignored column is not right.
            NotFound: there is no such frame or project.

        """
        frame = self._frame(wanted)
        request = _request(wanted, frame)

        def action(transaction: Transaction) -> Run:
            home = frame.dataset.project if wanted.project is None else project_id(transaction, wanted.project).key
            key = digest_of([request.run_key, home])
            return self._request(transaction, _at_home(request, home, key))

        return self._store.transact(action, caller)

    def _request(self, transaction: Transaction, wanted: RunRequest) -> Run:
        """Find or write the run; one whose detector was deleted since does not answer any more."""
        shared = self._runs.shared(transaction, wanted.run_key)
        if shared is not None and not shared.state.is_open and not self._made_by(transaction, shared):
            transaction.release("run-key", str(wanted.run_key))
        return self._runs.request(transaction, wanted)[0]

    def _made_by(self, transaction: Transaction, run: Run) -> bool:
        edges = transaction.edges_of(run.id, Direction.DOWNSTREAM, ("generated",))
        made = transaction.find_many(edge.id.target for edge in edges if edge.id.target.kind == "model_version")
        return any(not draft.deleted for draft in made.values())

    def _frame(self, wanted: TrainingRequest) -> Frame:
        frame = self._frames.get(wanted.frame)
        unknown = [name for name in wanted.ignored if name not in frame.types]
        if unknown:
            faults = (Fault("ignored", f"{name!r:.80} is no column of the frame") for name in unknown[:100])
            raise InvalidInput.of(*faults)
        return frame

    # --- finding ----------------------------------------------------------------------------------------------

    def list(self, *, limit: int = 100, cursor: str | None = None) -> Page[ModelVersion]:
        """Return a page of detectors, newest first."""
        page = self._store.search(Search("model_version", IS_DETECTOR, limit=limit, cursor=cursor))
        return Page([ModelVersion.of(node) for node in page.items], page.next_cursor)

    def made_by(self, run: NodeId) -> ModelVersion:
        """Return the detector that a training run made.

        Raises:
            NotFound: it made none, or it was deleted.

        """
        edges = self._store.edges_of((run,), Direction.DOWNSTREAM, ("generated",))
        for edge in edges:
            if edge.id.target.kind == "model_version":
                node = self._store.get(edge.id.target)
                if not node.version.deleted:
                    return ModelVersion.of(node)
        raise NotFound(f"{run} made no detector")

    def load(self, number: int) -> LoadedDetector:
        """Return a detector ready to score, by its integer id.

        Raises:
            NotFound: there is none.
            IntegrityError: its stored state is damaged or gone.

        """
        return self.load_version(self._catalogue.version(number))

    def load_version(self, version: ModelVersion) -> LoadedDetector:
        """Return a detector ready to score."""
        digest = detector_digest(self._store, version.id)
        model = self._loaded.get(digest)
        if model is None:
            data = self._blobs.read(digest)
            model = self._loaded.put(digest, _read(data), len(data))
        return LoadedDetector(version, digest, model)

    def load_node(self, node: NodeId) -> LoadedDetector:
        """Return a detector ready to score, by its node.

        Raises:
            NotFound: there is none, or it was deleted.

        """
        found = self._store.find(node) if node.kind == "model_version" else None
        if found is None or found.version.deleted:
            raise NotFound(f"there is no detector {node}")
        return self.load_version(ModelVersion.of(found))

    def load_named(self, name: str) -> LoadedDetector:
        """Return a detector by its integer id, its node, or the name of its model, the newest of several.

        Raises:
            NotFound: there is none.

        """
        if name.isascii() and name.isdecimal() and len(name) < NUMBER_LENGTH_MAX:
            return self.load(int(name))
        if name.startswith("model_version/"):
            return self.load_node(NodeId.parse(name))
        where = AllOf((IS_DETECTOR, Comparison("name", Operator.EQUAL, name)))
        found = self._store.search(Search("model_version", where, limit=1)).items
        if not found:
            raise NotFound(f"there is no model {name[:80]!r}")
        return self.load_version(ModelVersion.of(found[0]))

    def state(self, version: ModelVersion) -> NodeId:
        """Return the artifact that holds the state of a detector.

        Raises:
            NotFound: it is no detector.

        """
        found = self._store.reserved("detector", str(version.id))
        if found is None:
            raise NotFound(f"{version.id} is no detector")
        return found

    def delete(self, version: ModelVersion, caller: Caller, *, force: bool) -> None:
        """Leave a tombstone of a detector; scores that it gave still name it.

        Raises:
            InUse: something depends on it and `force` is false.

        """
        state = self.state(version)

        def action(transaction: Transaction) -> None:
            transaction.delete(state, force=True)  # it is a part of the detector, not something made of it
            transaction.delete(version.id, force=force)

        self._store.transact(action, caller)


class _Loaded:
    """Detectors by digest, bounded by their number and bytes; any thread may use it."""

    def __init__(self) -> None:
        self._models: OrderedDict[str, tuple[AnomalyModel, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, digest: str) -> "AnomalyModel | None":
        with self._lock:
            if digest not in self._models:
                return None
            self._models.move_to_end(digest)
            return self._models[digest][0]

    def put(self, digest: str, model: "AnomalyModel", size: int) -> "AnomalyModel":
        with self._lock:
            self._models[digest] = model, size
            while len(self._models) > LOADED_MAX or self._bytes() > LOADED_BYTES_MAX:
                self._models.popitem(last=False)
        return model

    def _bytes(self) -> int:
        return sum(size for _, size in self._models.values()) if len(self._models) > 1 else 0


def _read(data: bytes) -> "AnomalyModel":
    from arangovis.anomaly.model import from_bundle
    from arangovis.tabular.bundle import from_bytes

    return from_bundle(from_bytes(data))


def _request(wanted: TrainingRequest, frame: Frame) -> RunRequest:
    from arangovis.anomaly.registry import complete_parameters, detector

    check_name("name", wanted.name)
    if not 0 <= wanted.seed <= SEED_MAX:
        raise InvalidInput.of(Fault("seed", f"{wanted.seed} is not between 0 and {SEED_MAX}"))
    parameters = complete_parameters(wanted.detector, wanted.parameters)
    ignored: Sequence[JsonValue] = sorted(set(wanted.ignored))
    engine = detector(wanted.detector)
    versions: list[JsonValue] = [engine.engine(), engine.algorithm_version]
    content: list[JsonValue] = [
        TRAIN,
        frame.dataset.digest,
        str(frame.id),
        wanted.name,
        wanted.detector,
        dict(parameters),
    ]
    return RunRequest(
        method=TRAIN,
        project=None,
        inputs=(Input(frame.id, "frame"),),
        params={"detector": wanted.detector, **parameters},
        options={"frame": str(frame.id), "name": wanted.name, "detector": wanted.detector, "ignored": ignored},
        seed=wanted.seed,
        run_key=digest_of([*content, wanted.seed, ignored, versions]),
        name=f"{wanted.detector} {wanted.name}",
    )


def _at_home(wanted: RunRequest, project: str | None, key: str) -> RunRequest:
    return replace(wanted, project=project, run_key=key)
