"""Services over a memory store whose clock the test sets, and a local artifact store."""

from dataclasses import dataclass
from pathlib import Path

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.catalogue import ModelVersion, Profile, Signature, SignatureField
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.work import Claim, Made, Outcome, RunRequest
from arangovis.services.runs import Runs
from arangovis.services.verification import check_store
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.tabular import Rows, read_rows
from arangovis.wiring import Arangovis, compose

ADA, BOB = Caller("ada", "request-1"), Caller("bob", "request-2")
LEASE_US = 30_000_000
START_US = 1_700_000_000_000_000


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START_US

    def __call__(self) -> int:
        return self.now


@dataclass
class World:
    """A service and the clock of its store."""

    clock: Clock
    service: Arangovis

    @classmethod
    def at(cls, folder: Path) -> "World":
        clock = Clock()
        return cls.over(MemoryStore(clock=clock), folder, clock)

    @classmethod
    def over(cls, store: GraphStore, folder: Path, clock: Clock | None = None) -> "World":
        artifacts = LocalArtifactStore(folder / "artifacts")
        return cls(clock or Clock(), compose(Settings(home=folder), store, artifacts))

    @property
    def runs(self) -> Runs:
        return self.service.runs

    def ask(self, method: str = "toy", **fields: object) -> Run:
        """Request a run; a microsecond passes, so that the next one is younger."""
        wanted = RunRequest(**{"project": None, "inputs": (), "params": {}, **fields, "method": method})  # type: ignore[arg-type]
        run = self.service.store.transact(lambda tx: self.runs.request(tx, wanted)[0], ADA)
        self.clock.now += 1
        return run

    def try_claim(self, *methods: str, owner: str = "worker-1") -> Claim | None:
        return self.runs.claim(methods or ("toy",), owner, lease_us=LEASE_US)

    def claim(self, *methods: str, owner: str = "worker-1") -> Claim:
        claim = self.try_claim(*methods, owner=owner)
        assert claim is not None
        return claim

    def succeed(self, claim: Claim, *roles: str) -> Run:
        made = tuple(Made(role, f"{role} of {claim.run.id}".encode(), "text/plain") for role in roles)
        return self.runs.succeed(claim, Outcome(made), ADA)

    def made(self, run: NodeId) -> dict[str, NodeId]:
        """Return what a run generated, by role."""
        edges = self.service.store.edges_of((run,), Direction.DOWNSTREAM, ("generated",))
        return {edge.id.role: edge.id.target for edge in edges}

    def expire(self) -> None:
        """Let every lease run out."""
        self.clock.now += LEASE_US + 1

    def version(self, dimension: int = 2) -> ModelVersion:
        """Register a project, a model and a version with an embedding output."""
        catalogue = self.service.catalogue
        catalogue.register_project("demo", ADA)
        catalogue.register_model("demo", "digits", ADA)
        output = SignatureField("embedding", (1, dimension), "float32", Profile.NUMERICAL)
        registered = catalogue.register_version("demo", "digits", Signature(outputs=(output,)), ADA)
        return catalogue.version(registered.number)

    def check(self) -> None:
        """Assert that the store holds together."""
        assert check_store(self.service.store, self.service.artifacts) == []


def rows(text: str) -> Rows:
    """Read rows from CSV."""
    return read_rows(text.encode(), "text/csv")
