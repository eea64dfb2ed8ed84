"""How much one caller may ask: a bucket, and so many at the same time."""

import itertools
import threading
from pathlib import Path

import pytest
from falcon.testing import TestClient

from arangovis.domain.access import Role
from arangovis.domain.errors import TooManyRequests
from arangovis_api.app import create_app
from arangovis_api.limits import CALLERS_MAX, REFUSALS_BURST, Limits
from tests.api.access import Holder, holder
from tests.backends import build_service, settings_of


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def passed(limits: Limits, caller: str, tries: int) -> int:
    """Return how many of some requests are let through."""
    count = 0
    for _ in range(tries):
        try:
            limits.enter(caller)
        except TooManyRequests:
            continue
        limits.leave(caller)
        count += 1
    return count


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    limits = Limits(10, 20, clock=clock)

    assert passed(limits, "ada", 50) == 20
    clock.now += 0.5
    assert passed(limits, "ada", 50) == 5
    clock.now += 3600
    assert passed(limits, "ada", 50) == 20


def test_callers_have_buckets_of_their_own() -> None:
    limits = Limits(1, 3, clock=Clock())

    assert [passed(limits, who, 5) for who in ("ada", "grace", "ada")] == [3, 3, 0]


def test_how_long_to_wait_is_told() -> None:
    clock = Clock()
    limits = Limits(1, 1, clock=clock)
    limits.enter("ada")
    with pytest.raises(TooManyRequests) as refused:
        limits.enter("ada")

    clock.now += refused.value.retry_after_s
    limits.enter("ada")


def test_so_many_at_the_same_time() -> None:
    limits = Limits(0, 1, concurrency=2)
    limits.enter("ada")
    limits.enter("ada")
    with pytest.raises(TooManyRequests, match="being answered"):
        limits.enter("ada")
    limits.enter("grace")

    limits.leave("ada")
    limits.enter("ada")


def test_callers_are_forgotten_not_hoarded() -> None:
    clock = Clock()
    limits = Limits(1, 5, clock=clock)
    limits.enter("busy")
    for number in range(CALLERS_MAX + 100):
        assert passed(limits, f"caller-{number}", 1) == 1

    assert len(limits._buckets) == CALLERS_MAX
    assert "busy" in limits._buckets


def test_no_request_is_lost_or_let_through_under_threads() -> None:
    limits, counts = Limits(1, 500, clock=Clock()), []
    threads = [threading.Thread(target=lambda: counts.append(passed(limits, "ada", 200))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts) == 500
    assert limits._buckets["ada"].open == 0


@pytest.fixture
def plain(tmp_path: Path) -> "itertools.chain[Holder]":
    """Return clients of a service that lets each token ask five times."""
    service = build_service(settings_of(tmp_path / "home", token_rate=1, token_burst=5))
    client = TestClient(create_app(service))
    yield iter([holder(service, client, Role.READ, name=name) for name in ("ada", "grace")])  # type: ignore[misc]
    service.close()


def test_a_token_that_asks_too_much_is_told_to_wait(plain: "itertools.chain[Holder]") -> None:
    ada, grace = plain
    answers = [ada.get("/api/v1/runs") for _ in range(20)]
    refused = [answer for answer in answers if answer.status_code == 429]

    assert {answer.status_code for answer in answers} == {200, 429}
    assert len(refused) >= 14
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert refused[0].json["type"] == "urn:arangovis:error:too-many-requests"
    assert grace.get("/api/v1/runs").status_code == 200, "others go on"
    assert "429" in grace.get("/metrics").text


def test_who_guesses_tokens_is_slowed_down(tmp_path: Path) -> None:
    service = build_service(settings_of(tmp_path / "home"))
    try:
        client = TestClient(create_app(service))
        good = holder(service, client, Role.READ)
        stranger = Holder(client, "avt_0123456789abcdef_" + "x" * 43)
        statuses = [stranger.get("/api/v1/runs").status_code for _ in range(REFUSALS_BURST + 50)]

        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert good.get("/api/v1/runs").status_code == 200
    finally:
        service.close()


def test_without_tokens_nothing_is_counted(client: TestClient) -> None:
    assert {client.simulate_get("/api/v1/runs").status_code for _ in range(700)} == {200}
