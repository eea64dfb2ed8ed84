"""The rows of one run: all of them, or those that a reader does not have yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum

from arangovis.domain.errors import IntegrityError, TooLarge
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis.domain.runs import RunState
from arangovis.series.codec import as_table
from arangovis.series.cursors import Cursor
from arangovis.series.decimation import decimate
from arangovis.series.kinds import Table
from arangovis.series.ordering import sorted_by
from arangovis.series.windows import Window, windowed
from arangovis.services.series.chunk_log import ChunkLog
from arangovis.services.series.chunks import Head
from arangovis.services.series.reading.contents import Contents, RunContents
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.rows import ChunkRows
from arangovis.services.series.reading.sources import Asked, Sources
from arangovis.services.series.reading.states import States, WindowStates
from arangovis.services.series.series_data import LoggedSeries

ANSWER_ROWS_MAX = 1_000_000
"""Rows of one answer; what is left is there for the next question with the answer's cursor."""
READ_ROWS_MAX = 20_000_000
"""Rows that are looked at for one answer that needs all of them: ordered, averaged, thinned out."""
POLL_OPEN_MS = 1000
POLL_ENDED_MS = 5000
"""When to ask again: rows may come to a run that has ended too, though seldom."""


class PartialReason(StrEnum):
    """Why an answer is not all that was asked for."""

    ROWS = "rows"
    """There are more rows than one answer has."""
    RUNS = "runs"
    """There are more runs than one answer has."""


@dataclass(frozen=True)
class RowsFacts:
    """What is said of the rows of a run, and how to go on.

    `restart`: these rows take the place of all that the reader had of this run: it was replaced, something else is
    asked, or rows came that belong before rows that were there. `of_points` is how many rows there were before they
    were thinned out. `unknown` are names that are no field yet; as long as a run goes on, that is no error.
    """

    run: NodeId
    generation: int
    state: str
    restart: bool
    rows: int
    of_points: int
    cursor: str
    poll_after_ms: int
    unknown: tuple[str, ...]
    partial_reasons: tuple[PartialReason, ...]

    @property
    def facts(self) -> "RowsFacts":
        """What is said, without the rows."""
        return RowsFacts(**{item.name: getattr(self, item.name) for item in fields(RowsFacts)})


