"""`av.run`: three lines log a training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from arangovis.client.active_run import ActiveRun, current_run
from arangovis.client.capture import Capture
from arangovis.client.outbox import OutboxOptions
from arangovis.client.run_connection import PLACES, RunConnection, open_connection
from arangovis.client.run_plan import plan_run
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId

if TYPE_CHECKING:
    from arangovis.client.client import Client

_ELSEWHERE = (*PLACES, "actor", "token", "offline", "strict", "outbox")
"""Options with which a run inside another gets an outbox of its own."""


class RunOptions(TypedDict, total=False):
    """The less usual arguments of `run`; each may be left out.

    `url`, `home`, `token`, `actor`: as those of `connect`. `client`: one that is open. `offline`: only write to disk,
    for `arangovis sync`. `strict`: what the service refuses is raised. `outbox`: bounds of what waits.
    `capture`: what is recorded by itself; False for nothing. `method`: what the run does, `script` if left out.
    `description`. `mode`: with `run`, `resume`, `join`, `replace` or `begin`. `parent`: the run that it came from, by
    default the run whose `with` it begins in; `relation`: `child`, `fork` or `retry`. `create_project`: False refuses
    a project that is not there. `within_s`: seconds without a sign of life after which it counts as lost, None for
    never. `flush_every_s`: seconds until rows are sent. `kinds` of fields and the fields of named `series` that are
    known already: what is logged is held to them from the first row on. `copy`: False keeps arrays that are logged as
    they are, so they must not be changed afterwards.
    """

    url: str | None
    home: str | Path | None
    token: str | None
    actor: str | None
    client: "Client | None"
    offline: bool
    strict: bool
    outbox: OutboxOptions
    capture: Capture | bool
    method: str
    description: str
    mode: str
    parent: "ActiveRun | NodeId | str | None"
    relation: str
    create_project: bool
    within_s: float | None
    flush_every_s: float
    kinds: Mapping[str, str]
    series: Mapping[str, Sequence[str]]
    copy: bool


def run(
    project: str | None = None,
    *,
    name: str | None = None,
    tags: Sequence[str] = (),
    params: Mapping[str, Any] | None = None,
    run: ActiveRun | NodeId | str | None = None,
    **options: Unpack[RunOptions],
) -> ActiveRun:
    """Begin a run of this process.

    It returns at once, whether the service is there or not; a run that cannot be begun is a warning of a later call.

    Args:
        project: the name of its project, which is made if it is not there.
        name: the name people know it by.
        tags: words to find it by.
        params: its parameters; what is nested gets names with dots.
        run: a run to go on with, instead of a new one; see `mode`.
        options: see `RunOptions`.

    Raises:
        InvalidInput: an argument is not right; it names which.
        StoreUnavailable: the disk does not take what is to be sent.

    """
    unknown = options.keys() - RunOptions.__annotations__.keys()
    if unknown:
        raise InvalidInput.of(*(Fault(option, "is no argument of run") for option in sorted(unknown)))
    outer = current_run()
    given: dict[str, Any] = {"parent": outer, **options}
    facts = {"project": project, "name": name, "tags": tags, "params": params}
    plan = plan_run(facts, run, given, outer=None if outer is None else outer.plan)
    return ActiveRun(_connection(outer, given), plan)


def _connection(outer: ActiveRun | None, options: Mapping[str, Any]) -> RunConnection:
    if outer is None or any(options.get(name) is not None for name in _ELSEWHERE):
        return open_connection(options)
    return outer.connection.shared()
