"""Computing on a Dask cluster: the standard executor interface over a scheduler that may go away and come back.

What is sent is the name of an importable function and small plain values; data passes by artifact reference. Nothing
that must survive is in the cluster: a call that it loses is cancelled here, and the lease of its run does the rest.
"""

import asyncio
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, InvalidStateError
from concurrent.futures import wait as wait_for
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from distributed import Client, Security, WorkerPlugin, fire_and_forget, get_worker
from distributed import Future as RemoteFuture
from distributed import Worker as RemoteWorker
from distributed.client import ClosedClientError

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.settings import Settings, is_loopback
from arangovis.workers.place import FACTORY, Place, place_abroad, place_of, settle
from arangovis.workers.protocol import Job
from arangovis.workers.supervisor import give_back_all, take_over
from arangovis.workers.worker import Worker

_log = logging.getLogger("arangovis.worker")

SCHEMES = ("tcp", "tls")
TLS_NAMES = "`distributed.comm.tls` (ca-file, client.cert, client.key) in Dask's configuration"
SLOTS_MAX = 1024
"""Runs that one dispatcher has computed at once."""
ANSWER_WITHIN_S = 3.0
"""A scheduler that takes longer counts as gone."""

P = ParamSpec("P")
T = TypeVar("T")


# --- on the machine that gives out the work -------------------------------------------------------------------------


@contextmanager
def dispatcher(
    settings: Settings, methods: Sequence[str], *, slots: int = SLOTS_MAX, factory: str = FACTORY
) -> Iterator[Worker]:
    """Give a worker that has its runs computed by the Dask workers of `settings.scheduler`, at most `slots` at once.

    Raises:
        InvalidInput: the scheduler's address is none, Dask is not configured for it, or other machines cannot reach
            the store.

    """
    check_reach(settings)
    abroad = place_abroad(settings, factory=factory)
    executor = ClusterExecutor(settings.scheduler)
    try:
        yield Worker(
            place_of(settings, slots=1, factory=factory),
            methods,
            slots=lambda: min(slots, executor.threads()),
            executor=executor,
            take=partial(supervise_here, place=abroad),
        )
    finally:
        executor.shutdown(wait=False)


def check_reach(settings: Settings) -> None:
    """Check that the machines of a cluster can open the stores.

    Raises:
        InvalidInput: the address is none, or the embedded store would be opened by another machine.

    """
    if is_loopback(host_of(settings.scheduler)):
        return
    if settings.store_url.startswith("sqlite:"):
        problem = "is reached from other machines, which cannot open the embedded store: use a server as the store"
        raise InvalidInput.of(Fault("scheduler", f"{settings.scheduler!r} {problem}, or a scheduler on 127.0.0.1"))
    if settings.artifacts_url.startswith("file:"):
        _log.warning("the artifacts are in a local folder, so each machine of the cluster must have it mounted")


def host_of(address: str) -> str:
    """Return the host in a scheduler's address.

    Raises:
        InvalidInput: the address is not `tcp://host:port` or `tls://host:port`.

    """
    try:
        parts = urlsplit(address)
        if parts.scheme in SCHEMES and parts.hostname and parts.port and parts.netloc == address.partition("://")[2]:
            return parts.hostname
    except ValueError:  # the port is no number
        pass
    problem = f"{address[:80]!r} is no address of a Dask scheduler: use tcp://host:8786 or tls://host:8786"
    raise InvalidInput.of(Fault("scheduler", problem))


def check_encryption(address: str) -> None:
    """Check that Dask's configuration on this machine can speak as the address wants.

    Raises:
        InvalidInput: certificates are missing or cannot be read, or only encrypted connections are allowed.

    """
    try:
        can = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    except OSError as error:  # also what is wrong with a certificate
        raise InvalidInput.of(Fault("scheduler", f"the files of {TLS_NAMES} cannot be read")) from error
    if address.startswith("tls:") and can["ssl_context"] is None:
        raise InvalidInput.of(Fault("scheduler", f"{address!r} needs {TLS_NAMES}, which are not set"))
    if address.startswith("tcp:") and can["require_encryption"]:
        problem = f"{address!r} is not encrypted, which Dask's configuration here requires: use tls://"
        raise InvalidInput.of(Fault("scheduler", problem))


