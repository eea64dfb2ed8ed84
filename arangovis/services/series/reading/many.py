"""One question to many runs, followed live: rows that are new, runs that are new, replaced or gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis.series.cursors import Cursor
from arangovis.services.run_search.conditions import RunFilter
from arangovis.services.run_search.search import RunSearch
from arangovis.services.series.reading.contents import Contents, RunContents
from arangovis.services.series.reading.question import SeriesQuestion
from arangovis.services.series.reading.readers import Reader, Readers
from arangovis.services.series.reading.reading import (
    ANSWER_ROWS_MAX,
    POLL_ENDED_MS,
    Look,
    PartialReason,
    Reading,
    RunRows,
)

RUNS_MAX = 500
"""Runs of one answer."""


@dataclass(frozen=True, slots=True)
class ManyQuestion:
    """What to read of which runs.

    Args:
        series: what to read.
        runs: keys of runs; None for those that `where` finds.
        where: which runs.
        cursors: what the reader has, by key of the run.
        token: instead of cursors: the token of the answer before.
        keep: keep the reader's place here, and answer a token.

    """

    series: SeriesQuestion
    runs: tuple[str, ...] | None = None
    where: RunFilter = field(default_factory=RunFilter)
    cursors: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    keep: bool = False

    def __post_init__(self) -> None:
        if self.runs is not None and len(self.runs) > RUNS_MAX:
            raise InvalidInput.of(Fault("runs", f"{len(self.runs)} are more than {RUNS_MAX}"))
        if self.token is not None and self.cursors:
            raise InvalidInput.of(Fault("token", "is given together with cursors; give one of them"))

    @property
    def digest(self) -> str:
        """Tell what is asked of which runs from every other question."""
        return digest_of([repr(self.series), None if self.runs is None else list(self.runs), repr(self.where)])[:32]


@dataclass(frozen=True, slots=True)
class ManyFacts:
    """What is said beside the rows. `gone` are runs that the reader had and that were deleted, or are found no more."""

    gone: tuple[NodeId, ...]
    of_runs: int
    token: str | None
    poll_after_ms: int
    partial_reasons: tuple[PartialReason, ...]


@dataclass(frozen=True, slots=True)
class ManyRows:
    """Each run with news: rows, or that it was replaced. The first time every run, also those without rows."""

    runs: tuple[RunRows, ...]
    facts: ManyFacts


@dataclass(frozen=True, slots=True)
class ManyLook:
    """What a glance at many runs shows; no row was read."""

    question: ManyQuestion = field(repr=False)
    reader: Reader = field(repr=False)
    looks: tuple[Look, ...]
    gone: tuple[NodeId, ...]
    of_runs: int

    @property
    def news(self) -> tuple[Look, ...]:
        """The runs that there is something new of."""
        return tuple(look for look in self.looks if look.is_new)


class ManyReading:
    """Reads rows of many runs."""

    def __init__(self, contents: Contents, reading: Reading, search: RunSearch, readers: Readers) -> None:
        self._contents = contents
        self._reading = reading
        self._search = search
        self._readers = readers

    def look(self, question: ManyQuestion) -> ManyLook:
        """See what is new, cheaply; `rows` reads it.

        Raises:
            Gone: the token was forgotten.
            InvalidInput: names are no fields in any of the runs, or a cursor or the token is none.
            NotFound: there is no such project, or no such series in it.

        """
        reader = self._reader(question)
        wanted = self._wanted(question)
        known = self._contents.of_many(wanted[:RUNS_MAX])
        looks = self._looks(list(known.values()), question.series, reader)
        gone = [NodeId.of("run", key) for key in reader.cursors]
        return ManyLook(question, reader, looks, tuple(run for run in gone if run not in known), len(wanted))

    def rows(self, look: ManyLook, caller: Caller) -> ManyRows:
        """Read what a glance showed, as many runs as one answer has room for.

        Raises:
            TooLarge: a run has more rows than can be looked at.

        """
        found: list[RunRows] = []
        left = ANSWER_ROWS_MAX
        news = look.news
        for place, new in enumerate(news):
            if left <= 0:
                news = news[:place]
                break
            found.append(self._reading.rows(new))
            left -= found[-1].rows
        reasons = _reasons(look, found, cut=len(news) < len(look.news))
        waits = [rows.poll_after_ms for rows in found]
        poll = 0 if PartialReason.ROWS in reasons else min([self._poll(look), *waits])
        token = self._token(look, found, caller)
        return ManyRows(tuple(found), ManyFacts(look.gone, look.of_runs, token, poll, reasons))

    def _poll(self, look: ManyLook) -> int:
        return min((one.poll_after_ms for one in look.looks), default=POLL_ENDED_MS)

    def _reader(self, question: ManyQuestion) -> Reader:
        if question.token is None:
            reader = self._readers.new(question.digest)
            return Reader(reader.key, 0, question.cursors, question.digest)
        reader = self._readers.find(question.token)
        if reader.question != question.digest:
            raise InvalidInput.of(Fault("token", "belongs to another question; ask this one without it first"))
        return reader

    def _wanted(self, question: ManyQuestion) -> Sequence[NodeId]:
        if question.runs is None:
            return [node.id for node in self._search.matching(question.where)]
        return [NodeId.of("run", key) for key in dict.fromkeys(question.runs)]

    def _looks(self, runs: Sequence[RunContents], question: SeriesQuestion, reader: Reader) -> tuple[Look, ...]:
        """Look at each run; names that one project does not have are an error only if no run has them."""
        looks, refused = [], None
        had = {key: _cursor(key, text) for key, text in reader.cursors.items()}
        for contents in runs:
            try:
                looks.append(self._reading.look_at(contents, question, had.get(contents.run.key)))
            except InvalidInput as error:
                refused = error
        if refused is not None and not looks:
            raise refused
        return tuple(looks)

    def _token(self, look: ManyLook, found: Sequence[RunRows], caller: Caller) -> str | None:
        if look.question.token is None and not look.question.keep:
            return None
        if not found and not look.gone and look.reader.step:
            self._readers.stay(look.reader, caller)
            return look.reader.token
        there = {one.asked.contents.run.key for one in look.looks}
        cursors = {key: cursor for key, cursor in look.reader.cursors.items() if key in there}
        cursors |= {rows.run.key: rows.cursor for rows in found}
        return self._readers.advance(look.reader, cursors, caller).token


def _cursor(key: str, text: str) -> Cursor:
    try:
        return Cursor.of(text)
    except InvalidInput as error:
        raise InvalidInput.of(Fault(f"cursors.{key[:80]}", error.faults[0].problem)) from error


def _reasons(look: ManyLook, found: Sequence[RunRows], *, cut: bool) -> tuple[PartialReason, ...]:
    rows = cut or any(rows.partial_reasons for rows in found)
    runs = look.of_runs > RUNS_MAX
    return (*((PartialReason.ROWS,) if rows else ()), *((PartialReason.RUNS,) if runs else ()))
