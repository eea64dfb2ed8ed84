"""What `arangovis doctor` looks at. Each check says what it found; none changes anything that stays."""

import os
import platform
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from arangovis.artifacts.registry import open_artifacts
from arangovis.cli.installed import Installed, installed
from arangovis.domain.errors import ArangovisError
from arangovis.domain.graph import Caller, Record
from arangovis.domain.runs import Lease
from arangovis.domain.search import Search
from arangovis.domain.version import VERSION
from arangovis.domain.versions import BASE
from arangovis.domain.views import items
from arangovis.logs import FORMATS
from arangovis.services.access.tokens import Tokens
from arangovis.services.frames.import_roots import ImportRoots
from arangovis.services.webhooks.hosts import WebhookHosts
from arangovis.settings import Settings, check_bind, is_loopback
from arangovis.stores.base import GraphStore
from arangovis.stores.registry import open_store
from arangovis_schema import SCHEMA_VERSION

FREE_BYTES_MIN = 1 << 30
PENDING_US_MAX = 600_000_000
"""A run that waits for longer while workers live is a sign that they do not get on."""
LEASES_MAX = 10_000
SKEW_MAX_S = 2.0
LATE_MAX_S = 120.0
"""Later than that, what workers do beside their work is not done."""
DOCTOR = Caller("doctor")
_US = 1_000_000