class ClusterExecutor(Executor):
    """Calls functions on the workers of a Dask scheduler. Thread-safe.

    A future can be cancelled until its call has ended; that does not interrupt a call that has begun. When the
    scheduler goes away the futures are cancelled, and the next use looks for it again. A call whose machine dies is
    made again by Dask, so what is called must bear that.

    Args:
        address: the scheduler, `tcp://host:port` or `tls://host:port`.

    Raises:
        InvalidInput: the address is none, or Dask is not configured for it.

    """

    def __init__(self, address: str) -> None:
        host_of(address)
        check_encryption(address)
        self._link = _Link(address)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="cluster")
        self._thread.start()

    def threads(self) -> int:
        """Return how many calls the cluster can make at once now: none while its scheduler does not answer."""
        try:
            return self._ask(self._link.threads())
        except OSError:
            return 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a function called on any worker.

        Raises:
            OSError: the scheduler does not answer.
            RuntimeError: the executor is shut down.
            TypeError: the function cannot be imported by its name.

        """
        check_importable(fn)
        future: Future[T] = Future()
        self._ask(self._link.send(partial(fn, *args, **kwargs), future))
        future.add_done_callback(self._recall)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls. With `wait`, return when all have ended; without, they go on and are not followed."""
        if self._loop.is_closed():
            return
        calls = self._ask(self._link.refuse())
        for future in calls if cancel_futures else ():
            future.cancel()
        if wait:
            wait_for(calls)
        self._ask(self._link.drop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        if self._loop.is_closed():
            question.close()
            raise RuntimeError("the executor is shut down")
        return asyncio.run_coroutine_threadsafe(question, self._loop).result()

    def _recall(self, future: Future[Any]) -> None:
        if future.cancelled() and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(self._link.recall(future), self._loop)


class _Link:
    """What an executor knows of its scheduler. All of it happens in one event loop, so that each wait has an end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Client | None = None
        self._turn = asyncio.Lock()
        self._calls: dict[Future[Any], tuple[RemoteFuture[Any], asyncio.Task[None]]] = {}
        self._answered = True
        self._open = True

    async def threads(self) -> int:
        """Return how many threads the workers have together."""
        async with self._reached() as client:
            if client.scheduler is None:
                raise OSError("the connection was lost")
            return sum((await client.scheduler.ncores()).values())

    async def send(self, call: Callable[[], T], future: Future[T]) -> None:
        """Have a call made, whose outcome the future is given."""
        async with self._reached() as client:
            remote = client.submit(call, pure=False)
            # Dask must count the thread as busy for as long as it is, whatever becomes of us.
            fire_and_forget(remote)  # type: ignore[no-untyped-call]
        self._calls[future] = remote, asyncio.create_task(self._follow(remote, future))

    async def recall(self, future: Future[Any]) -> None:
        """Tell the scheduler that a call need not be made."""
        remote, _ = self._calls.get(future, (None, None))
        if remote is not None and remote.status == "pending":
            await remote.cancel(force=True)  # type: ignore[no-untyped-call]

    async def refuse(self) -> list[Future[Any]]:
        """Take no more calls; return the futures of those that are made."""
        self._open = False
        return list(self._calls)

    async def drop(self) -> None:
        """Let go of the scheduler. What becomes of its calls cannot be seen any more, so they count as cancelled."""
        client, self._client = self._client, None
        calls, self._calls = self._calls, {}
        for future, (_, follower) in calls.items():
            follower.cancel()
            _cancel(future)
        if client is not None:
            await _close(client)

    async def _follow(self, remote: "RemoteFuture[Any]", future: Future[Any]) -> None:
        with suppress(InvalidStateError):  # it was cancelled meanwhile
            try:
                future.set_result(await remote.result())
            except CancelledError:
                _cancel(future)
            except Exception as error:
                future.set_exception(error)
        self._calls.pop(future, None)

    @asynccontextmanager
    async def _reached(self) -> AsyncIterator[Client]:
        """Give a client whose scheduler answers; if it does not, drop it."""
        if not self._open:
            raise RuntimeError("the executor is shut down")
        async with self._turn:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    yield await self._connected()
            except (OSError, ClosedClientError) as error:
                self._note(answers=False)
                await self.drop()
                raise OSError("the scheduler does not answer") from error
            self._note(answers=True)

    async def _connected(self) -> Client:
        if self._client is None or self._client.status != "running":
            await self.drop()
            self._client = await _connect(self._address)
        return self._client

    def _note(self, *, answers: bool) -> None:
        if answers != self._answered:
            text = "answers again" if answers else "does not answer; nothing is claimed until it does"
            _log.warning("the scheduler %s %s", self._address, text)
        self._answered = answers


async def _connect(address: str) -> Client:
    options = {"timeout": ANSWER_WITHIN_S, "set_as_default": False, "asynchronous": True}
    client = Client(address, **options)  # type: ignore[no-untyped-call]
    try:
        await client
    except BaseException:
        await _close(client)
        raise
    return client


async def _close(client: Client) -> None:
    with suppress(OSError):
        await client.close(timeout=ANSWER_WITHIN_S)  # type: ignore[no-untyped-call]


def check_importable(function: Callable[..., object]) -> None:
    """Check that a function travels as its name, not as its code.

    Raises:
        TypeError: it is no function of an importable module.

    """
    while isinstance(function, partial):
        function = function.func
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    found = getattr(sys.modules.get(module or ""), name, None)
    if found is not function or module == "__main__":
        raise TypeError(f"{function!r} is no function of an importable module, so it cannot be named to a worker")


def _cancel(future: Future[Any]) -> None:
    """Cancel a future so that who waits for it wakes."""
    if future.cancel():
        with suppress(InvalidStateError):
            future.set_running_or_notify_cancel()


# --- on the machines of the cluster ---------------------------------------------------------------------------------


def supervise_here(job: Job, place: Place) -> None:
    """Supervise a run in a thread of a Dask worker, with the settings and the share of processors of its machine."""
    worker = get_worker()
    worker.loop.add_callback(_prepare, worker)
    take_over(job, settle(place, os.environ, slots=worker.state.nthreads))


async def _prepare(worker: RemoteWorker) -> None:
    if GiveBack.name not in worker.plugins:  # adding it twice would tear the first one down
        await worker.plugin_add(plugin=GiveBack(), name=GiveBack.name)


class GiveBack(WorkerPlugin):
    """Gives back the runs of a Dask worker that is told to end, so that they need not wait for their leases."""

    name = "arangovis-give-back"

    def teardown(self, worker: RemoteWorker) -> None:  # noqa: ARG002
        """Give back what is unfinished."""
        give_back_all()
