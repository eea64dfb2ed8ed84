"""The S3 artifact store on a real server (rclone's): the suite, and what is particular to objects in a bucket."""

import hashlib
import io
import os
import tracemalloc
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arangovis.artifacts.base import ArtifactStore
from arangovis.artifacts.registry import open_artifacts
from arangovis.artifacts.s3.place import S3Place, place_of
from arangovis.artifacts.s3.store import S3ArtifactStore
from arangovis.domain.errors import IntegrityError, StoreUnavailable
from arangovis.domain.graph import Caller
from arangovis.services.blobs import STAGED_FOR_US, Blobs
from arangovis.stores.memory import MemoryStore
from arangovis.testing.artifacts import ArtifactStoreSuite
from tests.s3_server import S3Server, running_s3

PART_BYTES = 5 << 20
"""The least that S3 allows for a part that is not the last."""
LATER_US = 2**60


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with running_s3() as running:
        yield running


@pytest.fixture(autouse=True)
def _credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def place(server: S3Server) -> S3Place:
    return S3Place(server.new_bucket(), "team/models", server.endpoint, addressing="path")


@pytest.fixture
def store(place: S3Place) -> S3ArtifactStore:
    return S3ArtifactStore(place, part_bytes=PART_BYTES)


def key_of(digest: str) -> str:
    return f"team/models/blobs/{digest[:2]}/{digest}"


