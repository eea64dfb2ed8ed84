"""An interpreter of AQL, written from ArangoDB's documentation of version 3.12.

A query text is parsed and compiled once. What the documentation leaves open, such as the order of documents without
SORT, is decided by a shuffle that depends on the query text, so that nothing can come to rely on it.
What it does not do (views and SEARCH, WINDOW, user functions, geo and vector functions) is error 9, HTTP 501.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.expressions import compile_collection
from tests.arango_simulator.aql.failures import NESTING, failure
from tests.arango_simulator.aql.parser import CACHED_QUERIES, parse
from tests.arango_simulator.aql.pipeline import Rows, compile_block
from tests.arango_simulator.aql.run import Run, seconds_since
from tests.arango_simulator.aql.scope import Layout, Scope
from tests.arango_simulator.aql.validation import (
    check_binds,
    check_collections,
    check_order,
    known_collections,
    touched,
)
from tests.arango_simulator.world import ParsedQuery, QueryOptions, QueryResult, World

__all__ = ["collections_of", "execute", "parse_only"]


@dataclass(frozen=True, slots=True)
class _Compiled:
    declared: tuple[nodes.Expression, ...]
    layout: Layout
    rows: Rows


@lru_cache(CACHED_QUERIES)
def _compiled(text: str) -> _Compiled:
    query = parse(text)
    scope = Scope(Layout())
    try:
        for collection in query.declared:
            compile_collection(collection, scope)
        return _Compiled(query.declared, scope.layout, compile_block(query.block, scope))
    except RecursionError:
        raise failure(NESTING) from None


def execute(world: World, query: str, bind_vars: Mapping[str, Any], options: QueryOptions) -> QueryResult:
    """Run a query in a transaction's view.

    Raises:
        ArangoError: what the query does wrong, by the number that the documentation gives; by then a part of its
            writes may have been done, and it is for the caller to undo them.

    """
    compiled = _compiled(query)
    check_binds(compiled.layout.binds, bind_vars)
    check_order(compiled.layout, bind_vars)
    run = Run(world, query, bind_vars, options)
    check_collections(run, compiled.layout, compiled.declared)
    if getattr(world, "require_with", False):
        run.known = known_collections(run, compiled.layout, compiled.declared)
    try:
        rows = compiled.rows(run, [None] * compiled.layout.slots)
    except RecursionError:
        raise failure(NESTING) from None
    return QueryResult(rows, run.warnings, _stats(run))


def _stats(run: Run) -> dict[str, Any]:
    names = ("writesExecuted", "writesIgnored", "scannedFull", "scannedIndex", "filtered", "documentLookups")
    stats: dict[str, Any] = {name: run.counts[name] for name in names}
    stats["peakMemoryUsage"] = run.used_bytes
    stats["executionTime"] = seconds_since(run.began_s)
    if run.full_count is not None:
        stats["fullCount"] = run.full_count
    return stats


def parse_only(query: str) -> ParsedQuery:
    """Say what a query asks for without running it; 1501 if it is none."""
    layout = _compiled(query).layout
    named = [touch.collection for touch in layout.touches if isinstance(touch.collection, nodes.Reference)]
    return ParsedQuery(tuple(layout.binds), tuple(dict.fromkeys(node.name for node in named)))


def collections_of(query: str, bind_vars: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the collections that a query reads and those that it modifies, as far as its text names them.

    Raises:
        ArangoError: as `execute` for the query's text and bind parameters.

    """
    compiled = _compiled(query)
    check_binds(compiled.layout.binds, bind_vars)
    return touched(compiled.layout, bind_vars)
