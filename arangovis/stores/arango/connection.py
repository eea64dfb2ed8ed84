"""The way to the server: the driver, our HTTP session under it, tokens that are renewed, and bounded repeats.

The driver's own session repeats what must not be repeated and waits for minutes; its tokens do not survive their
expiry. So the session is ours: one request is sent once, with time limits, and a 401 is answered with a new token.
"""

import base64
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast

import orjson
import requests
from arango.client import ArangoClient
from arango.database import Database as DriverDatabase
from arango.database import StandardDatabase
from arango.exceptions import ArangoClientError, ArangoServerError
from arango.http import DefaultHTTPClient
from arango.response import Response
from requests.adapters import HTTPAdapter

from arangovis.domain.errors import ArangovisError, InvalidInput, StoreUnavailable
from arangovis.stores.arango.address import Address
from arangovis.stores.arango.problems import Unanswered, problem_of

T = TypeVar("T")

CONNECTIONS_MAX = 64
"""How many threads of a process may ask at once without opening connections anew."""
UNDIVIDED_BYTES = 2**40
"""Larger than any query: the server would commit a larger one in pieces."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try, when the server does not answer.

    Args:
        connect_s: for a connection.
        read_s: for an answer, each time; the server gives up a query after it as well.
        deadline_s: after this long nothing is tried again.
        tries_max: how often the same thing is sent.
        pause_s: before the second time, on average; doubled each time.

    """

    connect_s: float = 5.0
    read_s: float = 60.0
    deadline_s: float = 90.0
    tries_max: int = 4
    pause_s: float = 0.1


class Database(StandardDatabase):
    """A database of the driver's, and how things are made in it where they are missing."""

    def ensure_collection(self, name: str) -> None:
        """Make a collection of documents."""
        with _unless(_NAME_TAKEN):
            self.create_collection(name)

    def ensure_graph(self, name: str, edge_definitions: list[dict[str, Any]]) -> None:
        """Make a named graph with all its collections."""
        with _unless(_GRAPH_TAKEN):
            self.create_graph(name, edge_definitions=edge_definitions)

    def ensure_index(self, collection: str, index: dict[str, Any]) -> None:
        """Make an index; the server itself finds one that is equal."""
        self.collection(collection).add_index(index)

    def ensure_database(self, name: str, users: list[dict[str, Any]]) -> bool:
        """Make a database that lives on one server, so that its transactions are whole. Return whether it is new."""
        with _unless(_NAME_TAKEN):
            self.create_database(name, users=users, sharding="single")
            return True
        return False


_LENGTHS = {"content-length", "transfer-encoding"}
_NAME_TAKEN, _GRAPH_TAKEN = 1207, 1925


@contextmanager
def _translated() -> Iterator[None]:
    """Turn errors of the driver, and of what is under it, into ours."""
    try:
        yield
    except ArangoServerError as error:
        number, status = error.error_code or 0, error.http_code or 0
        if status in (502, 503, 504):
            raise Unanswered from None
        raise problem_of(number, status) from None
    except (requests.RequestException, ConnectionAbortedError):
        raise Unanswered from None
    except ArangoClientError:
        raise StoreUnavailable("the store answered something that is not understood") from None


@contextmanager
def _unless(number: int) -> Iterator[None]:
    """Take one error of the server for a success."""
    try:
        yield
    except ArangoServerError as error:
        if error.error_code != number:
            raise


