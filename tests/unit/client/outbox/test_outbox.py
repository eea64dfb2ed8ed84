"""The outbox: delivered in order, each request once, whatever the service does."""

import logging
import os
import threading
import warnings
from pathlib import Path

import pytest

from arangovis.client.outbox import FullPolicy, LoggingWarning, Outbox, OutboxOptions, Role, Target
from arangovis.client.outbox.spool import Spool
from arangovis.client.transport import Response
from arangovis.domain.errors import Conflict, Gone, InvalidInput, TooLarge
from tests.acceptance.processes import until
from tests.unit.client.outbox.services import Sent, Service, answered

TARGET = Target(url="http://127.0.0.1:1", actor="ada")
WAIT_S = 20.0


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "arangovis.client.outbox")


def outbox_to(service: Service, folder: Path, **options: object) -> Outbox:
    return Outbox(TARGET, OutboxOptions(folder, **options), transport=service)


def put(outbox: Outbox, *numbers: int, size: int = 10, hollow: bytes = b"") -> None:
    for number in numbers:
        outbox.put("POST", f"/{number}", body=b"x" * size, hollow=hollow)


def paths(count: int) -> list[str]:
    return [f"/{number}" for number in range(count)]


def spools(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def test_all_is_delivered_in_order_and_nothing_is_left(tmp_path: Path) -> None:
    service = Service()
    outbox = outbox_to(service, tmp_path)
    put(outbox, *range(100))
    assert outbox.flush(WAIT_S)
    assert outbox.status.delivered == 100
    assert outbox.close()
    assert service.paths == paths(100)
    assert spools(tmp_path) == []


def test_nothing_put_leaves_no_file_and_closing_is_at_once_and_harmless_again(tmp_path: Path) -> None:
    outbox = outbox_to(Service(), tmp_path / "spool")
    assert outbox.flush()
    assert outbox.close()
    assert outbox.close()
    assert not (tmp_path / "spool").exists()
    with pytest.raises(Conflict):
        put(outbox, 1)


def test_a_service_that_is_away_gets_all_when_it_is_back(tmp_path: Path) -> None:
    service = Service()
    service.is_away = True
    outbox = outbox_to(service, tmp_path)
    put(outbox, *range(10))
    assert not outbox.flush(0.05)
    assert outbox.status.waiting_requests == 10
    until(lambda: outbox.status.last_error == "nobody is there")
    service.is_away = False
    assert outbox.close()
    assert service.paths == paths(10)


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 502, 503, 301])
def test_an_answer_that_time_may_change_is_waited_for(tmp_path: Path, status: int) -> None:
    answers = [answered(status, location="/elsewhere"), answered(status)]
    service = Service(lambda sent: answers.pop() if answers else answered())
    outbox = outbox_to(service, tmp_path)
    put(outbox, 0, 1)
    assert outbox.close()
    assert service.paths == ["/0", "/0", "/0", "/1"]


@pytest.mark.parametrize("status", [400, 404, 409, 410, 413, 415, 422])
def test_a_refused_request_is_kept_and_said_and_the_others_go_on(tmp_path: Path, status: int) -> None:
    service = Service(lambda sent: answered(status if sent.path == "/1" else 201))
    outbox = outbox_to(service, tmp_path)
    put(outbox, 0, 1, 2)
    assert outbox.flush(WAIT_S)
    until(lambda: outbox.troubled)
    with pytest.warns(LoggingWarning, match=f"refused by the service: the server answered {status}"):
        outbox.surface()
    assert not outbox.troubled
    assert (outbox.status.refused, outbox.close()) == (1, True)
    (kept,) = spools(tmp_path)
    spool = Spool(kept)
    assert [request.path for request in spool.refused()] == ["/1"]
    spool.abandon()


def test_strict_raises_what_was_refused(tmp_path: Path) -> None:
    outbox = outbox_to(Service(lambda sent: answered(410)), tmp_path, strict=True)
    put(outbox, 0)
    with pytest.raises(Gone):
        outbox.close()


def test_what_takes_the_place_of_a_refused_request_is_sent(tmp_path: Path) -> None:
    service = Service(lambda sent: answered(422 if sent.body == b"x" * 10 else 201))
    outbox = outbox_to(service, tmp_path)
    put(outbox, 0, hollow=b"none")
    with pytest.warns(LoggingWarning):
        outbox.close()
    assert service.sent == [Sent("POST", "/0", b"x" * 10), Sent("POST", "/0", b"none")]


def test_a_transport_that_breaks_does_not_end_the_delivery(tmp_path: Path) -> None:
    faults = [ZeroDivisionError("of the transport"), RuntimeError("too")]

    def respond(sent: Sent) -> Response:
        if faults:
            raise faults.pop()
        return answered()

    outbox = outbox_to(Service(respond), tmp_path)
    put(outbox, 0)
    assert outbox.close()
    assert outbox.status.faults == 2
    assert outbox.status.last_error == "ZeroDivisionError: of the transport"


