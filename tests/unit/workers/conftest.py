"""A place with toy methods, over an embedded store and a local artifact store, supervised in this process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.domain.graph import Caller
from arangovis.domain.json import Scalar
from arangovis.domain.runs import Run
from arangovis.domain.work import Claim, RunRequest
from arangovis.settings import Settings
from arangovis.workers import supervisor
from arangovis.workers.place import Place, place_of
from arangovis.workers.pool import ComputePool
from arangovis.workers.protocol import Job
from arangovis.workers.queue import Queue
from tests.acceptance.toy_methods import FACTORY, METHODS

ROOT = Path(__file__).parents[3]
CALLER = Caller("ada")


class Bench:
    """A queue to put toy runs in, and the supervisor that has them computed."""

    def __init__(self, settings: Settings) -> None:
        self.place: Place = place_of(settings, slots=1, factory=FACTORY)
        self.pool = ComputePool(self.place, idle_s=settings.compute_idle_s)
        self.queue: Queue = supervisor.supervisor_at(self.place, self.pool).queue
        self.runs = self.queue.runs

    def ask(self, method: str, **params: Scalar) -> Run:
        """Request a run."""
        wanted = RunRequest(f"toy.{method}", None, (), {name: str(value) for name, value in params.items()})
        return self.queue.store.transact(lambda tx: self.runs.request(tx, wanted)[0], CALLER)

    def claim(self) -> Claim:
        """Claim what is due."""
        claim = self.runs.claim(METHODS, "worker-1", lease_us=30_000_000)
        assert claim is not None
        return claim

    def supervise(self, claim: Claim) -> Run:
        """Have a claimed run computed, and return how it stands then."""
        supervisor.supervise(Job(str(claim.run.id), claim.owner, claim.attempt), self.place)
        return self.runs.get(claim.run.id)

    def compute(self, method: str, **params: Scalar) -> Run:
        """Request a run and have it computed."""
        self.ask(method, **params)
        return self.supervise(self.claim())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings with a home of the test's own."""
    return Settings(home=tmp_path / "home", compute_idle_s=300)


@pytest.fixture
def bench(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Give a bench whose supervisor looks often, and clear it away."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(supervisor, "TICK_S", 0.02)
    yield Bench(settings)
    supervisor.close_supervisors()
