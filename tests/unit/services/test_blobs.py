import hashlib
import io
import os
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arangovis.artifacts.base import Announce, ArtifactStore, StoredBlob, unannounced
from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.errors import IntegrityError, StoreUnavailable
from arangovis.domain.graph import Caller, Record
from arangovis.domain.ids import time_ordered_id
from arangovis.services.blob_records import REMOVE_MAX_US, RIGHT_US
from arangovis.services.blobs import STAGED_FOR_US, BlobReference, Blobs, SweepReport
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction

CALLER = Caller("tester")
START = 1_700_000_000_000_000
PHASES = ("scanned", "before remove", "after remove")


class Watched(ArtifactStore):
    """An artifact store that calls back before and after it removes bytes."""

    def __init__(self, inner: LocalArtifactStore) -> None:
        self.inner = inner
        self.on: Callable[[str], None] = lambda phase: None

    def prepare(self) -> None:
        self.inner.prepare()

    def put(self, data: bytes, digest: str | None = None) -> str:
        return self.inner.put(data, digest)

    def put_stream(self, stream: BinaryIO, announce: Announce = unannounced) -> tuple[str, int]:
        return self.inner.put_stream(stream, announce)

    def open(self, digest: str) -> BinaryIO:
        return self.inner.open(digest)

    def exists(self, digest: str) -> bool:
        return self.inner.exists(digest)

    def remove(self, digest: str) -> None:
        self.on("before remove")
        self.inner.remove(digest)
        self.on("after remove")

    def blobs(self) -> Iterator[StoredBlob]:
        return self.inner.blobs()

    def sweep_temporary(self, older_than_us: int) -> int:
        return self.inner.sweep_temporary(older_than_us)


class Scanned(MemoryStore):
    """A store that calls back when a sweep has read which records are past due, and has not acted yet."""

    def __init__(self, clock: Callable[[], int], on: Callable[[str], None]) -> None:
        super().__init__(clock=clock)
        self._on = on

    def records(self, kind: str, *args: object, **options: object) -> Sequence[Record]:
        found = super().records(kind, *args, **options)
        if found:
            self._on("scanned")
        return found


@dataclass
class World:
    root: Path
    now: int = START
    artifacts: Watched = field(init=False)
    store: MemoryStore = field(init=False)
    blobs: Blobs = field(init=False)

    def __post_init__(self) -> None:
        self.artifacts = Watched(LocalArtifactStore(self.root))
        self.store = Scanned(lambda: self.now, lambda phase: self.artifacts.on(phase))
        self.blobs = Blobs(self.store, self.artifacts, removal_wait_s=0)

    def refer(self, reference: BlobReference) -> None:
        """Write an artifact node that refers to a blob, as a run does."""

        def action(transaction: Transaction) -> None:
            self.blobs.keep(transaction, [reference.digest])
            facts = {"role": "plot", "digest": reference.digest, "bytes": reference.bytes, "media_type": "text/plain"}
            transaction.create(time_ordered_id("artifact", self.now), None, facts)

        self.store.transact(action, CALLER)

    def group(self, digest: str) -> str | None:
        record = self.store.record("blob", digest)
        return None if record is None else record.group

    def age(self, digest: str, modified_us: int) -> None:
        os.utime(self.root / "blobs" / digest[:2] / digest, ns=(modified_us * 1000, modified_us * 1000))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_is_saved_is_staged_and_can_be_read(world: World) -> None:
    reference = world.blobs.save(b"data", CALLER)
    assert reference == BlobReference(digest_of(b"data"), 4)
    record = world.store.record("blob", reference.digest)
    assert (record.group, record.due, record.data) == ("staged", START + STAGED_FOR_US, {"bytes": 4})
    assert world.blobs.read(reference.digest) == b"data"


def test_the_record_is_there_before_the_bytes(world: World) -> None:
    seen = []
    world.artifacts.put = lambda data, digest: seen.append(world.group(digest))
    published = world.artifacts.inner._publish
    world.artifacts.inner._publish = lambda path, digest: (seen.append(world.group(digest)), published(path, digest))
    world.blobs.save(b"one", CALLER)
    world.blobs.save_many([b"two", b"three"], CALLER)
    world.blobs.save_stream(io.BytesIO(b"four"), CALLER)
    assert seen == ["staged"] * 4


def test_many_and_streams(world: World) -> None:
    assert world.blobs.save_many([], CALLER) == ()
    one, two, again = world.blobs.save_many([b"one", b"two", b"one"], CALLER)
    assert one == again
    large = bytes(range(256)) * 100_000
    stream = io.BytesIO(b"head" + large)
    stream.seek(4)
    streamed = world.blobs.save_stream(stream, CALLER)
    assert streamed == BlobReference(digest_of(large), len(large))
    assert [world.blobs.read(reference.digest) for reference in (one, two, streamed)] == [b"one", b"two", large]


