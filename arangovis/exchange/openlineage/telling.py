"""Runs and data of ours, told as events of the standard.

Names are `arangovis:<project>` and `kind/name`; what came in by events keeps the names that it came with. Each data set
and each run has a facet `arangovis` with the id of its node, by which events that come back find it again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from arangovis.domain.graph import Edge, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue
from arangovis.domain.runs import RunState
from arangovis.domain.version import VERSION
from arangovis.domain.views import items, mapping, scalars
from arangovis.exchange.excerpt import RUN, Excerpt, iso, label
from arangovis.exchange.openlineage.accounts import KEPT, facets_of, values_of
from arangovis.exchange.openlineage.events import EventType

PRODUCER = f"urn:arangovis:{VERSION}"
_SPEC = "https://openlineage.io/spec"
_OWN_SCHEMA = "urn:arangovis:openlineage:facet"
_NAMED = frozenset({"dataset", "featureset", "model", "model_version", "deployment", "project"})
"""Kinds whose nodes are called by their name; versions of one name are versions of one data set."""
_CODE = {"type": "type", "url": "url", "remote": "repoUrl", "path": "path", "commit": "version"} | {
    "tag": "tag",
    "branch": "branch",
}
_ENDS = {RunState.SUCCESS: EventType.COMPLETE, RunState.CANCELLED: EventType.ABORT}


@dataclass(frozen=True, slots=True)
class ToldRun:
    """A run and what it read and made, each with its role; `parent` is the run that started it, if one did."""

    node: Node
    inputs: tuple[tuple[Node, str], ...]
    outputs: tuple[tuple[Node, str], ...]
    parent: Node | None = None


Names = Mapping[str, str]
"""The names of projects by their keys."""


def run_id_of(node: NodeId) -> str:
    """Return the UUID of a run: its key, or one made of its key."""
    try:
        return str(UUID(node.key))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"urn:arangovis:node:{node}"))


def end_type(state: RunState) -> EventType | None:
    """Return the event that tells of a state, None for an open one."""
    return None if state.is_open else _ENDS.get(state, EventType.FAIL)


def run_event(told: ToldRun, kind: EventType, at: int, names: Names) -> Document:
    """Return an event of a run at a time; with the start its inputs, with the end all that it read and made."""
    run: Document = {"runId": run_id_of(told.node.id), "facets": _run_facets(told, kind, names)}
    outputs = told.outputs if kind.is_end else ()
    return {
        **_base("RunEvent", at),
        "eventType": kind.value,
        "run": run,
        "job": {**_job(told.node, names), "facets": _job_facets(told.node)},
        "inputs": [dataset_document(node, names) for node, _ in told.inputs],
        "outputs": [dataset_document(node, names) for node, _ in outputs],
    }


def dataset_document(node: Node, names: Names, columns: Document | None = None) -> Document:
    """Return what a node is as a data set; `columns` is its facet of column lineage, if there is one."""
    facets = _dataset_facets(node)
    if columns:
        facets = {**facets, "columnLineage": columns}
    return {**_identity(node, names), "facets": facets}


def lineage_events(excerpt: Excerpt) -> list[Document]:
    """Return an excerpt as events in order of time: its runs, jobs for data made without one, and what is alone."""
    nodes = {node.id: node for node in excerpt.nodes}
    edges = [edge for edge in excerpt.edges if edge.id.source in nodes and edge.id.target in nodes]
    told = [*_run_events(nodes, edges, excerpt.projects), *_job_events(nodes, edges, excerpt.projects)]
    joined = {end for edge in edges for end in (edge.id.source, edge.id.target) if edge.id.kind != "succeeded_by"}
    for node in excerpt.nodes:
        if node.id.kind != RUN and node.id not in joined:
            event = {**_base("DatasetEvent", node.created), "dataset": dataset_document(node, excerpt.projects)}
            told.append((node.created, event))
    return [event for _, event in sorted(told, key=lambda pair: pair[0])]


def _run_events(nodes: Mapping[NodeId, Node], edges: list[Edge], names: Names) -> Iterator[tuple[int, Document]]:
    for node in nodes.values():
        if node.id.kind != RUN:
            continue
        told = ToldRun(
            node,
            inputs=tuple((nodes[e.id.source], e.id.role) for e in edges if e.id[::2] == ("input_to", node.id)),
            outputs=tuple((nodes[e.id.target], e.id.role) for e in edges if e.id[:2] == ("generated", node.id)),
            parent=next((nodes[e.id.source] for e in edges if e.id[::2] == ("spawned", node.id)), None),
        )
        yield from ((at, run_event(told, kind, at, names)) for kind, at in moments(node))


def moments(node: Node) -> Iterator[tuple[EventType, int]]:
    """Yield the events of a run as it is now, and their times: its start if it began, and its end if it ended."""
    state = RunState(str(node.attributes["state"]))
    started, ended = _time(node, "started"), _time(node, "ended")
    if state is not RunState.PENDING and (started is not None or state is RunState.STARTED):
        yield EventType.START, node.created if started is None else started
    if (kind := end_type(state)) is not None:
        yield kind, node.version.valid_from if ended is None else ended


def _job_events(nodes: Mapping[NodeId, Node], edges: list[Edge], names: Names) -> Iterator[tuple[int, Document]]:
    for edge in edges:
        source, target, at = nodes[edge.id.source], nodes[edge.id.target], edge.version.valid_from
        if edge.id.kind not in ("derived_into", "deployed_as", "observed_as") or source.id.kind == RUN:
            continue
        event: Document = {
            **_base("JobEvent", at),
            "job": {"namespace": _namespace(target, names), "name": edge.id.role or edge.id.kind, "facets": {}},
            "inputs": [dataset_document(source, names)],
            "outputs": [dataset_document(target, names, _column_lineage(edge, source, names))],
        }
        yield at, event


def _column_lineage(edge: Edge, source: Node, names: Names) -> Document:
    origin = _identity(source, names)
    made: dict[str, JsonValue] = {}
    for column in items(edge.attributes, "columns"):
        if isinstance(column, Mapping):
            transform = column.get("transform")
            described: Document = {} if transform is None else {"transformationDescription": str(transform)}
            fields = [{**origin, "field": str(name)} for name in items(column, "from")]
            made[str(column.get("to"))] = {"inputFields": fields, **described}
    return _facet("1-2-0/ColumnLineageDatasetFacet", {"fields": made}) if made else {}


def _run_facets(told: ToldRun, kind: EventType, names: Names) -> Document:
    facts = told.node.attributes
    facets = {**_kept(told.node, "run_facets"), "arangovis": _own(told.node, _run_facts(told))}
    if told.parent is not None:
        parent: Document = {"run": {"runId": run_id_of(told.parent.id)}, "job": _job(told.parent, names)}
        facets["parent"] = _facet("1-2-0/ParentRunFacet", parent)
    if params := scalars(facts, "params"):
        listed = [{"key": name, "value": _text(value)} for name, value in params.items() if value is not None]
        facets["executionParameters"] = _facet("1-0-0/ExecutionParametersRunFacet", {"parameters": listed})
    if tags := _tags(facts):
        facets["tags"] = _facet("1-0-0/TagsRunFacet", {"tags": tags})
    if kind in (EventType.FAIL, EventType.ABORT) and "errorMessage" not in facets:
        message = str(facts.get("message") or facts.get("reason") or facts["state"])
        told_error: Document = {"message": message, "programmingLanguage": "PYTHON"}
        facets["errorMessage"] = _facet("1-0-1/ErrorMessageRunFacet", told_error)
    return facets


def _run_facts(told: ToldRun) -> Document:
    names = ("state", "reason", "seed", "metrics", "environment", "code")
    facts: dict[str, JsonValue] = {name: told.node.attributes.get(name) for name in names}
    roles = {str(node.id): role for node, role in (*told.inputs, *told.outputs) if role}
    return {name: value for name, value in {**facts, "roles": roles}.items() if value not in (None, {})}


def _job_facets(node: Node) -> Document:
    facets = _kept(node, "job_facets")
    description, code = node.attributes.get("description"), scalars(node.attributes, "code")
    if isinstance(description, str) and description:
        facets["documentation"] = _facet("1-1-0/DocumentationJobFacet", {"description": description})
    place = {theirs: str(code[ours]) for ours, theirs in _CODE.items() if code.get(ours)}
    if url := place.get("url") or place.get("repoUrl"):
        facets["sourceCodeLocation"] = _facet("1-1-0/SourceCodeLocationJobFacet", {"type": "git", "url": url, **place})
    return facets


def _dataset_facets(node: Node) -> Document:
    facts = node.attributes
    kept = _kept(node, "facets")
    facets: dict[str, JsonValue] = {"arangovis": _own(node, {})}
    if not kept or facts.get("version"):
        facets["version"] = _version(node)
    columns = mapping(facts, "columns") or {str(name): "" for name in items(facts, "feature_names")}
    if columns:
        listed = [
            {"name": name, **({"type": kind} if isinstance(kind, str) and kind else {})}
            for name, kind in columns.items()
        ]
        facets["schema"] = _facet("1-2-0/SchemaDatasetFacet", {"fields": listed})
    if isinstance(description := facts.get("description"), str) and description:
        facets["documentation"] = _facet("1-1-0/DocumentationDatasetFacet", {"description": description})
    if isinstance(url := facts.get("url"), str) and url:
        facets["dataSource"] = _facet("1-0-1/DatasourceDatasetFacet", {"name": label(node), "uri": url})
    if tags := _tags(facts):
        facets["tags"] = _facet("1-0-0/TagsDatasetFacet", {"tags": tags})
    if node.version.deleted:
        facets["lifecycleStateChange"] = _facet(
            "1-0-1/LifecycleStateChangeDatasetFacet", {"lifecycleStateChange": "DROP"}
        )
    return {**facets, **kept}


def _kept(node: Node, name: str) -> dict[str, JsonValue]:
    """Return the facets that events gave, as they gave them."""
    return dict(values_of(facets_of(mapping(mapping(mapping(node.attributes, "extra"), KEPT), name))))


def _version(node: Node) -> Document:
    given = node.attributes.get("version") or node.attributes.get("digest") or node.id.key
    return _facet("1-0-1/DatasetVersionDatasetFacet", {"datasetVersion": str(given)})


def _own(node: Node, facts: Document) -> Document:
    return {"_producer": PRODUCER, "_schemaURL": _OWN_SCHEMA, "node": str(node.id), **facts}


def _facet(schema: str, content: Document) -> Document:
    definition = schema.partition("/")[2]
    return {"_producer": PRODUCER, "_schemaURL": f"{_SPEC}/facets/{schema}.json#/$defs/{definition}", **content}


def _base(kind: str, at: int) -> Document:
    schema = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/{kind}"
    return {"eventTime": iso(at).replace("+00:00", "Z"), "producer": PRODUCER, "schemaURL": schema}


def _identity(node: Node, names: Names) -> dict[str, JsonValue]:
    own = mapping(node.attributes, "attributes")
    namespace, name = own.get("openlineage_namespace"), own.get("openlineage_name")
    if isinstance(namespace, str) and isinstance(name, str):
        return {"namespace": namespace, "name": name}
    called = label(node) if node.id.kind in _NAMED else node.id.key
    return {"namespace": _namespace(node, names), "name": f"{node.id.kind}/{called}"}


def _job(node: Node, names: Names) -> Document:
    method, name = str(node.attributes.get("method", RUN)), node.attributes.get("name")
    if KEPT in mapping(node.attributes, "extra"):
        return {"namespace": method, "name": label(node)}
    return {"namespace": _namespace(node, names), "name": f"{method}/{name}" if isinstance(name, str) else method}


def _namespace(node: Node, names: Names) -> str:
    return "arangovis" if node.project is None else f"arangovis:{names.get(node.project, node.project)}"


def _tags(facts: Document) -> list[JsonValue]:
    split = [str(tag).partition("=") for tag in items(facts, "tags")]
    return [{"key": key or "=", "value": value or "true", "source": "arangovis"} for key, _, value in split]


def _text(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _time(node: Node, name: str) -> int | None:
    value = node.attributes.get(name)
    return value if isinstance(value, int) else None
