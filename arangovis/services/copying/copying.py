"""Copying a whole service to another store and artifact store.

The source is read from one frozen state, so nothing of what is written to it meanwhile is seen, or seen in part: the
records (names, numbers, manifests) are exactly those of the graph that is copied. The order is: declared kinds, bytes,
actions in order of time, all other records; then both sides are read again and compared, and the open runs go back to
the queue. Bytes come before the graph that speaks of them, and the target's own last action tells how far it is: a copy
that was killed goes on there, from a new state of the source. Until all is done the target is marked as unfinished,
and nothing serves it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import Fault, IntegrityError, InvalidInput
from arangovis.domain.graph import Action, Record
from arangovis.services.copying.blobs import copy_blob
from arangovis.services.copying.marks import CopyMark, CopyState, check_target, identity_of, known_identity, write_mark
from arangovis.services.copying.queue import give_back
from arangovis.services.copying.records import COPIED_KINDS, RecordsAt, synchronise
from arangovis.services.copying.tally import Tally, Tallying, difference
from arangovis.services.verification import Problem, check_store
from arangovis.stores.base import GraphStore
from arangovis.stores.frozen import FrozenStore

ITEMS_PER_LOAD = 2000
"""Versions written with one durable commit."""

Progress = Callable[[str, int, int | None], None]
"""Is told what is done, how many of it, and of how many if that is known."""


@dataclass(frozen=True, slots=True)
class Place:
    """A graph store and the artifact store that belongs to it."""

    store: GraphStore
    artifacts: ArtifactStore


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What a copy did.

    Args:
        at: the time of the last action copied, microseconds since 1970.
        loaded: the actions that were new in the target.
        bytes_copied: the bytes of blobs that were new in the target.
        given_back: runs that were started in the source, and are pending in the target.
        tally: what both sides hold as of `at`; of a dry run, what the source holds.
        problems: what verifying the target found.
        nothing_to_do: the target was a finished copy of this very state.

    """

    at: int
    loaded: int = 0
    bytes_copied: int = 0
    given_back: int = 0
    tally: Tally | None = None
    problems: Sequence[Problem] = ()
    nothing_to_do: bool = False