def test_saving_again_gives_another_day(world: World) -> None:
    digest = world.blobs.save(b"data", CALLER).digest
    world.now += 1000
    world.blobs.save(b"data", CALLER)
    assert world.store.record("blob", digest).due == world.now + STAGED_FOR_US
    world.now -= 500
    world.blobs.save(b"data", CALLER)
    assert world.store.record("blob", digest).due == START + 1000 + STAGED_FOR_US


def test_kept_is_final(world: World) -> None:
    reference = world.blobs.save(b"data", CALLER)
    world.refer(reference)
    world.refer(reference)
    world.blobs.save(b"data", CALLER)
    assert world.group(reference.digest) == "kept"
    assert world.blobs.sweep(CALLER, START + 100 * STAGED_FOR_US) == SweepReport()
    assert world.blobs.read(reference.digest) == b"data"


def test_what_was_never_saved_cannot_be_kept(world: World) -> None:
    saved = world.blobs.save(b"saved", CALLER)
    with pytest.raises(IntegrityError, match="not stored"):
        world.store.transact(lambda t: world.blobs.keep(t, [saved.digest, digest_of(b"other")]), CALLER)
    assert world.group(saved.digest) == "staged"


def test_a_sweep_takes_what_is_past_due_and_nothing_else(world: World) -> None:
    old = world.blobs.save(b"old", CALLER)
    kept = world.blobs.save(b"kept", CALLER)
    world.refer(kept)
    world.now += 10
    new = world.blobs.save(b"new", CALLER)
    assert world.blobs.sweep(CALLER, START + STAGED_FOR_US - 1) == SweepReport()
    world.now = START + STAGED_FOR_US
    report = SweepReport(staged=1, foreign=0, bytes=3)
    assert world.blobs.sweep(CALLER, dry_run=True) == report
    assert world.artifacts.exists(old.digest)
    assert world.blobs.sweep(CALLER) == report
    assert world.blobs.sweep(CALLER) == SweepReport()
    assert {blob.digest for blob in world.artifacts.blobs()} == {kept.digest, new.digest}
    assert world.group(old.digest) is None
    with pytest.raises(IntegrityError):
        world.refer(old)


def test_what_is_staged_again_while_a_sweep_begins_stays(world: World) -> None:
    reference = world.blobs.save(b"data", CALLER)
    world.now += STAGED_FOR_US

    def save(phase: str) -> None:
        if phase == "scanned":
            world.blobs.save(b"data", CALLER)

    world.artifacts.on = save
    assert world.blobs.sweep(CALLER) == SweepReport()
    assert world.blobs.read(reference.digest) == b"data"


def test_a_sweep_takes_all_batches(world: World) -> None:
    world.blobs.save_many([str(n).encode() for n in range(250)], CALLER)
    assert world.blobs.sweep(CALLER, START + STAGED_FOR_US).staged == 250
    assert list(world.artifacts.blobs()) == []
    assert world.store.records("blob") == []


def test_bytes_from_elsewhere_are_swept_when_they_are_a_day_old(world: World) -> None:
    foreign, young = world.artifacts.put(b"foreign"), world.artifacts.put(b"young")
    world.age(foreign, START)
    world.age(young, START + 1)
    saved = world.blobs.save(b"saved", CALLER)
    world.age(saved.digest, START - 1000)
    world.now = START + STAGED_FOR_US + 1
    world.blobs.save(b"saved", CALLER)
    assert world.blobs.sweep(CALLER) == SweepReport(staged=0, foreign=1, bytes=7)
    assert {blob.digest for blob in world.artifacts.blobs()} == {young, saved.digest}


def _crash(world: World, at: str) -> None:
    """Sweep everything staged, but die at a point of it."""

    def die(phase: str) -> None:
        if phase == at:
            raise KeyboardInterrupt

    world.artifacts.on = die
    with pytest.raises(KeyboardInterrupt):
        world.blobs.sweep(CALLER, world.now + 2 * STAGED_FOR_US)
    world.artifacts.on = lambda phase: None


@pytest.mark.parametrize("phase", PHASES)
def test_the_next_sweep_finishes_what_a_crash_left(world: World, phase: str) -> None:
    digest = world.blobs.save(b"data", CALLER).digest
    _crash(world, phase)
    world.now += 2 * STAGED_FOR_US
    world.blobs.sweep(CALLER)
    assert world.group(digest) is None
    assert not world.artifacts.exists(digest)


