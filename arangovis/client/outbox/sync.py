"""Sends what processes left behind: those that were offline or killed, or ended before the service came back."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from arangovis.client.outbox.abandoned import Waiting, emptied, waiting_in
from arangovis.client.outbox.courier import Courier
from arangovis.client.outbox.spool import Spool
from arangovis.client.outbox.target import Target
from arangovis.client.outbox.verdicts import Outcome, Verdict
from arangovis.client.transport import Transport
from arangovis.domain.errors import ArangovisError, Conflict

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Synced:
    """What became of one spool: how many requests were delivered, refused now or before, and wait still, and why."""

    spool: str
    target: str
    delivered: int = 0
    refused: int = 0
    waiting: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How to send.

    Args:
        connect: opens a target.
        again: try once more what was refused.
        patience_s: how long a service may bring nothing forward before it is given up, in seconds.

    """

    connect: Callable[[Target], Transport] = Target.open
    again: bool = False
    patience_s: float = PATIENCE_S


def synchronise(folder: Path, options: SyncOptions | None = None) -> Iterator[Synced]:
    """Send what waits in the spools of a folder, oldest first; yield what became of each."""
    chosen = options or SyncOptions()
    couriers: dict[Target, Courier] = {}
    try:
        for waiting in list(waiting_in(folder)):
            target = waiting.target
            courier = couriers.setdefault(target, Courier(lambda target=target: chosen.connect(target)))  # type: ignore[misc]
            yield _synced(waiting, courier, chosen)
    finally:
        for courier in couriers.values():
            courier.close()


def _synced(waiting: Waiting, courier: Courier, options: SyncOptions) -> Synced:
    target = waiting.target
    report = Synced(waiting.folder.name, str(target.url or target.home))
    try:
        spool = Spool(waiting.folder)
    except Conflict:
        return replace(report, problem="its process lives, and delivers it")
    except OSError as error:
        return replace(report, problem=f"cannot be opened: {error.strerror or type(error).__name__}")
    try:
        if options.again:
            spool.restore_refused()
        verdicts = list(_patiently(spool, courier, options.patience_s))
        settled = sum(judged.outcome is Outcome.DELIVERED for judged in verdicts)
        refused = sum(1 for _ in spool.refused())
        problem = next((_text(judged.error) for judged in reversed(verdicts) if judged.error is not None), None)
        counts = replace(report, delivered=settled, refused=refused, waiting=spool.requests)
        return replace(counts, problem=problem if spool.requests or refused else None)
    finally:
        spool.close()


def _patiently(spool: Spool, courier: Courier, patience_s: float) -> Iterator[Verdict]:
    """Deliver, and try again what is not taken now, until nothing came forward for too long."""
    last, pause = time.monotonic(), threading.Event()
    while spool.requests:
        for judged in emptied(spool, courier):
            yield judged
            if judged.outcome is not Outcome.LATER:
                last = time.monotonic()
            elif time.monotonic() - last >= patience_s:
                return
            else:
                pause.wait(min(courier.pause_s(judged), max(0.0, last + patience_s - time.monotonic())))


def _text(error: Exception) -> str:
    return error.detail if isinstance(error, ArangovisError) else type(error).__name__
