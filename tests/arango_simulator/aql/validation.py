"""What is checked before a query runs: bind parameters, collections, and that nothing is read after it was written."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.failures import (
    AFTER_MODIFICATION,
    BIND_MISSING,
    BIND_TYPE,
    BIND_UNDECLARED,
    COLLECTION_AS_OPERAND,
    failure,
)
from tests.arango_simulator.aql.run import Run
from tests.arango_simulator.aql.scope import Layout, Touch
from tests.arango_simulator.errors import error

EDGES = 3
NOT_EDGES = 1218


def check_binds(declared: Iterable[str], bind_vars: Mapping[str, Any]) -> None:
    """Compare the bind parameters of a query with the values given.

    Raises:
        ArangoError: 1551 for one without a value, 1552 for a value that the query does not ask for.

    """
    names = set(declared)
    for name in names:
        if name not in bind_vars:
            raise failure(BIND_MISSING, name)
    for name in bind_vars:
        if name not in names:
            raise failure(BIND_UNDECLARED, name)


def collection_name(node: nodes.Expression, bind_vars: Mapping[str, Any]) -> str:
    """Return the collection that a node names; 1553 if a bind value is no name."""
    if isinstance(node, nodes.Reference):
        return node.name
    name = bind_vars.get(f"@{node.name}") if isinstance(node, nodes.CollectionBind) else None
    if not isinstance(name, str) or not name:
        raise failure(BIND_TYPE, f"@{getattr(node, 'name', '')}")
    return name


def check_collections(run: Run, layout: Layout, declared: Iterable[nodes.Expression]) -> None:
    """See that all collections and graphs exist.

    Raises:
        ArangoError: 1203 for an unknown collection, 1218 for a traversal of one without edges,
            1568 for one where only a value can stand, 1924 for an unknown
            graph.

    """
    for node in declared:
        run.world.collection_type(collection_name(node, run.binds))
    for touch in layout.touches:
        if touch.kind in ("read", "write") and touch.collection is not None:
            kind = run.world.collection_type(collection_name(touch.collection, run.binds))
            if touch.detail == "edges" and kind != EDGES:
                raise error(NOT_EDGES, collection_name(touch.collection, run.binds))
        elif touch.kind == "operand" and touch.collection is not None:
            raise failure(COLLECTION_AS_OPERAND, collection_name(touch.collection, run.binds))
        elif touch.kind == "graph":
            run.world.graph(_graph_name(touch, run.binds))


def _graph_name(touch: Touch, bind_vars: Mapping[str, Any]) -> str:
    node = touch.collection
    name = bind_vars[node.name] if isinstance(node, nodes.Bind) else getattr(node, "value", None)
    if not isinstance(name, str):
        raise failure(BIND_TYPE, getattr(node, "name", ""))
    return name


def check_order(layout: Layout, bind_vars: Mapping[str, Any]) -> None:
    """See that nothing is accessed after it may have been modified (page "Data queries", "Restrictions").

    After a modification, the query may neither read nor modify the same collection, nor traverse, nor call a function
    that can read any document. A subquery may not modify what a query around it reads.

    Raises:
        ArangoError: 1579.

    """
    written: set[str] = set()
    first_seen: dict[str, int] = {}
    for touch in layout.touches:
        if touch.kind == "walk" and written:
            raise failure(AFTER_MODIFICATION, "traversal")
        if touch.kind == "function" and written:
            raise failure(AFTER_MODIFICATION, f"function {touch.detail}()")
        if touch.kind not in ("read", "write") or touch.collection is None:
            continue
        name = collection_name(touch.collection, bind_vars)
        outer = first_seen.setdefault(name, touch.level) < touch.level and touch.kind == "write"
        if name in written or outer:
            raise failure(AFTER_MODIFICATION, f"collection '{name}'")
        if touch.kind == "write":
            written.add(name)


def known_collections(run: Run, layout: Layout, declared: Iterable[nodes.Expression]) -> set[str]:
    """Return the collections that a query names, declares by WITH, or has by its named graphs (page "WITH")."""
    known = {collection_name(node, run.binds) for node in declared}.union(*touched(layout, run.binds))
    for touch in layout.touches:
        if touch.kind == "graph":
            known.update(run.world.vertex_collections(_graph_name(touch, run.binds)))
    return known


def touched(layout: Layout, bind_vars: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the collections that a query names for reading, and those that it modifies."""
    names: dict[str, set[str]] = {"read": set(), "write": set()}
    for touch in layout.touches:
        if touch.kind in names and touch.collection is not None:
            names[touch.kind].add(collection_name(touch.collection, bind_vars))
    return names["read"], names["write"]