@pytest.mark.parametrize("phase", PHASES)
def test_a_writer_writes_what_a_crash_left_doomed_again(world: World, phase: str) -> None:
    world.blobs.save(b"data", CALLER)
    _crash(world, phase)
    world.now += RIGHT_US
    reference = world.blobs.save(b"data", CALLER)
    world.refer(reference)
    world.now += 100 * STAGED_FOR_US
    assert world.blobs.sweep(CALLER) == SweepReport()
    assert world.blobs.read(reference.digest) == b"data"


@pytest.mark.parametrize("phase", ["before remove", "after remove"])
def test_the_right_to_remove_outlives_its_holder_for_a_while(world: World, phase: str) -> None:
    digest = world.blobs.save(b"data", CALLER).digest
    _crash(world, phase)
    world.now += RIGHT_US - 1
    with pytest.raises(StoreUnavailable, match="try again"):
        world.blobs.save(b"data", CALLER)
    assert world.blobs.sweep(CALLER) == SweepReport()
    world.now += 1
    assert world.blobs.sweep(CALLER).staged == 1
    assert world.group(digest) is None


def test_a_sweep_that_stalled_removes_no_more(world: World) -> None:
    """Its right has ended; a writer has the second blob again, and what it was promised holds."""
    first, second = world.blobs.save_many([b"first", b"second"], CALLER)
    stalled = []

    def stall(phase: str) -> None:
        if phase == "after remove" and not stalled:
            other = second if world.artifacts.exists(second.digest) else first
            stalled.append(other)
            world.now += STAGED_FOR_US + RIGHT_US
            world.refer(world.blobs.save(b"second" if other is second else b"first", CALLER))

    world.artifacts.on = stall
    assert world.blobs.sweep(CALLER, START + STAGED_FOR_US).staged == 1
    (other,) = stalled
    assert world.group(other.digest) == "kept"
    assert digest_of(world.blobs.read(other.digest)) == other.digest


def test_no_removal_begins_that_may_end_after_the_right(world: World) -> None:
    references = world.blobs.save_many([b"first", b"second"], CALLER)

    def hesitate(phase: str) -> None:
        if phase == "after remove":
            world.now += RIGHT_US - REMOVE_MAX_US

    world.artifacts.on = hesitate
    assert world.blobs.sweep(CALLER, START + STAGED_FOR_US).staged == 1
    assert sorted(str(world.group(reference.digest)) for reference in references) == ["None", "doomed"]
    world.now += RIGHT_US
    assert world.blobs.sweep(CALLER, START + STAGED_FOR_US).staged == 1


def test_a_sweep_forgets_no_record_that_is_another_sweeps_by_now(world: World) -> None:
    """The first sweep's removal lasts until its right has ended, and the second has doomed the same blob."""
    digest = world.blobs.save(b"data", CALLER).digest
    seen = []

    def overtake(phase: str) -> None:
        if phase == "after remove" and not seen:
            seen.append(phase)
            world.now += RIGHT_US
            _crash(world, "before remove")
            seen.append(world.store.record("blob", digest))

    world.artifacts.on = overtake
    world.blobs.sweep(CALLER, START + STAGED_FOR_US)
    assert world.store.record("blob", digest) == seen[1]
    assert world.group(digest) == "doomed"


def test_a_sweep_leaves_alone_what_another_has_doomed_since_it_looked(world: World) -> None:
    digest = world.blobs.save(b"data", CALLER).digest
    world.now += STAGED_FOR_US
    seen = []

    def overtake(phase: str) -> None:
        if phase == "scanned" and not seen:
            seen.append(phase)
            _crash(world, "before remove")

    world.artifacts.on = overtake
    assert world.blobs.sweep(CALLER) == SweepReport()
    assert world.group(digest) == "doomed"
    assert world.artifacts.exists(digest)


def test_sweeps_beside_each_other_remove_each_blob_once(world: World) -> None:
    world.blobs.save_many([b"first", b"second"], CALLER)
    inner = []

    def sweep_too(phase: str) -> None:
        if phase == "before remove" and not inner:
            inner.append(world.blobs.sweep(CALLER, START + STAGED_FOR_US))

    world.artifacts.on = sweep_too
    assert world.blobs.sweep(CALLER, START + STAGED_FOR_US).staged == 2
    assert inner == [SweepReport()]


