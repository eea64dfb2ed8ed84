"""Some seconds of `tests/soak/load.py`: nothing fails, too much is shed, nothing that was acknowledged is lost."""

from pathlib import Path

import pytest

from tests.acceptance.processes import running_service
from tests.soak.load import Load, Phase, Report, loaded
from tests.soak.open_loop import Outcome

pytestmark = pytest.mark.acceptance


def test_a_service_answers_many_at_once(home: Path) -> None:
    report = loaded(home, Report(runs=1000, clients=50, processors=2), rate=50, seconds=8, over_s=0)
    assert report.held is not None
    assert report.held.failed == {}
    assert report.held.shed == 0
    assert report.held.requests > 300
    assert set(report.held.p99_ms) == {"read", "append", "run"}
    assert report.lost == []
    assert min(report.acknowledged.values()) > 0
    assert report.is_good


def test_what_is_too_much_is_shed_and_the_service_recovers(home: Path) -> None:
    """On a server with little room: how fast this machine is then does not decide what comes of it."""
    report = Report(runs=200, clients=40, processors=2)
    with running_service(home, workers=0, requests_at_once=1, requests_waiting=2) as server:
        load = Load(server, report)
        report.over = load.phase("over", 1000, 4)
        load.clients = load.clients[:3]  # as many as there is room for
        report.after = load.phase("after", 20, 4)
        load.check()
    assert report.over.failed == report.after.failed == {}
    assert min(report.over.shed, report.over.answered) > 0
    assert report.after.shed == 0
    assert report.after.answered == report.after.requests > 0
    assert report.lost == []


@pytest.mark.parametrize(
    ("outcome", "failed", "shed"),
    [
        (Outcome("read", 200, 0.1), False, 0),
        (Outcome("read", 503, 0.1, shed=True), False, 1),
        (Outcome("read", 503, 0.1, problem="no store"), True, 0),
        (Outcome("append", 400, 0.1, problem="what is this"), True, 0),
        (Outcome("run", 0, 9.9, problem="ConnectionResetError()"), True, 0),
    ],
)
def test_it_would_notice(outcome: Outcome, failed: bool, shed: int) -> None:
    phase = Phase.of(1, 1, [outcome])
    assert (bool(phase.failed), phase.shed) == (failed, shed)
    assert Report(1, 1, 1, held=phase).is_good is not (failed or shed > 0)
    assert Report(1, 1, 1, over=phase).is_good is not failed
