"""What facets of the standard mean here; `docs/reference/openlineage.md` has the table.

A facet that is not known, or not as the standard has it, means nothing, and is kept all the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from arangovis.domain.json import Document, JsonValue, Scalar
from arangovis.domain.runs import Reason, RunState
from arangovis.domain.views import items, mapping
from arangovis.exchange.openlineage.accounts import Account, values_of
from arangovis.exchange.openlineage.events import DatasetSaid, EventType

COLUMNS_DEPTH_MAX = 20
"""How deep columns in columns are followed."""
_ENDS: Mapping[EventType, tuple[RunState, Reason | None]] = {
    EventType.COMPLETE: (RunState.SUCCESS, None),
    EventType.FAIL: (RunState.ERROR, Reason.FAILED),
    EventType.ABORT: (RunState.CANCELLED, Reason.CANCELLED),
}
_CODE = {"type": "type", "url": "url", "repoUrl": "remote", "path": "path", "version": "commit"} | {
    "tag": "tag",
    "branch": "branch",
    "pullRequestNumber": "pull_request",
}
"""Names in the facet `sourceCodeLocation`, and what they are called in a run's `code`."""


@dataclass(frozen=True, slots=True)
class RunMeaning:
    """What an account means for its run; times are microseconds since 1970."""

    method: str
    name: str
    state: RunState
    reason: str | None
    started: int | None
    ended: int | None
    message: str | None = None
    description: str | None = None
    params: Mapping[str, Scalar] = field(default_factory=dict)
    environment: Mapping[str, Scalar] = field(default_factory=dict)
    code: Mapping[str, Scalar] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    attributes: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ColumnSource:
    """The data set that columns were made of, and which column of which: `{to, from[], transform}` of each."""

    namespace: str
    name: str
    columns: tuple[Document, ...]


def run_meaning(account: Account) -> RunMeaning:
    """Return what an account means for its run."""
    run, job = values_of(account.run_facets), values_of(account.job_facets)
    state, reason = _ENDS[account.end.type] if account.end else (RunState.STARTED, None)
    return RunMeaning(
        method=account.job.namespace,
        name=account.job.name,
        state=state,
        reason=None if reason is None else reason.value,
        started=account.began,
        ended=None if account.end is None else account.end.at,
        message=_text(run.get("errorMessage"), "message"),
        description=_text(job.get("documentation"), "description"),
        params=dict(_named(run.get("executionParameters"), "parameters", "key")),
        environment=dict(_environment(run)),
        code=_code(job.get("sourceCodeLocation")),
        tags=(*_tags(job.get("tags")), *_tags(run.get("tags"))),
        attributes=_owners(job.get("ownership")),
    )


def dataset_attributes(said: DatasetSaid) -> Document:
    """Return the attributes of the node of a data set, but what it is kept by: name, form and version."""
    facets = said.facets
    life = facets.get("lifecycleStateChange")
    own: Document = {
        "openlineage_namespace": said.namespace,
        "openlineage_name": said.name,
        **_owners(facets.get("ownership")),
        **_present("lifecycle", _text(life, "lifecycleStateChange")),
    }
    schema = facets.get("schema")
    given: Document = {
        "columns": dict(_columns(items(schema, "fields"))) if isinstance(schema, Mapping) else None,
        "url": _text(facets.get("dataSource"), "uri"),
        "description": _text(facets.get("documentation"), "description"),
        "tags": list(_tags(facets.get("tags"))),
        "attributes": own,
    }
    return {name: value for name, value in given.items() if value}


def renamed_from(said: DatasetSaid) -> tuple[str, str] | None:
    """Return the namespace and name that a data set had before it was renamed."""
    life = said.facets.get("lifecycleStateChange")
    if _text(life, "lifecycleStateChange") != "RENAME":
        return None
    before = mapping(life, "previousIdentifier") if isinstance(life, Mapping) else {}
    namespace, name = _text(before, "namespace"), _text(before, "name")
    return (namespace, name) if namespace and name else None