@dataclass(frozen=True)
class RunRows(RowsFacts):
    """Rows of a run."""

    table: Table = field(repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """What a glance shows: what there is to read, and from where on the reader wants it; no row was read."""

    asked: Asked
    heads: tuple[tuple[LoggedSeries, Head], ...]
    start: Cursor | None
    """What the reader has, if rows can go on from there."""
    restart: bool

    @property
    def end(self) -> Cursor:
        """The cursor of a reader who has everything."""
        read: dict[str, dict[str, int]] = {}
        for source, head in self.heads:
            read.setdefault(source.data.node.key, {})[head.logger] = head.next
        return Cursor(self.asked.contents.generation, read, self.asked.digest)

    @property
    def is_new(self) -> bool:
        """Whether there is anything that the reader does not have."""
        return self.start is None or any(begin < head.next for _, head, begin in self.stretches())

    @property
    def poll_after_ms(self) -> int:
        """When to look again."""
        return POLL_OPEN_MS if RunState(self.asked.contents.state).is_open else POLL_ENDED_MS

    @property
    def tag(self) -> str:
        """Equal as long as the answer is."""
        thinned = self.asked.question
        unknown = list(self.asked.unknown)
        return digest_of([self.end.text(), self.asked.contents.state, thinned.decimate, thinned.x, unknown])[:32]

    def stretches(self) -> Iterator[tuple[LoggedSeries, Head, int]]:
        """Yield each logger of each source, and the first sequence that the reader does not have."""
        for source, head in self.heads:
            yield source, head, begin_of(self.start, source, head)


class Reading:
    """Reads rows of runs."""

    def __init__(self, contents: Contents, sources: Sources, log: ChunkLog, rows: ChunkRows) -> None:
        self._contents = contents
        self._sources = sources
        self._log = log
        self._rows = rows
        self._states = WindowStates()

    def look(self, run: NodeId, question: SeriesQuestion, since: Cursor | None = None) -> Look:
        """See what there is to read, cheaply; `rows` reads it.

        Raises:
            InvalidInput: names are no fields.
            NotFound: there is no such run or series.
            RunGone: the run was deleted.

        """
        return self.look_at(self._contents.of(run), question, since)

    def look_at(self, contents: RunContents, question: SeriesQuestion, since: Cursor | None = None) -> Look:
        """See what there is to read of a run that was looked up."""
        asked = self._sources.of(contents, question)
        heads = tuple((source, head) for source in asked.sources for head in self._log.heads(source.data.node))
        fits = since is not None and _continues(since, asked, heads)
        return Look(asked, heads, since if fits else None, restart=since is not None and not fits)

    def rows(self, look: Look) -> RunRows:
        """Read what a glance showed.

        Raises:
            IntegrityError: stored bytes are damaged.
            RunGone: the run was deleted meanwhile.
            TooLarge: more than READ_ROWS_MAX rows would be looked at.

        """
        try:
            return self._read(look)
        except IntegrityError:
            # the rows of a run that was replaced or deleted meanwhile are dropped at any time
            now = self._contents.of(look.asked.contents.run)
            if now.generation == look.asked.contents.generation:
                raise
            return self._read(
                replace(self.look_at(now, look.asked.question), restart=look.restart or look.start is not None)
            )

    def _read(self, look: Look) -> RunRows:
        question = look.asked.question
        if not question.is_plain:
            _check_size(look)
        if question.averaging is not None:
            look, table = self._averaged(look, question.averaging)
            return _answer(look, table, look.end)
        table, end = self._plain(look)
        return _answer(look, sorted_by(table, question.order), end)

    # --- rows as they are -------------------------------------------------------------------------------------

    def _plain(self, look: Look) -> tuple[Table, Cursor]:
        """Return new rows, logger by logger, and the cursor behind them."""
        left = ANSWER_ROWS_MAX if look.asked.question.is_plain else None
        read: dict[str, dict[str, int]] = {}
        tables = []
        for source, head, begin in look.stretches():
            names = _names(source)
            stop = head.next if left is None or left > 0 else begin
            stretch = self._rows.read(head, names, begin, stop, rows_max=left)
            left = None if left is None else left - stretch.rows
            read.setdefault(source.data.node.key, {})[head.logger] = stretch.until
            tables += [] if stretch.table is None else [look.asked.columns(stretch.table)]
        return _joined(tables, look.asked), replace(look.end, read=read)

    # --- moving means -----------------------------------------------------------------------------------------

    def _averaged(self, look: Look, window: Window) -> tuple[Look, Table]:
        """Return the means that are new; all of them, said to be a restart, if a row came late."""
        states = {} if look.start is None else self._states_at(look, look.start, window)
        streams = self._streams(look, [(source, head, begin, head.next) for source, head, begin in look.stretches()])
        tables, after = [], dict(states)
        for name, rows in streams:
            answer = windowed(rows, window, states.get(name), ties_are_late=len(look.heads) > 1)
            if answer.late:
                return self._averaged(replace(look, start=None, restart=True), window)
            after[name] = answer.state
            tables.append(answer.table)
        self._states.keep(_state_key(look, look.end), after)
        return look, _joined(tables, look.asked, otherwise=lambda empty: windowed(empty, window).table)

    def _states_at(self, look: Look, start: Cursor, window: Window) -> States:
        """Return where the means stood when the reader last asked: as it was kept, or made again."""
        kept = self._states.find(_state_key(look, start))
        if kept is not None:
            return kept
        before = [(source, head, 0, begin) for source, head, begin in look.stretches()]
        return {name: windowed(rows, window).state for name, rows in self._streams(look, before)}

    def _streams(
        self, look: Look, stretches: Iterable[tuple[LoggedSeries, Head, int, int]]
    ) -> Sequence[tuple[str, Table]]:
        """Return the rows that are averaged together: of all loggers if there is an order, else of each by itself."""
        found: dict[str, list[Table]] = {}
        for source, head, begin, stop in stretches:
            stretch = self._rows.read(head, _names(source), begin, stop)
            name = "" if look.asked.question.order is not None else f"{head.series_data}.{head.logger}"
            if stretch.table is not None:
                found.setdefault(name, []).append(look.asked.columns(stretch.table))
        return [(name, as_table(tables)) for name, tables in found.items()]


def begin_of(start: Cursor | None, source: LoggedSeries, head: Head) -> int:
    """Return the first sequence of a logger that a reader does not have."""
    return 0 if start is None else start.read.get(source.data.node.key, {}).get(head.logger, 0)


def _continues(since: Cursor, asked: Asked, heads: Sequence[tuple[LoggedSeries, Head]]) -> bool:
    """Say whether rows after a cursor go on from those before: same generation and question, and none was lost."""
    if since.generation != asked.contents.generation or since.question != asked.digest:
        return False
    there: Mapping[tuple[str, str], int] = {(source.data.node.key, head.logger): head.next for source, head in heads}
    read = ((key, logger, place) for key, prefix in since.read.items() for logger, place in prefix.items())
    return all(place <= there.get((key, logger), 0) for key, logger, place in read)


def _check_size(look: Look) -> None:
    rows = sum(head.rows for _, head in look.heads)
    if rows > READ_ROWS_MAX:
        raise TooLarge(f"the run has {rows} such rows; at most {READ_ROWS_MAX} are ordered, averaged or thinned out")


def _names(source: LoggedSeries) -> list[str]:
    """Return the names of the columns as they are stored."""
    by_key = {field.node.key: field.name for field in source.series.fields}
    return [by_key[key] for key in source.data.fields]


def _joined(tables: Sequence[Table], asked: Asked, otherwise: Callable[[Table], Table] | None = None) -> Table:
    some = [table for table in tables if table.num_rows]
    if some:
        return as_table(some)
    return asked.empty if otherwise is None else otherwise(asked.empty)


def _state_key(look: Look, cursor: Cursor) -> str:
    return f"{look.asked.contents.run.key} {cursor.text()}"


def _answer(look: Look, table: Table, end: Cursor) -> RunRows:
    contents, thinning = look.asked.contents, look.asked.question.thinning
    of_points = int(table.num_rows)
    if thinning is not None:
        table = decimate(table, thinning).table
    left = end != look.end
    return RunRows(
        run=contents.run,
        generation=contents.generation,
        state=contents.state,
        restart=look.restart,
        rows=int(table.num_rows),
        of_points=of_points,
        cursor=end.text(),
        poll_after_ms=0 if left else look.poll_after_ms,
        unknown=look.asked.unknown,
        partial_reasons=(PartialReason.ROWS,) if left else (),
        table=table.select(look.asked.answered),
    )
