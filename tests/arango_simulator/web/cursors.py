"""AQL queries and their cursors (page "HTTP interfaces for AQL queries")."""

from typing import Any

import falcon

from tests.arango_simulator.aql import collections_of, execute, parse_only
from tests.arango_simulator.cursors import TTL_S, Cursor
from tests.arango_simulator.database import ticks
from tests.arango_simulator.errors import ArangoError, error, not_implemented
from tests.arango_simulator.transaction import Transaction
from tests.arango_simulator.web.context import body_of, database_of, send, succeed, transaction_of
from tests.arango_simulator.world import QueryOptions, QueryResult

BATCH_SIZE = 1000
_OPTIONS = {
    "fullCount", "fillBlockCache", "maxNumberOfPlans", "maxPlans", "maxNodesPerCallstack", "maxWarningCount",
    "failOnWarning", "allowRetry", "stream", "spillOverThresholdMemoryUsage", "spillOverThresholdNumRows",
    "optimizer", "profile", "satelliteSyncWait", "maxRuntime", "maxDNFConditionMembers", "maxTransactionSize",
    "intermediateCommitSize", "intermediateCommitCount", "skipInaccessibleCollections", "allowDirtyReads",
    "usePlanCache", "cache",
}  # fmt: skip
_STATS = (
    "writesExecuted", "writesIgnored", "documentLookups", "seeks", "scannedFull", "scannedIndex", "cursorsCreated",
    "cursorsRearmed", "cacheHits", "cacheMisses", "filtered", "httpRequests", "peakMemoryUsage", "intermediateCommits",
)  # fmt: skip


def query_of(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the query of a request with its bind parameters."""
    query, bind_vars = body.get("query"), body.get("bindVars") or {}
    if not isinstance(query, str) or not query.strip():
        raise error(1502)
    if not isinstance(bind_vars, dict):
        raise error(10, "bindVars must be an object")
    return query, bind_vars


def options_of(body: dict[str, Any]) -> QueryOptions:
    """Return what the query is run with; 501 for an option that is not known here."""
    options = body.get("options") or {}
    unknown = options.keys() - _OPTIONS
    if unknown:
        raise not_implemented(f"the query option {', '.join(sorted(unknown))}")
    return QueryOptions(
        memory_limit=int(body.get("memoryLimit") or 0),
        max_runtime=float(options.get("maxRuntime") or 0.0),
        full_count=bool(options.get("fullCount")),
        fail_on_warning=bool(options.get("failOnWarning")),
    )


def run(request: falcon.Request, body: dict[str, Any]) -> QueryResult:
    """Run a query in the transaction that the request names, or in one of its own."""
    query, bind_vars = query_of(body)
    options = options_of(body)
    read, written = collections_of(query, bind_vars)
    queries = database_of(request).queries
    with queries.running(query, bind_vars) as check, transaction_of(request, read=read, write=written) as world:
        world.check = check
        try:
            return execute(world, query, bind_vars, options)
        except ArangoError as refusal:
            raise _as_query_error(refusal) from None
        finally:
            world.check = Transaction.unchecked


def _as_query_error(refusal: ArangoError) -> ArangoError:
    """A wrong `_rev` within a query is a conflict (409), not a failed precondition of the request."""
    return ArangoError(409, refusal.number, refusal.message) if refusal.status == 412 else refusal


def extra_of(result: QueryResult) -> dict[str, Any]:
    """Return warnings and counters as they are sent."""
    stats = {**dict.fromkeys(_STATS, 0), "executionTime": 0.0, **result.stats}
    return {"warnings": [{"code": code, "message": message} for code, message in result.warnings], "stats": stats}


class NewCursor:
    """`/_api/cursor`."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        body = body_of(request)
        options = body.get("options") or {}
        size = body.get("batchSize", BATCH_SIZE)
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise error(10, "batchSize must be 1 or more")
        if options.get("stream") and (body.get("count") or options.get("fullCount")):
            raise error(10, "cannot use 'count' or 'fullCount' option for a streaming query")
        result = run(request, body)
        facts = {"count": len(result.rows)} if body.get("count") else {}
        cursor = Cursor(
            id=str(next(ticks)),
            rows=result.rows,
            batch_size=size,
            ttl_s=float(body.get("ttl") or TTL_S),
            keep_last=bool(options.get("allowRetry")),
            facts=facts,
            extra=extra_of(result),
        )
        send(response, 201, {**database_of(request).cursors.first(cursor), "code": 201})


class OpenCursor:
    """`/_api/cursor/<id>` and `/_api/cursor/<id>/<batch>`."""

    def on_post(self, request: falcon.Request, response: falcon.Response, cursor_id: str, batch: str = "") -> None:
        send(response, 200, {**database_of(request).cursors.next(cursor_id, batch or None), "code": 200})

    on_put = on_post

    def on_delete(self, request: falcon.Request, response: falcon.Response, cursor_id: str) -> None:
        database_of(request).cursors.drop(cursor_id)
        succeed(response, 202, id=cursor_id)


class Queries:
    """`/_api/query`: look at a query without running it, list the running ones, kill one."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        query, _ = query_of(body_of(request))
        parsed = parse_only(query)
        names, collections = list(parsed.bind_names), list(parsed.collections)
        succeed(response, parsed=True, collections=collections, bindVars=names, ast=[])

    def on_get_current(self, request: falcon.Request, response: falcon.Response) -> None:
        send(response, 200, database_of(request).queries.described())

    def on_delete_one(self, request: falcon.Request, response: falcon.Response, query_id: str) -> None:
        database_of(request).queries.kill(query_id)
        succeed(response)
