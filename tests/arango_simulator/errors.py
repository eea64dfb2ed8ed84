"""What the simulator answers when it does not do what it was asked: an HTTP status, an error number, a message.

Numbers, statuses and messages are those of the documentation (page "Error codes and meanings", and the responses
listed on the page of each HTTP interface).
"""

from collections.abc import Mapping

NOT_IMPLEMENTED = 9
CONFLICT = 1200

_MEANINGS: Mapping[int, tuple[int, str]] = {
    4: (500, "internal error"),
    9: (501, "not implemented"),
    10: (400, "bad parameter"),
    11: (403, "forbidden"),
    18: (500, "timeout waiting to lock key"),
    28: (500, "locked"),
    29: (500, "deadlock detected"),
    30: (503, "shutdown in progress"),
    32: (500, "resource limit exceeded"),
    400: (400, "bad parameter"),
    401: (401, "unauthorized"),
    404: (404, "unknown path"),
    405: (405, "method not supported"),
    503: (503, "service unavailable"),
    600: (400, "invalid JSON object"),
    1004: (403, "cannot execute in read-only mode"),
    1200: (409, "write-write conflict"),
    1202: (404, "document not found"),
    1203: (404, "collection or view not found"),
    1204: (400, "parameter 'collection' not found"),
    1205: (400, "illegal document identifier"),
    1207: (409, "duplicate name"),
    1208: (400, "illegal name"),
    1210: (409, "unique constraint violated"),
    1212: (404, "index not found"),
    1213: (400, "cross collection request not allowed"),
    1214: (400, "invalid index id"),
    1218: (400, "collection type invalid"),
    1221: (400, "illegal document key"),
    1222: (400, "unexpected document key"),
    1226: (400, "missing document key"),
    1227: (400, "invalid document type"),
    1228: (404, "database not found"),
    1229: (400, "database name invalid"),
    1230: (403, "operation only allowed in system database"),
    1233: (400, "edge attribute missing or invalid"),
    1239: (400, "illegal document revision"),
    1232: (400, "invalid key generator"),
    1235: (400, "index creation failed"),
    1500: (410, "query killed"),
    1502: (400, "query is empty"),
    1579: (400, "access after data-modification"),
    1591: (404, "query ID not found"),
    1600: (404, "cursor not found"),
    1601: (409, "cursor is busy"),
    1620: (400, "document validation failed"),
    1621: (400, "parameter for document validation malformed"),
    1650: (400, "invalid transaction data"),
    1652: (400, "unregistered collection used in transaction"),
    1653: (400, "disallowed operation inside transaction"),
    1654: (410, "transaction aborted"),
    1655: (404, "transaction not found"),
    1700: (400, "invalid user name"),
    1702: (409, "duplicate user"),
    1703: (404, "user not found"),
    1906: (400, "invalid edge"),
    1920: (400, "edge collection already used in graph"),
    1921: (400, "edge collection is used in another graph definition"),
    1922: (400, "missing graph name"),
    1923: (400, "malformed edge definition"),
    1924: (404, "graph not found"),
    1925: (409, "graph already exists"),
    1926: (404, "vertex collection does not exist or is not part of the graph"),
    1928: (400, "collection not in orphan collections"),
    1929: (400, "collection already used in edge definition"),
    1930: (404, "edge collection not used in graph"),
    1938: (400, "collection already used as orphan"),
    1942: (403, "must not drop collection while part of graph"),
    1944: (400, "edge definition collection is a document collection"),
    1947: (404, "referenced vertex collection not part of the graph"),
    1949: (404, "collection is not part of the graph"),
}

NUMBERS = frozenset(_MEANINGS)
"""The numbers that `error` knows."""


class ArangoError(Exception):
    """An error as ArangoDB reports it; `extra` goes into the body beside the number (412 carries `_rev`)."""

    def __init__(self, status: int, number: int, message: str, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(status, number, message)
        self.status = status
        self.number = number
        self.message = message
        self.extra = extra or {}

    def body(self) -> dict[str, object]:
        """Return the error document."""
        head = {"code": self.status, "error": True, "errorNum": self.number, "errorMessage": self.message}
        return {**head, **self.extra}


def error(number: int, detail: str = "") -> ArangoError:
    """Return the error of a number, with its documented status and message."""
    status, meaning = _MEANINGS[number]
    return ArangoError(status, number, f"{meaning}: {detail}" if detail else meaning)


def not_implemented(what: str) -> ArangoError:
    """Return the honest answer to what the simulator does not do."""
    return error(NOT_IMPLEMENTED, f"the simulator does not do {what}")


def precondition_failed(document: Mapping[str, object]) -> ArangoError:
    """Return the 412 for a document that has another revision than the caller expected."""
    found = {name: document[name] for name in ("_id", "_key", "_rev")}
    return ArangoError(412, CONFLICT, "conflict, _rev values do not match", found)