@pytest.mark.parametrize("phase", ["before remove", "after remove"])
def test_a_writer_in_the_middle_of_a_sweep_is_told_to_try_again(world: World, phase: str) -> None:
    reference = world.blobs.save(b"data", CALLER)
    told = []

    def write(reached: str) -> None:
        if reached == phase:
            with pytest.raises(StoreUnavailable, match="try again"):
                world.blobs.save(b"data", CALLER)
            with pytest.raises(IntegrityError):
                world.refer(reference)
            told.append(phase)

    world.artifacts.on = write
    world.blobs.sweep(CALLER, START + STAGED_FOR_US)
    assert told == [phase]
    world.blobs.save(b"data", CALLER)
    assert world.blobs.read(reference.digest) == b"data"


def test_a_writer_waits_for_a_sweep(world: World) -> None:
    world.blobs.save(b"data", CALLER)
    patient = Blobs(world.store, world.artifacts, removal_wait_s=60)
    removing, may_go_on = threading.Event(), threading.Event()

    def hold(phase: str) -> None:
        if phase == "before remove":
            removing.set()
            may_go_on.wait(60)

    world.artifacts.on = hold
    with ThreadPoolExecutor(2) as pool:
        sweep = pool.submit(world.blobs.sweep, CALLER, START + STAGED_FOR_US)
        assert removing.wait(60)
        writer = pool.submit(patient.save, b"data", CALLER)
        may_go_on.set()
        assert sweep.result().staged == 1
        reference = writer.result()
    assert world.group(reference.digest) == "staged"
    assert world.blobs.read(reference.digest) == b"data"


CONTENTS = (b"red", b"green")
_ACTS = st.tuples(st.sampled_from(["save", "save and refer", "refer"]), st.sampled_from(CONTENTS))


