"""Waiting for a run: looking at it less and less often, and telling how it ended."""

import time
from collections.abc import Mapping

from arangovis.client.backend import Backend
from arangovis.domain.errors import (
    ArangovisError,
    Cancelled,
    ComputeFailed,
    MissingExtra,
    NoData,
    NotSupported,
    StoreUnavailable,
)
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Reason, RunState

AWAY_MAX_S = 30.0
"""How long a server may be away in the midst of a wait, as when it is started again."""
_TURN_MIN_S = 0.05
_TURN_SHARE = 0.05
"""The end of a run is seen late by a twentieth of the wait at most, or the shortest turn; never by more than a turn of
the backend."""
_ENDS: Mapping[RunState, type[ArangovisError]] = {
    RunState.NO_DATA: NoData,
    RunState.NOT_SUPPORTED: NotSupported,
    RunState.CANCELLED: Cancelled,
}


def succeeded(backend: Backend, run: NodeId, *, timeout_s: float) -> Node:
    """Return a run once it has succeeded.

    Raises:
        NoData, NotSupported, Cancelled, MissingExtra, ComputeFailed: it ended otherwise, or not in time.
        StoreUnavailable: the server is away, and stays away.

    """
    begun = time.monotonic()
    deadline = begun + timeout_s
    node = backend.run(run)
    seen = time.monotonic()
    while (state := _state(node)).is_open:
        now = time.monotonic()
        if now >= deadline:
            raise _late(run, state, timeout_s)
        turn_s = max(_TURN_MIN_S, _TURN_SHARE * (now - begun))
        try:
            backend.wait_turn(run, min(turn_s, deadline - now))
            node = backend.run(run)
            seen = time.monotonic()
        except StoreUnavailable:
            if time.monotonic() - seen > AWAY_MAX_S:
                raise
    if state is not RunState.SUCCESS:
        raise _ended(node, state)
    return node


def _state(node: Node) -> RunState:
    return RunState(str(node.attributes["state"]))


def _late(run: NodeId, state: RunState, timeout_s: float) -> ComputeFailed:
    hint = "; is a worker running?" if state is RunState.PENDING else ""
    return ComputeFailed(f"{run} is still {state.value} after {timeout_s:g} s{hint}")


def _ended(node: Node, state: RunState) -> ArangovisError:
    message = node.attributes.get("message")
    kind = _ENDS.get(state, ComputeFailed)
    if node.attributes.get("reason") == Reason.MISSING_EXTRA:
        kind = MissingExtra
    return kind(f"{node.id} ended as {state.value}{f': {message}' if message else ''}")
