"""Queries over HTTP: cursors, batches, transactions, options, kill.

Pages "HTTP interfaces for AQL queries", "Stream Transactions", "Operational factors".
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from arango.database import StandardDatabase
from arango.exceptions import (
    AQLQueryExecuteError,
    AQLQueryKillError,
    AQLQueryValidateError,
    ArangoServerError,
    CursorCloseError,
    CursorNextError,
)

from tests.arango_simulator.process import Simulator
from tests.unit.arango_simulator.conftest import Raw

FIVE = "FOR i IN 1..5 RETURN i"


def number_of(error: pytest.ExceptionInfo[ArangoServerError]) -> tuple[int, int]:
    return int(error.value.http_code), int(error.value.error_code)


@pytest.fixture
def data(database: StandardDatabase) -> StandardDatabase:
    docs = database.create_collection("docs")
    docs.insert_many([{"_key": f"k{n}", "n": n} for n in range(10)])
    database.create_collection("other")
    return database


# page "HTTP interfaces for AQL queries", the examples of "Cursors"


def test_a_result_in_one_batch_has_no_cursor(raw: Raw, database: StandardDatabase) -> None:
    answer = raw("POST", "/_api/cursor", {"query": FIVE, "count": True})
    body = answer.json()
    assert (answer.status_code, body["result"], body["hasMore"], body["count"]) == (201, [1, 2, 3, 4, 5], False, 5)
    assert "id" not in body
    assert body["extra"]["warnings"] == []
    assert body["extra"]["stats"]["writesExecuted"] == 0


def test_batches(raw: Raw) -> None:
    first = raw("POST", "/_api/cursor", {"query": FIVE, "batchSize": 2}).json()
    assert (first["result"], first["hasMore"], first["nextBatchId"]) == ([1, 2], True, "2")
    path = f"/_api/cursor/{first['id']}"
    second = raw("POST", path)
    assert (second.status_code, second.json()["result"], second.json()["hasMore"]) == (200, [3, 4], True)
    third = raw("PUT", path).json()
    assert (third["result"], third["hasMore"]) == ([5], False)
    gone = raw("POST", path)
    assert (gone.status_code, gone.json()["errorNum"]) == (404, 1600)


def test_a_batch_can_be_had_again_with_allow_retry(raw: Raw) -> None:
    body = {"query": FIVE, "batchSize": 2, "options": {"allowRetry": True}}
    cursor = raw("POST", "/_api/cursor", body).json()["id"]
    first = raw("POST", f"/_api/cursor/{cursor}/2").json()
    assert raw("POST", f"/_api/cursor/{cursor}/2").json() == first
    assert first["result"] == [3, 4]
    assert raw("POST", f"/_api/cursor/{cursor}/5").json()["errorNum"] == 1600
    assert raw("POST", f"/_api/cursor/{cursor}").json()["result"] == [5]
    assert raw("POST", f"/_api/cursor/{cursor}/3").json()["result"] == [5]  # the last one too
    deleted = raw("DELETE", f"/_api/cursor/{cursor}")
    assert (deleted.status_code, deleted.json()["id"]) == (202, cursor)
    assert raw("DELETE", f"/_api/cursor/{cursor}").status_code == 404


def test_cursors_through_the_driver(data: StandardDatabase) -> None:
    query = "FOR d IN docs SORT d.n RETURN d.n"
    cursor = data.aql.execute(query, batch_size=3, count=True)
    assert (cursor.count(), cursor.has_more(), list(cursor.batch())) == (10, True, [0, 1, 2])
    assert list(cursor) == list(range(10))
    with pytest.raises(StopIteration):
        cursor.next()
    closed = data.aql.execute(query, batch_size=3)
    assert closed.close() is True
    with pytest.raises(CursorCloseError) as error:
        closed.close()
    assert number_of(error) == (404, 1600)
    again = data.aql.execute(query, batch_size=3, allow_retry=True)
    assert list(again) == list(range(10))


def test_a_lost_cursor(data: StandardDatabase, simulator: Simulator) -> None:
    lost, old = (data.aql.execute(FIVE, batch_size=2, ttl=50) for _ in range(2))
    simulator.advance(40)
    old.fetch()
    simulator.advance(40)  # every access renews the time to live
    with pytest.raises(CursorNextError) as error:
        lost.fetch()
    assert number_of(error) == (404, 1600)
    assert old.fetch()["batch"] == [5]
    last = data.aql.execute(FIVE, batch_size=2)
    simulator.lose_cursors()
    with pytest.raises(CursorNextError):
        last.fetch()


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ({}, 1502),
        ({"query": ""}, 1502),
        ({"query": FIVE, "batchSize": 0}, 10),
        ({"query": FIVE, "count": True, "options": {"stream": True}}, 10),
        ({"query": "FOR", "bindVars": {}}, 1501),
        ({"query": "RETURN @x"}, 1551),
        ({"query": "RETURN 1", "bindVars": {"x": 1}}, 1552),
    ],
)
def test_bad_queries(raw: Raw, body: dict[str, object], number: int) -> None:
    answer = raw("POST", "/_api/cursor", body)
    assert (answer.status_code, answer.json()["errorNum"]) == (400, number)


def test_an_unknown_option(raw: Raw) -> None:
    answer = raw("POST", "/_api/cursor", {"query": FIVE, "options": {"magic": True}})
    assert (answer.status_code, answer.json()["errorNum"]) == (501, 9)


def test_full_count_and_warnings(data: StandardDatabase) -> None:
    cursor = data.aql.execute("FOR d IN docs FILTER d.n > 2 LIMIT 2 RETURN d", full_count=True)
    assert cursor.statistics()["fullCount"] == 7
    warned = data.aql.execute("RETURN 1 / 0")
    assert [warning["code"] for warning in warned.warnings()] == [1562]
    with pytest.raises(AQLQueryExecuteError) as error:
        data.aql.execute("RETURN 1 / 0", fail_on_warning=True)
    assert number_of(error) == (400, 1562)


def test_a_query_is_looked_at_without_being_run(data: StandardDatabase) -> None:
    parsed = data.aql.validate("FOR d IN docs FILTER d.n == @n REMOVE d IN docs")
    assert parsed["bind_vars"] == ["n"]
    assert parsed["collections"] == ["docs"]
    assert data.collection("docs").count() == 10
    with pytest.raises(AQLQueryValidateError) as error:
        data.aql.validate("THIS IS AN INVALID QUERY")
    assert number_of(error) == (400, 1501)


# transactions


def test_a_query_is_all_or_nothing(data: StandardDatabase) -> None:
    """Page "Transactions": if the last of many inserts fails, none of them is there."""
    with pytest.raises(AQLQueryExecuteError) as error:
        data.aql.execute("FOR i IN 0..9 INSERT { _key: TO_STRING(i % 9) } INTO other")
    assert number_of(error) == (409, 1210)
    assert data.collection("other").count() == 0


def test_a_query_in_a_transaction(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(write="docs")
    data.collection("docs").insert({"_key": "late", "n": 99})
    transaction.aql.execute("FOR d IN docs UPDATE d WITH { n: d.n + 100 } IN docs")
    mine = list(transaction.aql.execute("FOR d IN docs COLLECT WITH COUNT INTO c RETURN c"))
    assert mine == [10]  # not the late one
    assert data.collection("docs").get("k0")["n"] == 0
    transaction.commit_transaction()
    assert list(data.aql.execute("FOR d IN docs FILTER d.n >= 100 COLLECT WITH COUNT INTO c RETURN c")) == [10]


def test_a_query_that_writes_what_was_not_declared(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(read="docs", write="other")
    with pytest.raises(AQLQueryExecuteError) as error:
        transaction.aql.execute("FOR d IN docs REMOVE d IN docs")
    assert number_of(error) == (400, 1652)
    assert data.collection("docs").count() == 10


def test_queries_conflict_with_transactions(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(write="docs")
    transaction.collection("docs").update({"_key": "k1", "n": -1})
    with pytest.raises(AQLQueryExecuteError) as error:
        data.aql.execute("FOR d IN docs UPDATE d WITH { seen: true } IN docs")
    assert number_of(error) == (409, 1200)
    transaction.abort_transaction()
    assert list(data.aql.execute("FOR d IN docs FILTER d.seen RETURN 1")) == []


def test_a_wrong_revision_in_a_query(data: StandardDatabase) -> None:
    query = "UPDATE { _key: 'k1', _rev: 'wrong' } WITH { n: 7 } IN docs OPTIONS { ignoreRevs: false }"
    with pytest.raises(AQLQueryExecuteError) as error:
        data.aql.execute(query)
    assert number_of(error) == (409, 1200)


def test_sixteen_queries_on_one_document(data: StandardDatabase) -> None:
    def increment(_: int) -> int:
        try:
            data.aql.execute("FOR d IN docs FILTER d._key == 'k0' UPDATE d WITH { n: d.n + 1 } IN docs")
        except AQLQueryExecuteError as error:
            return int(error.error_code)
        return 0

    with ThreadPoolExecutor(16) as threads:
        numbers = list(threads.map(increment, range(64)))
    assert set(numbers) <= {0, 1200}
    assert data.collection("docs").get("k0")["n"] == numbers.count(0) >= 1


def test_a_query_is_killed(data: StandardDatabase) -> None:
    """Page "HTTP interfaces for AQL queries", kill: the query ends with 1500 as soon as it can."""
    began = threading.Event()

    def run() -> int:
        began.set()
        with pytest.raises(AQLQueryExecuteError) as error:
            data.aql.execute("FOR i IN 1..100000000 FOR d IN docs FILTER d.n == -i RETURN d")
        return int(error.value.error_code)

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run)
        began.wait(10)
        queries: list[dict[str, object]] = []
        while not queries and not running.done():
            queries = [query for query in data.aql.queries() if "100000000" in str(query["query"])]
        data.aql.kill(str(queries[0]["id"]))
        assert running.result(60) == 1500
    with pytest.raises(AQLQueryKillError) as error:
        data.aql.kill("999999")
    assert number_of(error) == (404, 1591)


def test_the_driver_methods_that_are_queries(data: StandardDatabase) -> None:
    docs = data.collection("docs")
    assert sorted(document["n"] for document in docs.find({"n": 3})) == [3]
    assert len(list(docs.all())) == 10
    assert sorted(docs.keys()) == sorted(f"k{n}" for n in range(10))
    assert docs.update_match({"n": 3}, {"seen": True}) == 1
    assert docs.delete_match({"seen": True}) == 1
    assert docs.count() == 9