class Connection:
    """A database on a server, for any number of threads; a forked process opens connections of its own."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self._address = address
        self._patience = patience
        self._lock = threading.Lock()
        self._open: tuple[int, ArangoClient, Database] | None = None
        self._closed = False

    def run(self, query: str, binds: Mapping[str, Any]) -> Any:
        """Run a query and return its one row. It must bear being run again: it is, if there is no answer.

        Raises:
            Unanswered: nor was there one the last time.
            ArangovisError: what the server's error means; see `problems`.

        """
        return self.patiently(lambda database: self._execute(database, query, binds))

    def patiently(self, work: Callable[[Database], T]) -> T:
        """Do something with the database that bears being done again, until there is an answer.

        Raises:
            Unanswered: there was none.
            ArangovisError: what the server's error means; see `problems`.

        """
        deadline = time.monotonic() + self._patience.deadline_s
        for attempt in range(1, self._patience.tries_max + 1):
            try:
                return self.once(work)
            except Unanswered:
                pause = random.uniform(0.5, 1.5) * self._patience.pause_s * 2 ** (attempt - 1)  # noqa: S311
                if attempt == self._patience.tries_max or time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
        raise Unanswered

    def once(self, work: Callable[[Database], T]) -> T:
        """Do something with the database, once.

        Raises:
            Unanswered: there was no answer.
            ArangovisError: what the server's error means; see `problems`.

        """
        with _translated():
            return work(self._database())

    @contextmanager
    def snapshot(self, collections: list[str]) -> Iterator[Callable[[str, Mapping[str, Any]], Any]]:
        """Hold one state of some collections, and lend what runs queries on it.

        Raises:
            Unanswered: there was no answer; also of what is lent.

        """
        held = self.once(lambda database: database.begin_transaction(read=collections))
        try:
            yield partial(self._run_in, held)
        finally:
            with suppress(ArangovisError, Unanswered), _translated():
                held.abort_transaction()

    @contextmanager
    def alone(self, collections: list[str]) -> Iterator[Callable[[str, Mapping[str, Any]], Any]]:
        """Wait for those who write to some collections and let nobody else begin to, and lend what runs queries.

        To be held for moments: who wants to write waits. In a cluster it is held from its first query on. If the
        server's first answer is lost, it ends when the server drops what is idle, after a minute.

        Raises:
            Collision: writers did not end in time.
            Unanswered: there was no answer; also of what is lent.

        """
        wait_s = max(1, int(self._patience.read_s / 2))
        held = self.once(lambda database: database.begin_transaction(exclusive=collections, lock_timeout=wait_s))
        try:
            yield partial(self._run_in, held)
        finally:
            with suppress(ArangovisError, Unanswered):
                self.patiently(lambda _: held.abort_transaction())

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            self._closed = True
            if self._open is not None and self._open[0] == os.getpid():
                self._open[1].close()
            self._open = None

    def _run_in(self, held: DriverDatabase, query: str, binds: Mapping[str, Any]) -> Any:
        with _translated():
            return self._execute(held, query, binds)

    def _execute(self, database: DriverDatabase, query: str, binds: Mapping[str, Any]) -> Any:
        cursor = database.aql.execute(
            query,
            bind_vars=cast("Any", binds),
            max_runtime=cast("Any", self._patience.read_s),
            max_transaction_size=UNDIVIDED_BYTES,
            intermediate_commit_size=UNDIVIDED_BYTES,
            intermediate_commit_count=UNDIVIDED_BYTES,
        )
        return cast("Any", cursor).next()

    def _database(self) -> Database:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("the store is closed")
            if self._open is None or self._open[0] != os.getpid():
                self._open = (os.getpid(), *self._opened())
            return self._open[2]

    def _opened(self) -> tuple[ArangoClient, Database]:
        client = ArangoClient(
            self._address.host,
            http_client=_Session(self._patience),
            resolver_max_tries=1,
            serializer=cast("Any", _serialized),
            deserializer=orjson.loads,
        )
        opened = client.db(self._address.database, self._address.user, self._address.password)
        return client, Database(opened.conn)


def _serialized(body: object) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise InvalidInput("a text is not valid Unicode") from error


class _Session(DefaultHTTPClient):
    """Sends each request once."""

    def __init__(self, patience: Patience) -> None:
        super().__init__()
        self.request_timeout = cast("Any", (patience.connect_s, patience.read_s))
        self._token = ""
        self._renew_at = 0.0
        self._renewing = threading.Lock()

    def create_session(self, host: str) -> requests.Session:
        """Return a session that repeats nothing, and reads the environment only now.

        To look for proxies and certificates there is a seventh of what a small question costs this process.
        """
        session = requests.Session()
        found = session.merge_environment_settings(host, {}, None, None, None)
        session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
        session.mount(host, HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS_MAX, max_retries=0))
        return session

    def send_request(  # type: ignore[override]  # the driver names all arguments
        self, session: requests.Session, method: str, url: str, *, auth: tuple[str, str], **rest: Any
    ) -> Response:
        """Send a request with a token. One that is refused was not carried out, so it is sent with a new one."""
        token = self._token
        if not token or time.monotonic() > self._renew_at:
            token = self._renewed(session, url, auth, token)
        answer = super().send_request(session, method, url, auth=cast("Any", _Bearer(token)), **rest)
        if answer.status_code == requests.codes.unauthorized:
            token = self._renewed(session, url, auth, token)
            answer = super().send_request(session, method, url, auth=cast("Any", _Bearer(token)), **rest)
        return _whole(answer)

    def _renewed(self, session: requests.Session, url: str, auth: tuple[str, str], old: str) -> str:
        """Return a new token; of several threads with the same old one, one asks for it. Empty if it is refused."""
        with self._renewing:
            if self._token == old:
                server = url[: url.index("/", url.index("://") + 3)]
                login = orjson.dumps({"username": auth[0], "password": auth[1]})
                sent = time.monotonic()
                answer = super().send_request(
                    session, "post", f"{server}/_open/auth", data=login, auth=cast("Any", _Bearer(""))
                )
                _whole(answer)
                if answer.status_code in (502, 503, 504):
                    raise requests.ConnectionError
                self._token = _token_of(answer.raw_body)
                self._renew_at = sent + _lifetime_s(self._token) * 0.8
            return self._token


def _whole(answer: Response) -> Response:
    """Return an answer that says how long it is. One whose head was cut passes for an empty one of no length."""
    if not _LENGTHS & {name.lower() for name in answer.headers}:
        raise requests.ConnectionError("the answer ends in its head")
    return answer


class _Bearer(requests.auth.AuthBase):
    """Shows a token. That it is given keeps the session from looking for a password in the user's .netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"bearer {self._token}"
        return request


def _token_of(body: str) -> str:
    try:
        return str(orjson.loads(body).get("jwt", ""))
    except (ValueError, AttributeError):
        return ""


def _lifetime_s(token: str) -> float:
    """Return how long a token is valid from its issue, both by the server's clock; an hour if it does not say."""
    try:
        payload = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"] - claims["iat"])
    except (ValueError, LookupError, TypeError):
        return 3600.0