def large(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


class Unseekable(io.RawIOBase):
    """A stream of which a part can be had only once, as a body of HTTP is."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        return self._inner.readinto(memoryview(buffer)[:300_000])


def stream_of(data: bytes) -> BinaryIO:
    return Unseekable(data)  # type: ignore[return-value]


class TestS3Artifacts(ArtifactStoreSuite):
    __test__ = True

    @pytest.fixture
    def store(self, server: S3Server, place: S3Place) -> ArtifactStore:
        self.server, self.bucket = server, place.bucket
        return S3ArtifactStore(place)

    def overwrite(self, store: ArtifactStore, digest: str, data: bytes) -> None:
        self.server.client.put_object(Bucket=self.bucket, Key=key_of(digest), Body=data)


def test_a_blob_is_one_object_under_the_prefix(server: S3Server, place: S3Place, store: S3ArtifactStore) -> None:
    digest = store.put(b"data")
    found = server.client.list_objects_v2(Bucket=place.bucket)["Contents"]
    assert [item["Key"] for item in found] == [key_of(digest)]


def test_objects_of_others_are_no_blobs(server: S3Server, place: S3Place, store: S3ArtifactStore) -> None:
    digest = store.put(b"data")
    other = "0" * 64
    for key in ("README", "blobs/README", f"blobs/ff/{other}", f"blobs/{other}", f"blobs/00/more/{other}"):
        server.client.put_object(Bucket=place.bucket, Key=f"team/models/{key}", Body=b"other")
    server.client.put_object(Bucket=place.bucket, Key=f"team/blobs/00/{other}", Body=b"other")
    assert [blob.digest for blob in store.blobs()] == [digest]


def test_prefixes_of_one_bucket_are_stores_of_their_own(place: S3Place, store: S3ArtifactStore) -> None:
    digest = store.put(b"data")
    neighbours = [S3ArtifactStore(replace(place, prefix=prefix)) for prefix in ("", "team", "team/models2")]
    assert [list(neighbour.blobs()) for neighbour in neighbours] == [[], [], []]
    assert [neighbour.exists(digest) for neighbour in neighbours] == [False] * 3


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 2 * PART_BYTES + 12_345])
@pytest.mark.parametrize("wrap", [io.BytesIO, stream_of])
def test_streams_of_any_length(store: S3ArtifactStore, size: int, wrap: type) -> None:
    data = large(size)
    digest, stored = store.put_stream(wrap(data))
    assert (digest, stored) == (hashlib.sha256(data).hexdigest(), size)
    assert store.read(digest) == data
    assert [blob.bytes for blob in store.blobs()] == [size]


def test_bytes_larger_than_a_part_are_put_in_parts(server: S3Server, place: S3Place, store: S3ArtifactStore) -> None:
    data = large(2 * PART_BYTES + 1)
    digest = store.put(data)
    assert store.read(digest) == data
    assert "Uploads" not in server.client.list_multipart_uploads(Bucket=place.bucket)


def test_memory_does_not_grow_with_the_stream(store: S3ArtifactStore) -> None:
    class Zeros(io.RawIOBase):
        left = 16 * PART_BYTES

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:
            size = min(len(buffer), self.left)
            buffer[:size] = bytes(size)
            self.left -= size
            return size

    store.put(b"what a first request loads")
    tracemalloc.start()
    digest, size = store.put_stream(Zeros())  # type: ignore[arg-type]
    with store.open(digest) as stream:
        while stream.read(1 << 20):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 16 * PART_BYTES
    assert peak < 4 * PART_BYTES


def test_a_stream_that_changes_between_its_readings_is_refused(store: S3ArtifactStore) -> None:
    class Changing(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            self.getbuffer()[:1] = b"?"
            return super().seek(offset, whence)

    for size in (10, PART_BYTES + 10):
        with pytest.raises(IntegrityError, match="changed"):
            store.put_stream(Changing(large(size)))
    assert list(store.blobs()) == []
    assert store.sweep_temporary(LATER_US) == 0


def test_a_reader_reads_as_a_file_does(store: S3ArtifactStore) -> None:
    data = large(3_000_000)
    with store.open(store.put(data)) as stream:
        assert stream.read(0) == b""
        assert stream.read(10) == data[:10]
        assert stream.readline() == data[10 : data.index(b"\n", 10) + 1]
        assert stream.read() == data[data.index(b"\n", 10) + 1 :]
        assert stream.read() == b""
        assert not stream.seekable()
    with pytest.raises(ValueError, match="closed"):
        stream.read(1)


@given(st.lists(st.tuples(st.sampled_from(["put", "stream", "remove"]), st.binary(max_size=3))))
@settings(max_examples=15, deadline=None)
def test_any_sequence_agrees_with_a_dictionary(server: S3Server, shared: S3Place, steps: list) -> None:
    store = S3ArtifactStore(replace(shared, prefix=uuid.uuid4().hex))
    model: dict[str, bytes] = {}
    for step, data in steps:
        digest = hashlib.sha256(data).hexdigest()
        if step == "remove":
            store.remove(digest)
            model.pop(digest, None)
        else:
            assert digest == (store.put(data) if step == "put" else store.put_stream(io.BytesIO(data))[0])
            model[digest] = data
    assert {blob.digest: blob.bytes for blob in store.blobs()} == {d: len(data) for d, data in model.items()}
    assert {digest: store.read(digest) for digest in model} == model


@pytest.fixture(scope="module")
def shared(server: S3Server) -> S3Place:
    return S3Place(server.new_bucket(), "", server.endpoint, addressing="path")


def test_a_listing_of_several_pages(server: S3Server, place: S3Place, store: S3ArtifactStore) -> None:
    def put(number: int) -> None:
        key = key_of(hashlib.sha256(str(number).encode()).hexdigest())
        server.client.put_object(Bucket=place.bucket, Key=key, Body=b"x" * number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, range(1_005)))
    assert sorted(blob.bytes for blob in store.blobs()) == list(range(1_005))


def test_many_put_one_large_blob_at_once(store: S3ArtifactStore) -> None:
    data = large(PART_BYTES + 1_000)
    with ThreadPoolExecutor(6) as pool:
        digests = set(pool.map(lambda _: store.put(data), range(6)))
    assert digests == {hashlib.sha256(data).hexdigest()}
    assert store.read(digests.pop()) == data
    assert store.sweep_temporary(LATER_US) == 0


def test_uploads_that_nobody_ended_are_swept_by_age(server: S3Server, place: S3Place, store: S3ArtifactStore) -> None:
    client = server.client
    keys = (key_of("a" * 64), key_of("b" * 64), "team/models-of-others/blobs/x")
    uploads = [client.create_multipart_upload(Bucket=place.bucket, Key=key) for key in keys]
    client.upload_part(Bucket=place.bucket, Key=keys[0], UploadId=uploads[0]["UploadId"], PartNumber=1, Body=b"half")
    assert not store.exists("a" * 64)
    assert list(store.blobs()) == []
    assert store.sweep_temporary(older_than_us=1_000_000) == 0
    assert store.sweep_temporary(LATER_US) == 2
    left = client.list_multipart_uploads(Bucket=place.bucket)["Uploads"]
    assert [upload["Key"] for upload in left] == [keys[2]]
    assert store.sweep_temporary(LATER_US) == 0


def test_a_url_names_the_store(server: S3Server, place: S3Place) -> None:
    store = open_artifacts(server.url(place.bucket, "team/models"))
    digest = store.put(b"data")
    assert S3ArtifactStore(place).read(digest) == b"data"


def test_a_bucket_is_made_only_when_asked_for(server: S3Server) -> None:
    store = S3ArtifactStore(S3Place(f"new-{uuid.uuid4().hex}", "", server.endpoint, addressing="path"))
    with pytest.raises(StoreUnavailable, match="no bucket"):
        store.put(b"data")
    for _ in range(2):
        store.prepare()
    assert store.read(store.put(b"data")) == b"data"
    other = S3ArtifactStore(place_of(urlsplit(f"s3://{uuid.uuid4().hex}?endpoint={server.endpoint}")))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: other.prepare(), range(4)))


def test_blobs_are_swept_and_repaired(place: S3Place, store: S3ArtifactStore) -> None:
    """The service over it: what a folder does, a bucket does."""
    graph = MemoryStore()
    blobs, caller = Blobs(graph, store), Caller("tester")
    kept, orphan = blobs.save_many([b"kept", b"orphan"], caller)
    graph.transact(lambda transaction: blobs.keep(transaction, [kept.digest]), caller)
    report = blobs.sweep(caller, graph.now() + 2 * STAGED_FOR_US)
    assert (report.staged, report.foreign, report.bytes) == (1, 0, 6)
    assert [blob.digest for blob in store.blobs()] == [kept.digest]
    store.remove(kept.digest)
    assert not blobs.verify(kept.digest)
    blobs.save_stream(io.BytesIO(b"kept"), caller)
    assert blobs.verify(kept.digest)
    assert blobs.read(kept.digest) == b"kept"
    assert not store.exists(orphan.digest)


def test_a_child_of_a_fork_uses_connections_of_its_own(store: S3ArtifactStore) -> None:
    digest = store.put(b"data")
    child = os.fork()
    if child == 0:
        ok = False
        try:
            ok = store.read(digest) == b"data" and bool(store.put(b"of the child"))
        finally:
            os._exit(0 if ok else 1)
    assert store.read(digest) == b"data"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.read(hashlib.sha256(b"of the child").hexdigest()) == b"of the child"
