"""Detectors as scorers that need no service: one zip each, an artifact of the run that wrote it."""

from dataclasses import dataclass

from arangovis.anomaly.methods import EXPORT
from arangovis.domain.errors import NotFound
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue, digest_of
from arangovis.domain.runs import Run
from arangovis.domain.version import VERSION
from arangovis.domain.views import text
from arangovis.domain.work import Input, Made, Outcome, RunRequest
from arangovis.services.anomaly.at_once import Recorder
from arangovis.services.anomaly.detectors import LoadedDetector
from arangovis.services.blobs import Blobs
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore
from arangovis.tabular.frames.types import MISSING_WORDS

SCORER = "scorer"
MEDIA_TYPE = "application/zip"


@dataclass(frozen=True, slots=True)
class Scorer:
    """An exported scorer: its artifact, the digest of its bytes, the run that wrote it, and whether it is new."""

    artifact: NodeId
    digest: str
    run: NodeId
    created: bool = False


class Exports:
    """Writes and finds exported scorers."""

    def __init__(self, store: GraphStore, blobs: Blobs, runs: Runs) -> None:
        self._store = store
        self._blobs = blobs
        self._runs = runs
        self._recorder = Recorder(blobs, runs)

    def export(self, detector: LoadedDetector, caller: Caller) -> Scorer:
        """Write the scorer of a detector, or find the one that was written by this version of the software.

        Raises:
            NotSupported: a detector of this kind has no scorer.
            MissingExtra: a library that writes it is not installed.

        """
        from arangovis.anomaly.export.archive import build

        present = self.find(detector)
        if present is not None:
            return present
        data = build(detector.model, self._card(detector), na_strings=MISSING_WORDS)
        blob = self._blobs.save(data, caller)
        name = f"{detector.version.name}-{detector.version.version}.zip"
        outcome = Outcome((Made(SCORER, data, MEDIA_TYPE, name=name),))
        request = _request(detector)
        run = self._store.transact(lambda tx: self._recorder.record(tx, request, outcome, (blob,)), caller)
        return Scorer(self._made(run.id)[0], blob.digest, run.id, created=True)

    def find(self, detector: LoadedDetector) -> Scorer | None:
        """Return the scorer that this version of the software wrote, or None."""
        run = self._store.reserved("run-key", _run_key(detector))
        if run is None:
            return None
        try:
            artifact, digest = self._made(run)
        except NotFound:
            return None
        return Scorer(artifact, digest, run) if self._blobs.verify(digest) else None

    def content(self, detector: LoadedDetector) -> bytes:
        """Return the bytes of the scorer.

        Raises:
            NotFound: it was not exported.
            IntegrityError: they are damaged or gone.

        """
        found = self.find(detector)
        if found is None:
            raise NotFound(f"{detector.version.id} was not exported")
        return self._blobs.read(found.digest)

    def _made(self, run: NodeId) -> tuple[NodeId, str]:
        for edge in self._store.edges_of((run,), Direction.DOWNSTREAM, ("generated",)):
            node = self._store.get(edge.id.target)
            if not node.version.deleted:
                return node.id, text(node.attributes, "digest")
        raise NotFound(f"{run} wrote no scorer")

    def _card(self, detector: LoadedDetector) -> dict[str, JsonValue]:
        version = detector.version
        edges = self._store.edges_of((version.id,), Direction.UPSTREAM, ("generated",))
        run = next((edge.id.source for edge in edges), None)
        trained = None if run is None else Run.of(run, None, self._store.get(run).attributes)
        return {
            "name": version.name,
            "version": version.version,
            "model_version": str(version.id),
            "state_digest": detector.digest,
            "training_run": None if run is None else str(run),
            "parameters": {} if trained is None else dict(trained.params),
            "metrics": {} if trained is None else dict(trained.metrics),
        }


def _run_key(detector: LoadedDetector) -> str:
    return digest_of([EXPORT, detector.digest, str(detector.version.id), VERSION])


def _request(detector: LoadedDetector) -> RunRequest:
    version = detector.version
    return RunRequest(
        method=EXPORT,
        project=version.project,
        inputs=(Input(version.id, "model"),),
        params={},
        run_key=_run_key(detector),
        name=f"export {version.name} {version.version}"[:256],
    )