# --- no room ------------------------------------------------------------------------------------------------------

BYTES_MAX = 64 << 10
LARGE = 8 << 10


def test_block_waits_for_room_and_loses_nothing(tmp_path: Path) -> None:
    service = Service()
    service.is_away = True
    outbox = outbox_to(service, tmp_path, bytes_max=BYTES_MAX)
    seen = []

    def write() -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            put(outbox, *range(30), size=LARGE)
            seen.extend(str(warning.message) for warning in caught)

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: outbox.status.waiting_requests == 7)
    assert outbox.status.waiting_bytes <= BYTES_MAX
    assert writer.is_alive()
    service.is_away = False
    writer.join(WAIT_S)
    assert outbox.close()
    assert service.paths == paths(30)
    assert seen == ["65,536 bytes wait for the service, no more may: the caller waits"]


def test_drop_oldest_keeps_what_must_be_kept_and_counts_the_rest(tmp_path: Path) -> None:
    service = Service()
    service.is_away = True
    outbox = outbox_to(service, tmp_path, bytes_max=BYTES_MAX, when_full=FullPolicy.DROP_OLDEST)
    outbox.put("PUT", "/begin", role=Role.OPENING)
    with pytest.warns(LoggingWarning, match="oldest requests are dropped"):
        put(outbox, *range(30), size=LARGE, hollow=b"none")
    outbox.put("POST", "/end", role=Role.KEPT)
    assert outbox.status.waiting_bytes <= BYTES_MAX + 30 * 200
    dropped = outbox.status.dropped
    assert 22 <= dropped < 30
    service.is_away = False
    assert outbox.close()
    assert service.paths == ["/begin", *paths(30), "/end"]
    assert [sent.body for sent in service.sent[1 : dropped + 1]] == [b"none"] * dropped


def test_error_says_so_and_takes_nothing(tmp_path: Path) -> None:
    service = Service()
    service.is_away = True
    outbox = outbox_to(service, tmp_path, bytes_max=BYTES_MAX, when_full="error")
    with pytest.raises(TooLarge, match="at most 65,536 may"):
        put(outbox, *range(30), size=LARGE)
    outbox.put("POST", "/end", role=Role.KEPT)
    service.is_away = False
    assert outbox.close()
    assert service.paths == [*paths(7), "/end"]


def test_offline_nobody_makes_room_so_it_is_an_error(tmp_path: Path) -> None:
    outbox = outbox_to(Service(), tmp_path, bytes_max=BYTES_MAX, offline=True)
    with pytest.raises(TooLarge):
        put(outbox, *range(30), size=LARGE)
    assert outbox.flush()
    assert not outbox.close()


@pytest.mark.parametrize("wrong", [{"bytes_max": 10}, {"when_full": "forget"}])
def test_options_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        OutboxOptions(**wrong)


# --- what other processes left --------------------------------------------------------------------------------------


def test_the_next_process_delivers_what_one_left(tmp_path: Path) -> None:
    left = outbox_to(Service(), tmp_path, offline=True)
    put(left, 0, 1, 2)
    assert not left.close()
    service = Service()
    outbox = outbox_to(service, tmp_path)
    put(outbox, 9)
    until(lambda: len(service.sent) == 4)
    assert outbox.close()
    assert service.paths == ["/9", "/0", "/1", "/2"]
    assert spools(tmp_path) == []


def test_what_waits_for_another_service_is_left_alone(tmp_path: Path) -> None:
    other = Outbox(Target(url="http://127.0.0.1:2", actor="ada"), OutboxOptions(tmp_path, offline=True))
    put(other, 0)
    other.close()
    service = Service()
    outbox = outbox_to(service, tmp_path)
    put(outbox, 9)
    assert outbox.close()
    assert service.paths == ["/9"]
    assert len(spools(tmp_path)) == 1


def test_a_forked_child_has_a_spool_of_its_own_that_begins_with_the_opening(tmp_path: Path) -> None:
    outbox = outbox_to(Service(), tmp_path, offline=True)
    outbox.put("PUT", "/begin", role=Role.OPENING)
    put(outbox, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        put(outbox, 1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    put(outbox, 2)
    outbox.close()
    found = []
    for folder in spools(tmp_path):
        spool, ours = Spool(folder), []
        while (first := spool.first()) is not None:
            ours.append(first[0].path)
            spool.advance(first[1])
        found.append(ours)
        spool.close()
    assert found == [["/begin", "/0", "/2"], ["/begin", "/1"]]
