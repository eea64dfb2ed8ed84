"""Reading what runs logged, following it while they run, and finding runs by tags and attributes."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypedDict, Unpack
from urllib.parse import urlencode

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.client.asking import API, Asking, segment
from arangovis.client.problems import raise_for
from arangovis.client.transport import Response
from arangovis.client.values import AnyTime, microseconds, node_id
from arangovis.domain.errors import StoreUnavailable
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.runs import RunState
from arangovis.domain.wire import from_wire
from arangovis.series.columns import values_of
from arangovis.series.ipc import MEDIA_TYPE, table_from
from arangovis.series.kinds import Table
from arangovis.services.run_search.search import RunsFound
from arangovis.services.series.reading.listing import InCommon, RunSeries
from arangovis.services.series.reading.many import ManyFacts
from arangovis.services.series.reading.reading import RowsFacts

FACTS = "arangovis"
RUN_COLUMN = "_run"

AnyRun: TypeAlias = NodeId | str
AttributeWish: TypeAlias = "Scalar | tuple[float | None, float | None] | Sequence[Scalar] | Mapping[str, Any]"
"""A value; a half-open range `(from, before)`, None for no end; a list of values; None for any value; or a mapping of
`minimum`, `maximum`, `values` and `include_missing`."""


class RowsWish(TypedDict, total=False):
    """What to do with rows; all of it may be left out. Each is said where the REST API declares it.

    Args:
        attributes: attributes of the run that are wanted in every row.
        filter: only rows that this is true of, in the filter language.
        window: the mean of so many rows.
        stride: with a window, every how many rows there is a mean.
        group: fields whose values tell one line from another.
        order: the field that rows are in order of.
        decimate: so many points are enough.
        x: the field along the axis, for `decimate`.

    """

    attributes: Sequence[str]
    filter: str
    window: int
    stride: int
    group: Sequence[str]
    order: str
    decimate: int
    x: str


class RunsWish(TypedDict, total=False):
    """Which runs; everything that is given holds together.

    Args:
        project: the name of a project.
        tags_any: at least one of these.
        tags_all: every one of these.
        tags_none: not a single one of these.
        tags_not_all: not all of these together.
        attributes: by name of a field, or a searchable name such as `params.lr`, what it must be.
        started_from: started at this time or later.
        started_before: started before this time.

    """

    project: str
    tags_any: Sequence[str]
    tags_all: Sequence[str]
    tags_none: Sequence[str]
    tags_not_all: Sequence[str]
    attributes: Mapping[str, AttributeWish]
    started_from: AnyTime
    started_before: AnyTime


@dataclass(frozen=True)
class SeriesRows(RowsFacts):
    """Rows of a run: `table` is a pyarrow table, `columns` the same as arrays."""

    table: Table = field(repr=False)

    @property
    def columns(self) -> Mapping[str, npt.NDArray[Any]]:
        """The columns by name; times are int64 microseconds since 1970, texts objects."""
        return {name: values_of(self.table, name) for name in self.table.column_names}


@dataclass(frozen=True)
class SeriesOfRuns:
    """Rows of many runs: those with news. With its `token` the next call answers what is new since."""

    runs: tuple[SeriesRows, ...]
    gone: tuple[NodeId, ...]
    of_runs: int
    token: str | None
    poll_after_ms: int


class SeriesReading(Asking):
    """The part of the client that reads series."""

    def series(
        self,
        run: AnyRun,
        name: str | None = None,
        *,
        fields: Sequence[str] = (),
        since: str | None = None,
        **wish: Unpack[RowsWish],
    ) -> SeriesRows:
        """Read rows of a run.

        Args:
            run: the run.
            name: the name of a series; without it every series that has all the fields is read.
            fields: which columns; all of a named series if there are none.
            since: the `cursor` of what was read before: only what is new comes. If `restart` is said, it takes the
                place of all that came before.
            wish: see `RowsWish`.

        Raises:
            InvalidInput: names are no fields, or what is wished for cannot be.
            NotFound, RunGone: there is no such run or series; the run was deleted.

        """
        return _rows_of(self._rows_answer(run, _query(name, fields, wish, since), None))

    def follow(
        self,
        run: AnyRun,
        name: str | None = None,
        *,
        fields: Sequence[str] = (),
        timeout_s: float | None = None,
        **wish: Unpack[RowsWish],
    ) -> Iterator[SeriesRows]:
        """Yield what a run logged, then what is new, as it comes, until the run has ended.

        Args:
            run: the run.
            name: as for `series`.
            fields: as for `series`.
            timeout_s: seconds after which nothing more is waited for; None for as long as the run goes on.
            wish: see `RowsWish`.

        Raises:
            as `series`.

        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        cursor: str | None = None
        tag: str | None = None
        wait_s, is_open = 0.0, True
        while is_open:
            answer = self._rows_answer(run, _query(name, fields, wish, cursor), tag)
            if answer.status != 304:
                rows = _rows_of(answer)
                is_open = RunState(rows.state).is_open or bool(rows.partial_reasons)
                if rows.rows or rows.restart or cursor is None:
                    yield rows
                cursor, tag, wait_s = rows.cursor, answer.headers.get("etag"), rows.poll_after_ms / 1000
            if is_open and not _waited(wait_s, until):
                return

    def series_of(
        self,
        runs: Sequence[AnyRun] | RunsWish,
        *,
        name: str | None = None,
        fields: Sequence[str] = (),
        token: str | None = None,
        **wish: Unpack[RowsWish],
    ) -> SeriesOfRuns:
        """Read rows of many runs in one call.

        Args:
            runs: the runs, or what they must be (see `RunsWish`): runs that come to be so later are found too.
            name: as for `series`.
            fields: as for `series`.
            token: of the answer before: only what is new comes, and which runs are gone.
            wish: see `RowsWish`.

        Raises:
            Gone: the token was not used for an hour.
            InvalidInput: as `series`.

        """
        body = _body({"series": name, "fields": list(fields), "token": token, "keep": True, **wish, **_which(runs)})
        sent = {"Accept": MEDIA_TYPE, "Content-Type": "application/json"}
        answer = raise_for(self._backend.api().send("POST", f"{API}/series-queries", body=body, headers=sent))
        table, facts = _content(answer)
        many = _read(ManyFacts, facts)
        found = tuple(_run_rows(table, document) for document in facts["runs"])
        return SeriesOfRuns(found, many.gone, many.of_runs, many.token, many.poll_after_ms)

    def run_series(self, run: AnyRun) -> RunSeries:
        """List the series and attributes of a run, with the statistics of each column.

        Raises:
            NotFound, RunGone: there is no such run; it was deleted.

        """
        return self._ask(RunSeries, "GET", f"/runs/{_key(run)}/series")

    def series_in_common(self, runs: Sequence[AnyRun] | RunsWish) -> InCommon:
        """Return the series, fields and attributes that every one of some runs has."""
        return self._ask(InCommon, "POST", "/series-common", _which(runs))

    def find_runs(
        self,
        *,
        facets: Sequence[str] | None = None,
        limit: int = 100,
        cursor: str | None = None,
        **wish: Unpack[RunsWish],
    ) -> RunsFound:
        """Find runs by tags, attributes and time, newest first, with counts beside each option.

        Args:
            facets: attributes whose values are counted; every field that runs have a value of if left out.
            limit: how many runs at most.
            cursor: `next_cursor` of the page before.
            wish: see `RunsWish`.

        Raises:
            NotFound: there is no such project.

        """
        page = {"facets": None if facets is None else list(facets), "limit": limit, "cursor": cursor}
        body = {name: value for name, value in {**_where(wish), **page}.items() if value is not None}
        return self._ask(RunsFound, "POST", "/run-searches", body)

    def _rows_answer(self, run: AnyRun, query: Sequence[tuple[str, str]], tag: str | None) -> Response:
        headers = {"Accept": MEDIA_TYPE} if tag is None else {"Accept": MEDIA_TYPE, "If-None-Match": tag}
        target = f"{API}/runs/{_key(run)}/rows?{urlencode(query)}"
        answer = self._backend.api().send("GET", target, headers=headers)
        return answer if answer.status == 304 else raise_for(answer)