class Status(StrEnum):
    """How bad it is."""

    FINE = "fine"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found."""

    check: str
    status: Status
    text: str


Findings = Iterator[Finding]


def check_up(settings: Settings) -> list[Finding]:
    """Look at everything; what cannot be looked at is a finding too."""
    found = [*_software(), *_guarded("settings", lambda: _settings(settings))]
    found += _guarded("access", lambda: _access(settings))
    found += _guarded("home", lambda: _home(settings))
    if not settings.home.is_dir():
        return found
    found += _guarded("artifacts", lambda: _artifacts(settings))
    try:
        store = open_store(settings.store_url, settings.store_secret())
    except ArangovisError as error:
        return [*found, Finding("store", Status.WRONG, error.detail)]
    try:
        found += _guarded("store", lambda: _store(store))
        found += _guarded("clock", lambda: _clock(store))
        found += _guarded("queue", lambda: _queue(store))
        found += _guarded("schedules", lambda: _schedules(store))
        found += _guarded("webhooks", lambda: _webhooks(store))
    finally:
        store.close()
    return found


def _guarded(check: str, look: Callable[[], Findings]) -> list[Finding]:
    try:
        return list(look())
    except ArangovisError as error:
        return [Finding(check, Status.WRONG, error.detail)]
    except OSError as error:
        return [Finding(check, Status.WRONG, error.strerror or str(error))]


def _software() -> Findings:
    yield Finding("software", Status.FINE, f"arangovis {VERSION}, Python {platform.python_version()}")
    for name, wanted in installed().items():
        yield _extra(name if name == BASE else f"extra {name}", wanted)


def _extra(check: str, wanted: Sequence[Installed]) -> Finding:
    """Tell of an extra: what is missing need not be there, but what is there must fit."""
    unfit = [one for one in wanted if one.version is not None and not one.fits]
    if unfit:
        told = (f"{one.required.name} {one.version}, where {one.required.versions.text} is wanted" for one in unfit)
        return Finding(check, Status.WRONG, "; ".join(told))
    missing = [one.required.name for one in wanted if one.version is None]
    if missing:
        return Finding(check, Status.NOTE, f"not installed: {', '.join(missing)}")
    return Finding(check, Status.FINE, ", ".join(f"{one.required.name} {one.version}" for one in wanted))


def _has_tokens(settings: Settings) -> bool:
    with closing(open_store(settings.store_url, settings.store_secret())) as store:
        return Tokens(store).are_there()


def _access(settings: Settings) -> Findings:
    if settings.token() is None and not is_loopback(settings.host):
        tokens = _has_tokens(settings)
        check_bind(settings.host, guarded=settings.insecure or tokens)
        insecure = Finding("access", Status.NOTE, "insecure: other machines are served, and no token is asked for")
        yield Finding("access", Status.FINE, "tokens that `arangovis token` made") if tokens else insecure
        return
    if settings.token_file is None:
        yield Finding("access", Status.FINE, f"no token; {settings.host} is reached from this machine only")
        return
    mode = stat.S_IMODE(settings.token_file.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("access", Status.WRONG, f"others may use the token file (mode {mode:o}); make it 600")
    else:
        yield Finding("access", Status.FINE, "the token file is its owner's alone")


def _settings(settings: Settings) -> Findings:
    """Read what is only looked at when it is needed."""
    hosts = WebhookHosts.of(settings.webhook_hosts)
    ImportRoots.of(settings.import_roots, s3_query=settings.s3_query)
    if settings.log_format not in FORMATS:
        yield Finding("settings", Status.WRONG, f"log_format is not one of {', '.join(FORMATS)}")
    root = settings.backup_root
    place = root if root is None or root.exists() else root.parent
    if place is not None and not (place.is_dir() and os.access(place, os.W_OK)):
        yield Finding("settings", Status.WRONG, "the folder for backups (backup_root) cannot be written")
    told = len(hosts.names) + len(hosts.networks)
    yield Finding("settings", Status.FINE, f"they can be read; webhooks may be sent to {told} hosts and networks")


def _home(settings: Settings) -> Findings:
    if not settings.home.is_dir():
        yield Finding("home", Status.WRONG, "there is no such folder; `arangovis init` makes it")
        return
    about = settings.home.stat()
    if not os.access(settings.home, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("home", Status.WRONG, "it cannot be read and written by this user")
    elif about.st_mode & stat.S_IWOTH:
        yield Finding("home", Status.WRONG, f"everybody may write in it (mode {stat.S_IMODE(about.st_mode):o})")
    else:
        yield Finding("home", Status.FINE, "it can be read and written by this user")
    usage = shutil.disk_usage(settings.home)
    text = f"{usage.free / (1 << 30):.1f} GiB of {usage.total / (1 << 30):.1f} GiB are free"
    yield Finding("disk", Status.FINE if usage.free >= FREE_BYTES_MIN else Status.WRONG, text)


def _artifacts(settings: Settings) -> Findings:
    artifacts = open_artifacts(settings.artifacts_url)
    data = f"arangovis doctor {uuid.uuid4()}".encode()
    began = time.perf_counter()
    digest = artifacts.put(data)
    stored_ms = 1000 * (time.perf_counter() - began)
    same = artifacts.read(digest) == data
    artifacts.remove(digest)
    text = f"bytes were stored durably in {stored_ms:.1f} ms and read back"
    yield Finding("artifacts", Status.FINE if same else Status.WRONG, text)


def _store(store: GraphStore) -> Findings:
    began = time.perf_counter()
    record = Record("worker", f"doctor.{uuid.uuid4()}", due=0)
    store.transact(lambda transaction: transaction.put_record(record), DOCTOR)
    written_ms = 1000 * (time.perf_counter() - began)
    store.transact(lambda transaction: transaction.remove_record("worker", record.key), DOCTOR)
    yield Finding("store", Status.FINE, f"schema version {SCHEMA_VERSION}; a durable commit took {written_ms:.1f} ms")


def _skew(store: GraphStore) -> Findings:
    began = time.time()
    there = store.now() / _US
    took = time.time() - began
    skew_s = there - began - took / 2
    if abs(skew_s) > SKEW_MAX_S + took:
        text = f"that of the store is {abs(skew_s):.1f} s {'ahead of' if skew_s > 0 else 'behind'} this machine's"
        yield Finding("clock", Status.WRONG, f"{text}: schedules and signatures of messages go by both")
    else:
        yield Finding("clock", Status.FINE, f"within {abs(skew_s) + took:.3f} s of the store's")


def _schedules(store: GraphStore) -> Findings:
    on = store.records("schedule", "on", limit=LEASES_MAX)
    late_s = (store.now() - on[0].due) / _US if on else 0.0
    if late_s > LATE_MAX_S:
        yield Finding("schedules", Status.WRONG, f"one is {late_s:.0f} s late: no worker fires them")
    else:
        yield Finding("schedules", Status.FINE, f"{len(on)} are on, and none is late")


def _webhooks(store: GraphStore) -> Findings:
    dead = sum(record.data.get("state") == "dead" for record in store.records("delivered", limit=LEASES_MAX))
    due = store.records("delivery", due_max=store.now(), limit=1)
    late_s = (store.now() - due[0].due) / _US if due else 0.0
    if late_s > LATE_MAX_S:
        yield Finding("webhooks", Status.WRONG, f"a message is {late_s:.0f} s late: no worker sends them")
    elif dead:
        yield Finding("webhooks", Status.NOTE, f"{dead} messages were given up; `arangovis webhook retry` sends again")
    else:
        yield Finding("webhooks", Status.FINE, "every message was taken, or waits for its time")


def _clock(store: GraphStore) -> Findings:
    yield from _skew(store)
    newest = max((node.created for node in store.search(Search("run", limit=1)).items), default=0)
    ahead_s = (newest - store.now()) / _US
    if ahead_s > 1:
        text = f"it was set back: the newest run is {ahead_s:.0f} s in the future, and what is queued waits so long"
        yield Finding("clock", Status.WRONG, text)
    else:
        yield Finding("clock", Status.FINE, "it has not been set back")


def _queue(store: GraphStore) -> Findings:
    now = store.now()
    workers = [record for record in store.records("worker") if record.due >= now]
    leases = [Lease.of(record) for record in store.records("lease", limit=LEASES_MAX)]
    served = {str(method) for worker in workers for method in items(worker.data, "methods")}
    yield from _workers(workers, leases)
    yield _pending([lease for lease in leases if not lease.owner], served, now)
    yield _held([lease for lease in leases if lease.owner], served, now)


def _workers(workers: Sequence[Record], leases: Sequence[Lease]) -> Findings:
    if workers:
        slots = sum(int(str(worker.data["slots"])) for worker in workers)
        yield Finding("workers", Status.FINE, f"{len(workers)} with {slots} slots")
    else:
        text = "none is running" + ("; `arangovis worker` starts one" if leases else ", and none is needed")
        yield Finding("workers", Status.WRONG if leases else Status.NOTE, text)


def _pending(pending: Sequence[Lease], served: set[str], now: int) -> Finding:
    if not pending:
        return Finding("queue", Status.FINE, "no run waits")
    longest_us = max(now - lease.queued for lease in pending)
    text = f"{len(pending)} runs wait, the first of them for {longest_us / _US:.0f} s"
    unserved = sorted({lease.method for lease in pending} - served)
    if unserved:
        return Finding("queue", Status.WRONG, f"{text}; no worker takes {', '.join(unserved)}")
    return Finding("queue", Status.WRONG if longest_us > PENDING_US_MAX else Status.FINE, text)


def _held(held: Sequence[Lease], served: set[str], now: int) -> Finding:
    expired = [lease for lease in held if lease.due < now]
    if not expired:
        return Finding("leases", Status.FINE, f"{len(held)} runs are computed, and all show signs of life")
    text = f"{len(expired)} of {len(held)} ran out: their workers are gone"
    waits = any(lease.method in served for lease in expired)
    return Finding("leases", Status.NOTE if waits else Status.WRONG, text + ("; others take over" if waits else ""))
