"""Stream transactions: isolation, conflicts, locks and their end.

Pages "Stream Transactions", "HTTP interface for Stream Transactions", "Locking and isolation", "Error codes".
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from arango import ArangoClient
from arango.database import StandardDatabase
from arango.exceptions import (
    ArangoServerError,
    DocumentGetError,
    DocumentInsertError,
    DocumentUpdateError,
    TransactionAbortError,
    TransactionCommitError,
    TransactionInitError,
    TransactionStatusError,
)

from tests.arango_simulator.process import Simulator, running_simulator
from tests.unit.arango_simulator.conftest import Raw


@pytest.fixture
def data(database: StandardDatabase) -> StandardDatabase:
    """A database with two documents."""
    docs = database.create_collection("docs")
    docs.insert_many([{"_key": "a", "n": 0}, {"_key": "b", "n": 0}])
    database.create_collection("other")
    return database


def number_of(error: pytest.ExceptionInfo[ArangoServerError]) -> tuple[int, int]:
    return int(error.value.http_code), int(error.value.error_code)


def test_writes_are_seen_by_others_after_the_commit(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(write="docs")
    mine = transaction.collection("docs")
    mine.insert({"_key": "c"})
    mine.update({"_key": "a", "n": 1})
    mine.delete("b")
    assert (mine.count(), mine.get("a")["n"], mine.has("b"), mine.has("c")) == (2, 1, False, True)
    docs = data.collection("docs")
    assert (docs.count(), docs.get("a")["n"], docs.has("b"), docs.has("c")) == (2, 0, True, False)
    assert transaction.transaction_status() == "running"
    assert transaction.commit_transaction()
    assert transaction.transaction_status() == "committed"
    assert (docs.count(), docs.get("a")["n"], docs.has("b"), docs.has("c")) == (2, 1, False, True)


def test_an_abort_leaves_nothing(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(write=["docs"])
    transaction.collection("docs").insert({"_key": "c"})
    transaction.collection("docs").update({"_key": "a", "n": 1})
    assert transaction.abort_transaction()
    assert transaction.transaction_status() == "aborted"
    assert data.collection("docs").get("a")["n"] == 0
    assert not data.collection("docs").has("c")
    data.collection("docs").update({"_key": "a", "n": 2})  # nobody holds it any more


def test_a_snapshot_does_not_see_later_commits(data: StandardDatabase) -> None:
    """Page "Locking and isolation": all operations see the snapshot of the moment when the transaction began."""
    docs = data.collection("docs")
    reader = data.begin_transaction(read="docs", write="other")
    docs.update({"_key": "a", "n": 5})
    docs.insert({"_key": "c"})
    docs.delete("b")
    seen = reader.collection("docs")
    assert (seen.count(), seen.get("a")["n"], seen.has("b"), seen.has("c")) == (2, 0, True, False)
    docs.update({"_key": "a", "n": 6})
    assert seen.get("a")["n"] == 0
    reader.commit_transaction()
    assert data.begin_transaction(read="docs").collection("docs").get("a")["n"] == 6


def test_the_second_writer_gets_a_conflict(data: StandardDatabase) -> None:
    first, second = data.begin_transaction(write="docs"), data.begin_transaction(write="docs")
    first.collection("docs").update({"_key": "a", "n": 1})
    with pytest.raises(DocumentUpdateError) as held:
        second.collection("docs").update({"_key": "a", "n": 2})
    assert number_of(held) == (409, 1200)
    with pytest.raises(DocumentUpdateError) as outside:
        data.collection("docs").update({"_key": "a", "n": 3})
    assert number_of(outside) == (409, 1200)
    first.commit_transaction()
    with pytest.raises(DocumentUpdateError) as changed:
        second.collection("docs").update({"_key": "a", "n": 2})
    assert number_of(changed) == (409, 1200)  # it was changed since the snapshot
    assert second.transaction_status() == "running"  # a failed operation does not abort the transaction
    second.collection("docs").update({"_key": "b", "n": 2})
    second.commit_transaction()
    assert [data.collection("docs").get(key)["n"] for key in "ab"] == [1, 2]


def test_a_removed_document_conflicts_too(data: StandardDatabase) -> None:
    late = data.begin_transaction(write="docs")
    data.collection("docs").delete("a")
    assert late.collection("docs").has("a")
    with pytest.raises(DocumentUpdateError) as error:
        late.collection("docs").update({"_key": "a", "n": 1})
    assert number_of(error) == (409, 1200)


def test_two_inserts_of_a_key(data: StandardDatabase) -> None:
    first, second = data.begin_transaction(write="docs"), data.begin_transaction(write="docs")
    first.collection("docs").insert({"_key": "c"})
    with pytest.raises(DocumentInsertError) as held:
        second.collection("docs").insert({"_key": "c"})
    assert number_of(held) == (409, 1200)
    first.commit_transaction()
    with pytest.raises(DocumentInsertError) as unseen:
        second.collection("docs").insert({"_key": "c"}, overwrite_mode="ignore")
    assert number_of(unseen) == (409, 1200)
    with pytest.raises(DocumentInsertError) as seen:
        data.collection("docs").insert({"_key": "c"})
    assert number_of(seen) == (409, 1210)


def test_write_skew_is_possible(data: StandardDatabase) -> None:
    """Snapshot isolation is not serializable: both read both documents, each writes the other one."""
    first, second = data.begin_transaction(write="docs"), data.begin_transaction(write="docs")
    for transaction, key in ((first, "a"), (second, "b")):
        documents = [transaction.collection("docs").get(each) for each in "ab"]
        assert sum(document["n"] for document in documents) == 0
        transaction.collection("docs").update({"_key": key, "n": 1})
    first.commit_transaction()
    second.commit_transaction()
    assert [data.collection("docs").get(key)["n"] for key in "ab"] == [1, 1]


def test_unique_index_entries_are_held_like_documents(data: StandardDatabase) -> None:
    """Page "Locking and isolation": the same document *or index entry*."""
    docs = data.collection("docs")
    docs.add_index({"type": "persistent", "fields": ["name"], "unique": True, "sparse": True})
    first, second = data.begin_transaction(write="docs"), data.begin_transaction(write="docs")
    first.collection("docs").insert({"_key": "x", "name": "n"})
    with pytest.raises(DocumentInsertError) as held:
        second.collection("docs").insert({"_key": "y", "name": "n"})
    assert number_of(held) == (409, 1200)
    first.commit_transaction()
    with pytest.raises(DocumentInsertError) as unseen:
        second.collection("docs").insert({"_key": "y", "name": "n"})
    assert number_of(unseen) == (409, 1200)
    second.abort_transaction()
    with pytest.raises(DocumentInsertError) as seen:
        docs.insert({"_key": "y", "name": "n"})
    assert number_of(seen) == (409, 1210)


def test_a_name_that_an_abort_gives_back(data: StandardDatabase) -> None:
    docs = data.collection("docs")
    docs.add_index({"type": "persistent", "fields": ["name"], "unique": True, "sparse": True})
    docs.update({"_key": "a", "name": "old"})
    transaction = data.begin_transaction(write="docs")
    transaction.collection("docs").update({"_key": "a", "name": "new"})
    transaction.collection("docs").update({"_key": "b", "name": "old"})  # its own change freed the name
    transaction.abort_transaction()
    docs.insert({"_key": "c", "name": "new"})
    with pytest.raises(DocumentInsertError):
        docs.insert({"_key": "d", "name": "old"})


def test_collections_must_be_declared_for_writing(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(read="docs", write="other")
    with pytest.raises(DocumentInsertError) as error:
        transaction.collection("docs").insert({"_key": "c"})
    assert number_of(error) == (400, 1652)
    assert transaction.collection("docs").has("a")
    lazily = data.begin_transaction(write="other")
    assert lazily.collection("docs").has("a")  # read collections are added lazily
    strictly = data.begin_transaction(write="other", allow_implicit=False)
    with pytest.raises(DocumentGetError) as undeclared:
        strictly.collection("docs").get("a")
    assert number_of(undeclared) == (400, 1652)


def test_beginning_with_an_unknown_collection(data: StandardDatabase, raw: Raw) -> None:
    with pytest.raises(TransactionInitError) as error:
        data.begin_transaction(read="nothing")
    assert number_of(error) == (404, 1203)
    assert raw("POST", "/_api/transaction/begin", {}).status_code == 400
    answer = raw("POST", "/_api/transaction/begin", {"collections": {"write": "docs"}})
    assert (answer.status_code, answer.json()["result"]["status"]) == (201, "running")


def test_ends_are_idempotent_and_exclude_each_other(data: StandardDatabase) -> None:
    """Page "HTTP interface for Stream Transactions": 409 if it was already aborted, or committed."""
    committed, aborted = data.begin_transaction(write="docs"), data.begin_transaction(write="docs")
    assert committed.commit_transaction()
    assert committed.commit_transaction()
    assert aborted.abort_transaction()
    assert aborted.abort_transaction()
    with pytest.raises(TransactionAbortError) as late_abort:
        committed.abort_transaction()
    with pytest.raises(TransactionCommitError) as late_commit:
        aborted.commit_transaction()
    assert number_of(late_abort) == number_of(late_commit) == (409, 1653)
    with pytest.raises(DocumentGetError) as use:
        aborted.collection("docs").get("a")
    assert number_of(use) == (410, 1654)


def test_unknown_transactions(data: StandardDatabase, raw: Raw) -> None:
    for method in ("GET", "PUT", "DELETE"):
        unknown = raw(method, "/_api/transaction/999999999")
        assert (unknown.status_code, unknown.json()["errorNum"]) == (404, 1655)
        malformed = raw(method, "/_api/transaction/none")
        assert (malformed.status_code, malformed.json()["errorNum"]) == (400, 10)
    used = raw("GET", "/_api/document/docs/a", x_arango_trx_id="999999999")
    assert (used.status_code, used.json()["errorNum"]) == (404, 1655)


def test_the_list_of_running_transactions(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(write="docs")
    assert [each["id"] for each in data.list_transactions()] == [transaction.transaction_id]
    again = data.fetch_transaction(transaction.transaction_id)
    again.collection("docs").update({"_key": "a", "n": 9})
    again.commit_transaction()
    assert data.list_transactions() == []
    assert data.collection("docs").get("a")["n"] == 9


def test_truncate_belongs_to_the_transaction(data: StandardDatabase) -> None:
    transaction = data.begin_transaction(write="docs")
    transaction.collection("docs").truncate()
    assert (transaction.collection("docs").count(), data.collection("docs").count()) == (0, 2)
    transaction.commit_transaction()
    assert data.collection("docs").count() == 0


def test_exclusive_collections(data: StandardDatabase) -> None:
    """Page "Locking and isolation": no other write runs in parallel, reads do; 18 is the lock timeout."""
    first = data.begin_transaction(exclusive="docs")
    assert data.collection("docs").get("a")["n"] == 0
    for kind in ("write", "exclusive"):
        with pytest.raises(TransactionInitError) as error:
            data.begin_transaction(**{kind: "docs"}, lock_timeout=1)
        assert error.value.error_code == 18
    first.collection("docs").update({"_key": "a", "n": 1})
    first.commit_transaction()
    second = data.begin_transaction(exclusive="docs", lock_timeout=1)
    assert second.collection("docs").get("a")["n"] == 1
    second.abort_transaction()


def test_a_waiting_exclusive_transaction_sees_what_it_waited_for(data: StandardDatabase) -> None:
    first = data.begin_transaction(exclusive="docs")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(data.begin_transaction, exclusive="docs", lock_timeout=20)
        first.collection("docs").update({"_key": "a", "n": 1})
        first.commit_transaction()
        second = waiting.result(20)
    assert second.collection("docs").get("a")["n"] == 1
    second.abort_transaction()


def test_a_query_that_writes_waits_for_an_exclusive_transaction(data: StandardDatabase) -> None:
    """Page "Locking and isolation": no write runs in parallel with it; a query sees what it waited for."""
    alone = data.begin_transaction(exclusive="docs")
    increment = "FOR d IN docs FILTER d._key == 'a' UPDATE d WITH {n: d.n + 1} IN docs RETURN NEW.n"
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(data.aql.execute, increment)
        alone.collection("docs").update({"_key": "a", "n": 10})
        assert list(data.aql.execute("FOR d IN docs FILTER d._key == 'a' RETURN d.n")) == [0]
        assert not waiting.done()
        alone.commit_transaction()
        assert list(waiting.result(20)) == [11]


def test_an_exclusive_transaction_waits_for_those_who_write(data: StandardDatabase) -> None:
    first = data.begin_transaction(write="docs")
    first.collection("docs").update({"_key": "a", "n": 1})
    with pytest.raises(TransactionInitError) as error:
        data.begin_transaction(exclusive="docs", lock_timeout=1)
    assert error.value.error_code == 18
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(data.begin_transaction, exclusive="docs", lock_timeout=20)
        first.commit_transaction()
        alone = waiting.result(20)
    assert alone.collection("docs").get("a")["n"] == 1
    alone.abort_transaction()


def test_sixteen_writers_of_one_document(data: StandardDatabase) -> None:
    """Every increment that was not refused is there."""

    def increment(_: int) -> int:
        """Return the error number, 0 for none."""
        transaction = data.begin_transaction(write="docs")
        docs = transaction.collection("docs")
        try:
            docs.update({"_key": "a", "n": docs.get("a")["n"] + 1})
        except DocumentUpdateError as error:
            transaction.abort_transaction()
            return int(error.error_code)
        transaction.commit_transaction()
        return 0

    with ThreadPoolExecutor(16) as threads:
        numbers = list(threads.map(increment, range(64)))
    assert set(numbers) <= {0, 1200}
    assert data.collection("docs").get("a")["n"] == numbers.count(0) >= 1


@pytest.fixture(scope="module")
def hasty() -> Iterator[Simulator]:
    with running_simulator(transaction_idle=60) as simulator:
        yield simulator


def test_an_idle_transaction_is_aborted(hasty: Simulator) -> None:
    """Page "Stream Transactions": 60 seconds between operations, which every operation begins anew."""
    client = ArangoClient(hosts=hasty.url)
    database = client.db("_system", "root", hasty.root_password)
    docs = database.create_collection("docs")
    docs.insert({"_key": "a", "n": 0})
    transaction = database.begin_transaction(write="docs")
    transaction.collection("docs").update({"_key": "a", "n": 1})
    hasty.advance(50)
    transaction.collection("docs").update({"_key": "a", "n": 2})
    hasty.advance(50)
    assert transaction.transaction_status() == "running"
    hasty.advance(61)
    with pytest.raises(DocumentGetError) as used:
        transaction.collection("docs").get("a")
    assert number_of(used) == (410, 1654)
    with pytest.raises(TransactionCommitError) as committed:
        transaction.commit_transaction()
    assert number_of(committed) == (409, 1653)
    docs.update({"_key": "a", "n": 3})  # it holds nothing any more
    client.close()


def test_a_restart_forgets_transactions(hasty: Simulator) -> None:
    client = ArangoClient(hosts=hasty.url)
    database = client.db("_system", "root", hasty.root_password)
    kept = database.create_collection("kept")
    kept.insert({"_key": "a"})
    transaction = database.begin_transaction(write="kept")
    transaction.collection("kept").insert({"_key": "b"})
    hasty.restart()
    with pytest.raises(TransactionStatusError) as error:
        transaction.transaction_status()
    assert number_of(error) == (404, 1655)
    assert (kept.has("a"), kept.has("b")) == (True, False)
    client.close()