class _Writer:
    """Acts as writers do, and remembers what it was promised."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.saved: dict[bytes, int] = {}
        self.kept: set[bytes] = set()

    def act(self, act: str, data: bytes) -> None:
        try:
            if act != "refer":
                self.world.blobs.save(data, CALLER)
                self.saved[data] = self.world.now
            if act != "save":
                self.world.refer(BlobReference(digest_of(data), len(data)))
                self.kept.add(data)
        except (StoreUnavailable, IntegrityError):
            return  # refused, so nothing was promised

    def check(self, swept: int) -> None:
        """Check that all promises hold after sweeps of up to this time."""
        fresh = {data for data, at in self.saved.items() if at + STAGED_FOR_US > swept}
        for data in self.kept | fresh:
            assert self.world.blobs.read(digest_of(data)) == data


@given(
    before=st.lists(_ACTS, min_size=1, max_size=3),
    later=st.sampled_from([STAGED_FOR_US - 1, STAGED_FOR_US, 2 * STAGED_FOR_US]),
    during=st.lists(st.tuples(st.integers(0, 4), _ACTS), min_size=1, max_size=5),
    dies_at=st.none() | st.integers(0, 4),
    stalls_at=st.none() | st.integers(0, 4),
)
@settings(max_examples=100)
def test_no_interleaving_breaks_a_promise(
    tmp_path_factory: pytest.TempPathFactory,
    before: list,
    later: int,
    during: list,
    dies_at: int | None,
    stalls_at: int | None,
) -> None:
    world = World(tmp_path_factory.mktemp("blobs"))
    writer = _Writer(world)
    for act, data in before:
        writer.act(act, data)
    world.now += later
    points = iter(range(1_000_000))
    is_acting = False

    def interrupt(phase: str) -> None:
        nonlocal is_acting
        if is_acting:
            return
        is_acting, point = True, next(points)
        if point == stalls_at:  # a removal ends in time; between two of them a process may stall for ever
            world.now += REMOVE_MAX_US if phase == "before remove" else RIGHT_US
        for at, (act, data) in during:
            if at == point:
                writer.act(act, data)
        is_acting = False
        if point == dies_at:
            raise KeyboardInterrupt

    world.artifacts.on = interrupt
    try:
        world.blobs.sweep(CALLER)
    except KeyboardInterrupt:
        writer.check(world.now)
    world.artifacts.on = lambda phase: None
    writer.check(world.now)
    world.now += RIGHT_US
    for data in CONTENTS:
        writer.act("save and refer", data)
    world.now += 2 * STAGED_FOR_US
    world.blobs.sweep(CALLER)
    assert writer.kept == set(CONTENTS)
    writer.check(world.now)
    assert {blob.digest for blob in world.artifacts.blobs()} == set(map(digest_of, CONTENTS))


def test_writers_and_sweepers_in_threads(tmp_path: Path) -> None:
    world = World(tmp_path)
    blobs = Blobs(world.store, world.artifacts, removal_wait_s=60)
    done = threading.Event()

    def write(seed: int) -> set[bytes]:
        choice, kept = random.Random(seed), set()
        for _ in range(60):
            data = str(choice.randrange(300)).encode()
            reference = blobs.save(data, CALLER)
            try:
                world.refer(reference)
                kept.add(data)
            except IntegrityError:
                continue  # swept in between, by a sweep that is a year ahead
        return kept

    def sweep() -> int:
        removed = 0
        while not done.is_set():
            removed += blobs.sweep(CALLER, START + 365 * STAGED_FOR_US).staged
        return removed

    with ThreadPoolExecutor(6) as pool:
        sweeps = [pool.submit(sweep) for _ in range(2)]
        kept = set().union(*pool.map(write, range(4)))
        done.set()
        assert [sweep.exception() for sweep in sweeps] == [None, None]
    assert len(kept) > 10
    for data in kept:
        assert world.blobs.read(digest_of(data)) == data


def test_damaged_bytes_are_found_and_can_be_saved_again(world: World, tmp_path: Path) -> None:
    reference = world.blobs.save(b"data", CALLER)
    world.refer(reference)
    assert world.blobs.verify(reference.digest)
    (tmp_path / "blobs" / reference.digest[:2] / reference.digest).write_bytes(b"dato")
    with pytest.raises(IntegrityError):
        world.blobs.read(reference.digest)
    assert not world.blobs.verify(reference.digest)
    with pytest.raises(IntegrityError, match="gone"):
        world.blobs.read(reference.digest)
    assert not world.blobs.verify(reference.digest)
    world.blobs.save(b"data", CALLER)
    assert world.blobs.verify(reference.digest)
    assert world.blobs.read(reference.digest) == b"data"


def test_damaged_bytes_of_a_staged_blob_are_forgotten_with_their_record(world: World, tmp_path: Path) -> None:
    reference = world.blobs.save(b"data", CALLER)
    (tmp_path / "blobs" / reference.digest[:2] / reference.digest).write_bytes(b"dato")
    assert not world.blobs.verify(reference.digest)
    assert world.group(reference.digest) is None
    with pytest.raises(IntegrityError):
        world.refer(reference)


def test_damage_that_another_repaired_meanwhile_is_left_alone(world: World, tmp_path: Path) -> None:
    reference = world.blobs.save(b"data", CALLER)
    world.refer(reference)
    before = world.store.record("blob", reference.digest)
    opened = []

    def open_damaged_once(digest: str) -> BinaryIO:
        opened.append(digest)
        return io.BytesIO(b"dato") if len(opened) == 1 else world.artifacts.inner.open(digest)

    world.artifacts.open = open_damaged_once
    assert world.blobs.verify(reference.digest)
    assert len(opened) == 2
    assert world.store.record("blob", reference.digest) == before


def test_nobody_writes_or_verifies_while_damage_is_removed(world: World, tmp_path: Path) -> None:
    reference = world.blobs.save(b"data", CALLER)
    world.refer(reference)
    (tmp_path / "blobs" / reference.digest[:2] / reference.digest).write_bytes(b"da")
    told = []

    def interfere(phase: str) -> None:
        if phase == "before remove":
            for use in (lambda: world.blobs.save(b"data", CALLER), lambda: world.blobs.verify(reference.digest)):
                with pytest.raises(StoreUnavailable, match="try again"):
                    use()
                told.append(phase)

    world.artifacts.on = interfere
    assert not world.blobs.verify(reference.digest)
    assert len(told) == 2
    world.blobs.save(b"data", CALLER)
    assert world.blobs.verify(reference.digest)
    assert world.group(reference.digest) == "kept"


def test_damage_that_takes_too_long_to_read_is_left_for_another_time(world: World, tmp_path: Path) -> None:
    reference = world.blobs.save(b"data", CALLER)
    world.refer(reference)
    (tmp_path / "blobs" / reference.digest[:2] / reference.digest).write_bytes(b"dato")
    opened = []

    def open_slowly(digest: str) -> BinaryIO:
        opened.append(digest)
        world.now += RIGHT_US + reference.bytes if len(opened) == 2 else 0
        return world.artifacts.inner.open(digest)

    world.artifacts.open = open_slowly
    with pytest.raises(StoreUnavailable, match="too long"):
        world.blobs.verify(reference.digest)
    assert world.artifacts.exists(reference.digest)
    assert not world.blobs.verify(reference.digest)


def test_a_file_is_stored_from_where_it_stands(world: World, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"passed over, then kept")
    with path.open("rb") as file:
        file.seek(13)
        reference = world.blobs.save_stream(file, CALLER)

    assert world.blobs.read(reference.digest) == b"then kept"
    assert reference.bytes == 9