def _key(run: AnyRun) -> str:
    return segment(node_id(run, "run").key)


def _query(name: str | None, fields: Sequence[str], wish: RowsWish, since: str | None) -> list[tuple[str, str]]:
    """Return the query; names go one by one, and one alone twice, so that a comma is part of a name."""
    given: dict[str, Any] = {"series": name, "since": since, "fields": fields, **wish}
    query: list[tuple[str, str]] = []
    for word, value in given.items():
        if isinstance(value, str):
            query.append((word, value))
        elif isinstance(value, Sequence):
            query += [(word, text) for text in (value if len(value) != 1 else (*value, *value))]
        elif value is not None:
            query.append((word, str(value)))
    return query


def _which(runs: Sequence[AnyRun] | RunsWish) -> dict[str, Any]:
    if isinstance(runs, Mapping):
        return {"where": _where(runs)}
    return {"runs": [node_id(run, "run").key for run in runs]}


def _where(wish: RunsWish) -> dict[str, Any]:
    tags = {name: list(wish[f"tags_{name}"]) for name in _TAGS if f"tags_{name}" in wish}  # type: ignore[literal-required]
    attributes = [{"name": name, **_condition(wanted)} for name, wanted in wish.get("attributes", {}).items()]
    asked = {
        "project": wish.get("project"),
        "tags": tags,
        "attributes": attributes,
        "started_from": microseconds(wish.get("started_from")),
        "started_before": microseconds(wish.get("started_before")),
    }
    return {name: value for name, value in asked.items() if value not in (None, [], {})}