def column_sources(said: DatasetSaid) -> tuple[ColumnSource, ...]:
    """Return of what the columns of a data set were made, by the data sets they were made of."""
    facet = said.facets.get("columnLineage")
    if not isinstance(facet, Mapping):
        return ()
    found: dict[tuple[str, str], dict[str, tuple[list[str], str | None]]] = {}
    for to, made in mapping(facet, "fields").items():
        if isinstance(made, Mapping):
            _add_column(found, to, made)
    for item in items(facet, "dataset"):
        if identity := _identity(item):
            found.setdefault(identity, {})
    return tuple(ColumnSource(*identity, _documents(columns)) for identity, columns in sorted(found.items()))


def _add_column(found: dict[tuple[str, str], dict[str, tuple[list[str], str | None]]], to: str, made: Document) -> None:
    for item in items(made, "inputFields"):
        identity, column = _identity(item), _text(item, "field")
        if identity and column and isinstance(item, Mapping):
            transform = (
                _transform(item) or _text(made, "transformationDescription") or _text(made, "transformationType")
            )
            columns = found.setdefault(identity, {})
            sources, before = columns.get(to, ([], None))
            columns[to] = ([*sources, column] if column not in sources else sources, before or transform)


def _documents(columns: Mapping[str, tuple[list[str], str | None]]) -> tuple[Document, ...]:
    return tuple(
        {"to": to, "from": sources, **_present("transform", transform)} for to, (sources, transform) in columns.items()
    )


def _transform(item: Document) -> str | None:
    """Return the first transformation: `DIRECT/IDENTITY`, with its description behind it if there is one."""
    first = next((one for one in items(item, "transformations") if isinstance(one, Mapping)), None)
    if first is None:
        return None
    kind = "/".join(part for part in (_text(first, "type"), _text(first, "subtype")) if part)
    return ": ".join(part for part in (kind, _text(first, "description")) if part) or None


def _identity(item: JsonValue) -> tuple[str, str] | None:
    namespace, name = _text(item, "namespace"), _text(item, "name")
    return (namespace, name) if namespace and name else None


def _columns(fields: tuple[JsonValue, ...], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the type of each column; columns in columns are called `outer.inner`."""
    for item in fields:
        name = _text(item, "name")
        if name and isinstance(item, Mapping):
            yield prefix + name, _text(item, "type") or "unknown"
            if depth < COLUMNS_DEPTH_MAX:
                yield from _columns(items(item, "fields"), f"{prefix}{name}.", depth + 1)


def _environment(run: Mapping[str, Document]) -> Iterator[tuple[str, Scalar]]:
    engine = run.get("processing_engine")
    if version := _text(engine, "version"):
        yield _text(engine, "name") or "engine", version
    if adapter := _text(engine, "openlineageAdapterVersion"):
        yield "openlineage", adapter
    yield from _named(run.get("environmentVariables"), "environmentVariables", "name")


def _named(facet: Document | None, listed: str, key: str) -> Iterator[tuple[str, Scalar]]:
    for item in items(facet or {}, listed):
        name = _text(item, key)
        value = item.get("value") if isinstance(item, Mapping) else None
        if name and isinstance(value, str | int | float | bool):
            yield name, value


def _code(facet: Document | None) -> Mapping[str, Scalar]:
    return {ours: value for theirs, ours in _CODE.items() if (value := _text(facet, theirs))}


def _tags(facet: JsonValue) -> Iterator[str]:
    """Yield tags: the key, or `key=value` where the value is more than yes."""
    for item in items(facet, "tags") if isinstance(facet, Mapping) else ():
        key, value = _text(item, "key"), _text(item, "value")
        if key:
            yield key if value is None or value.lower() == "true" else f"{key}={value}"


def _owners(facet: JsonValue) -> Document:
    listed = items(facet, "owners") if isinstance(facet, Mapping) else ()
    names = [name for item in listed if (name := _text(item, "name"))]
    return {"owners": names} if names else {}


def _present(name: str, value: str | None) -> Document:
    return {} if value is None else {name: value}


def _text(document: object, name: str) -> str | None:
    value = document.get(name) if isinstance(document, Mapping) else None
    return value if isinstance(value, str) and value else None