class Copying:
    """One copy, from a source to a target that nobody else writes to."""

    def __init__(self, source: Place, target: Place, progress: Progress | None = None) -> None:
        self._source = source
        self._target = target
        self._progress = progress or (lambda stage, done, total: None)  # noqa: ARG005

    def plan(self, *, at: int | None = None) -> CopyReport:
        """Count what `run` would copy, and check that it may; nothing is written.

        Raises:
            as `run`, but IntegrityError.

        """
        with self._source.store.frozen() as state:
            until = _until(state, at)
            mark = check_target(self._target.store, known_identity(self._source.store), until)
            if _is_done(mark, until):
                return CopyReport(until, nothing_to_do=True)
            loaded = state.action_count(after=mark.at if mark else 0, until=until)
            return CopyReport(until, loaded, tally=self._tally(state, until, state))

    def run(
        self, *, at: int | None = None, for_use: bool = True, before_use: Callable[[], object] | None = None
    ) -> CopyReport:
        """Copy everything, or what is missing; then verify it.

        Args:
            at: as of this time, microseconds since 1970; None for the source's last action.
            for_use: put open runs into the target's queue. Not for a backup, which is to be what the source was.
            before_use: called when all is there and equal, before anybody may use the target. If it is cut off, copying
                again calls it again; it writes what it likes.

        Raises:
            Conflict: the target is neither empty nor a copy of this source that may be continued.
            IntegrityError: bytes of the source are damaged or gone, or the copy differs from the source.
            InvalidInput: `at` is not a time of the past.
            StoreUnavailable: a store did not answer; copying again goes on where it was.

        """
        identity = identity_of(self._source.store)
        with self._source.store.frozen() as state:
            until = _until(state, at)
            mark = check_target(self._target.store, identity, until)
            if _is_done(mark, until):
                return CopyReport(until, nothing_to_do=True)
            if mark is not None and mark.state is CopyState.COMPARED:
                return self._finished(mark, CopyReport(mark.at), for_use=for_use, before_use=before_use)
            identity_of(self._target.store)
            begun = write_mark(self._target.store, CopyMark(identity, mark.at if mark else 0))
            report = self._copied(state, until, after=begun.at)
        return self._finished(replace(begun, at=until), report, for_use=for_use, before_use=before_use)

    # --- the parts --------------------------------------------------------------------------------------------

    def _copied(self, state: FrozenStore, until: int, *, after: int) -> CopyReport:
        records = RecordsAt(self._source.store, state, until)
        synchronise("kind", records.of("kind"), self._target.store)
        size = self._copy_blobs(state)
        loaded = self._load(state, after=after, until=until)
        for number, kind in enumerate(COPIED_KINDS):
            self._progress("records", number, len(COPIED_KINDS))
            synchronise(kind, records.of(kind), self._target.store)
        return CopyReport(until, loaded, size, tally=self._compared(state, until))

    def _copy_blobs(self, state: FrozenStore) -> int:
        self._target.artifacts.prepare()
        size = 0
        for number, record in enumerate(RecordsAt(self._source.store, state, state.at).of("blob")):
            self._progress("blobs", number, None)
            size += copy_blob(record.key, self._source.artifacts, self._target.artifacts)
        return size

    def _load(self, state: FrozenStore, *, after: int, until: int) -> int:
        total, done, loaded = state.action_count(after=after, until=until), 0, 0
        for batch in _batches(state.actions(after=after, until=until)):
            loaded += self._target.store.load(batch)
            done += len(batch)
            self._progress("actions", done, total)
        return loaded

    def _compared(self, state: FrozenStore, until: int) -> Tally:
        expected = self._tally(state, until, state)
        with self._target.store.frozen() as copied:
            found = self._tally(state, until, copied)
        if problem := difference(expected, found):
            raise IntegrityError(f"the copy is not equal to its source: {problem}")
        return found

    def _tally(self, state: FrozenStore, until: int, side: FrozenStore) -> Tally:
        """Tally the source's state, or what the target has of it."""
        tallying = Tallying()
        total = side.action_count(until=until)
        for number, _ in enumerate(tallying.actions(side.actions(until=until))):
            self._progress("comparing", number, total)
        wanted = RecordsAt(self._source.store, state, until).of if side is state else partial(_kept_records, side)
        for kind in COPIED_KINDS:
            tallying.records(wanted(kind))
        return tallying.tally()

    def _finished(
        self, mark: CopyMark, report: CopyReport, *, for_use: bool, before_use: Callable[[], object] | None
    ) -> CopyReport:
        source, target = self._source.store, self._target.store
        write_mark(target, replace(mark, state=CopyState.COMPARED))
        given_back = give_back(source, target) if for_use else 0
        if before_use is not None:
            before_use()
        with target.frozen() as state:
            end = state.at
        write_mark(target, replace(mark, end=end, state=CopyState.FINISHED))
        self._progress("verifying", 0, None)
        problems = check_store(target, self._target.artifacts, read_blobs=False) if for_use else []
        return replace(report, given_back=given_back, problems=problems)


def _until(state: FrozenStore, at: int | None) -> int:
    if at is not None and at < 0:
        raise InvalidInput.of(Fault("at", f"{at} is not a time: microseconds since 1970 are wanted"))
    return state.at if at is None else min(at, state.at)


def _is_done(mark: CopyMark | None, until: int) -> bool:
    return mark is not None and mark.state is CopyState.FINISHED and mark.at == until


def _kept_records(state: FrozenStore, kind: str) -> Iterator[Record]:
    return (record for record in state.records(kind) if kind != "blob" or record.group == "kept")


def _batches(actions: Iterator[Action]) -> Iterator[Sequence[Action]]:
    """Cut a stream of actions where a batch has enough versions; an action is never cut."""
    batch: list[Action] = []
    items = 0
    for action in actions:
        batch.append(action)
        items += len(action.nodes) + len(action.edges)
        if items >= ITEMS_PER_LOAD:
            yield batch
            batch, items = [], 0
    if batch:
        yield batch