_TAGS = ("any", "all", "none", "not_all")


def _condition(wanted: AttributeWish) -> dict[str, Any]:
    if wanted is None:
        return {}
    if isinstance(wanted, Mapping):
        return dict(wanted)
    if isinstance(wanted, tuple) and len(wanted) == 2:
        ends = {"minimum": wanted[0], "maximum": wanted[1]}
        return {name: end for name, end in ends.items() if end is not None}
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return {"values": list(wanted)}
    return {"values": [wanted]}


def _body(document: Mapping[str, Any]) -> bytes:
    return orjson.dumps({name: value for name, value in document.items() if value is not None})


def _content(answer: Response) -> tuple[Table, dict[str, Any]]:
    table, texts = table_from(answer.body)
    try:
        facts = orjson.loads(texts[FACTS])
    except (KeyError, orjson.JSONDecodeError) as error:
        raise StoreUnavailable("the answer is not what this version of arangovis reads") from error
    return table.replace_schema_metadata(None), facts


def _rows_of(answer: Response) -> SeriesRows:
    return _series_rows(*_content(answer))


def _series_rows(table: Table, facts: Mapping[str, Any]) -> SeriesRows:
    read = _read(RowsFacts, facts)
    return SeriesRows(**{name: getattr(read, name) for name in RowsFacts.__dataclass_fields__}, table=table)


def _run_rows(table: Table, facts: Mapping[str, Any]) -> SeriesRows:
    """Return the rows of one of many runs."""
    keys = values_of(table, RUN_COLUMN)
    mine = np.flatnonzero(keys == str(facts["run"]).partition("/")[2])
    return _series_rows(table.take(mine).drop_columns([RUN_COLUMN]), facts)


def _read(kind: type[Any], document: object) -> Any:
    try:
        return from_wire(document, kind)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable("the answer is not what this version of arangovis reads") from error


def _waited(wait_s: float, until: float | None) -> bool:
    """Wait, and say whether there is time left."""
    left = None if until is None else until - time.monotonic()
    time.sleep(wait_s if left is None else max(0.0, min(wait_s, left)))
    return left is None or left > wait_s
