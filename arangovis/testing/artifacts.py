"""What every artifact store must do, for anyone who writes one.

class TestMyStore(ArtifactStoreSuite):
    __test__ = True

    @pytest.fixture
    def store(self): ...

    def overwrite(self, store, digest, data): ...
"""

import gzip
import hashlib
import io
import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import pytest

from arangovis.artifacts.base import ArtifactStore
from arangovis.domain.errors import IntegrityError, InvalidInput, NotFound

NOT_DIGESTS = (
    "",
    "abc",
    "../../etc/passwd",
    "0" * 63,
    "0" * 65,
    "0" * 64 + "\n",
    "A" * 64,
    "g" * 64,
    "../" + "0" * 61,
    "0" * 63 + "/",
    "\0" * 64,
)


class ArtifactStoreSuite(ABC):
    """Checks of `ArtifactStore`. `store` is an empty store."""

    __test__ = False

    @pytest.fixture
    @abstractmethod
    def store(self) -> ArtifactStore:
        """Return an empty store."""

    @abstractmethod
    def overwrite(self, store: ArtifactStore, digest: str, data: bytes) -> None:
        """Replace the stored bytes of a blob behind the store's back."""

    @pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000], ids=["empty", "one", "large"])
    def test_put_returns_the_digest_and_read_the_bytes(self, store: ArtifactStore, data: bytes) -> None:
        digest = store.put(data)
        assert digest == hashlib.sha256(data).hexdigest()
        assert store.exists(digest)
        assert store.read(digest) == data

    def test_put_stream_is_put(self, store: ArtifactStore) -> None:
        data = bytes(range(256)) * 20_000
        assert store.put_stream(io.BytesIO(data)) == (hashlib.sha256(data).hexdigest(), len(data))
        assert store.put_stream(io.BytesIO(data)) == (store.put(data), len(data))
        assert [blob.bytes for blob in store.blobs()] == [len(data)]

    def test_put_stream_reads_from_where_the_stream_stands(self, store: ArtifactStore) -> None:
        stream = io.BytesIO(b"headbody")
        stream.seek(4)
        assert store.read(store.put_stream(stream)[0]) == b"body"

    def test_a_stream_that_fails_stores_nothing(self, store: ArtifactStore) -> None:
        truncated = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(bytes(range(256)) * 20_000)[:-100]))
        with pytest.raises(EOFError):
            store.put_stream(truncated)  # type: ignore[arg-type]
        assert list(store.blobs()) == []

    def test_a_stream_is_announced_before_its_bytes_appear(self, store: ArtifactStore) -> None:
        told: list[tuple[str, int, bool]] = []
        digest, size = store.put_stream(
            io.BytesIO(b"body"), lambda digest, size: told.append((digest, size, store.exists(digest)))
        )
        assert told == [(digest, size, False)]

    def test_a_stream_that_nobody_wants_announced_is_not_stored(self, store: ArtifactStore) -> None:
        def refuse(digest: str, size: int) -> None:
            raise IntegrityError(f"{digest} of {size} bytes")

        with pytest.raises(IntegrityError):
            store.put_stream(io.BytesIO(b"body"), refuse)
        assert list(store.blobs()) == []

    def test_storing_twice_is_storing_once(self, store: ArtifactStore) -> None:
        assert store.put(b"same") == store.put(b"same")
        assert len(list(store.blobs())) == 1

    def test_a_present_blob_of_another_size_is_written_again(self, store: ArtifactStore) -> None:
        digest = store.put(b"all of it")
        self.overwrite(store, digest, b"all of")
        assert store.put(b"all of it") == digest
        assert store.read(digest) == b"all of it"
        self.overwrite(store, digest, b"")
        store.put_stream(io.BytesIO(b"all of it"))
        assert store.read(digest) == b"all of it"

    def test_open_gives_a_stream_from_the_start(self, store: ArtifactStore) -> None:
        digest = store.put(b"abcdef")
        with store.open(digest) as stream:
            assert stream.read(3) == b"abc"
            assert stream.read() == b"def"

    def test_what_is_not_there(self, store: ArtifactStore) -> None:
        absent = hashlib.sha256(b"absent").hexdigest()
        assert not store.exists(absent)
        store.remove(absent)
        with pytest.raises(NotFound):
            store.open(absent)
        with pytest.raises(NotFound):
            store.read(absent)

    def test_remove(self, store: ArtifactStore) -> None:
        digest, other = store.put(b"gone"), store.put(b"stays")
        store.remove(digest)
        assert not store.exists(digest)
        assert [blob.digest for blob in store.blobs()] == [other]
        assert store.put(b"gone") == digest
        assert store.read(digest) == b"gone"

    def test_erase(self, store: ArtifactStore) -> None:
        digest, other = store.put(b"gone for good"), store.put(b"stays")
        for _ in range(2):
            store.erase(digest)
            assert not store.exists(digest)
        assert [blob.digest for blob in store.blobs()] == [other]

    @pytest.mark.parametrize("content", [b"", b"all of it", bytes(range(256)) * 10_000])
    def test_a_view_has_all_bytes_and_outlives_them(self, store: ArtifactStore, content: bytes) -> None:
        digest = store.put(content)
        view = store.view(digest)
        store.remove(digest)
        assert view.readonly
        assert bytes(view) == content
        with pytest.raises(NotFound):
            store.view(digest)

    @pytest.mark.parametrize("damaged", [b"all of iT", b"", b"all of it and more"])
    def test_damage_is_found_on_read(self, store: ArtifactStore, damaged: bytes) -> None:
        digest = store.put(b"all of it")
        assert store.is_intact(digest)
        self.overwrite(store, digest, damaged)
        for read in (store.read, store.view):
            with pytest.raises(IntegrityError):
                read(digest)
        assert not store.is_intact(digest)
        store.remove(digest)
        assert not store.is_intact(digest)

    @pytest.mark.parametrize("digest", NOT_DIGESTS)
    def test_what_is_no_digest_is_refused(self, store: ArtifactStore, digest: str) -> None:
        for use in (store.open, store.read, store.view, store.exists, store.remove):
            with pytest.raises(InvalidInput):
                use(digest)

    def test_blobs_walks_all(self, store: ArtifactStore) -> None:
        stored = {store.put(bytes([n]) * n): n for n in range(60)}
        found = list(store.blobs())
        assert {blob.digest: blob.bytes for blob in found} == stored
        assert all(blob.modified > 1_500_000_000_000_000 for blob in found)

    def test_threads_that_put_the_same_at_once(self, store: ArtifactStore) -> None:
        contents = [bytes([n % 5]) * 200_000 for n in range(40)]
        with ThreadPoolExecutor(8) as pool:
            digests = list(pool.map(store.put, contents))
        assert len(list(store.blobs())) == 5
        assert [store.read(digest) for digest in digests] == contents

    def test_a_reader_never_sees_a_part(self, store: ArtifactStore) -> None:
        data = bytes(range(256)) * 8_000
        digest = hashlib.sha256(data).hexdigest()
        done = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            seen = pool.submit(_lengths_seen, store, digest, done)
            for _ in range(10):
                store.put(data)
                store.remove(digest)
            store.put(data)
            done.set()
        assert seen.result() == {len(data)}


def _lengths_seen(store: ArtifactStore, digest: str, done: threading.Event) -> set[int]:
    """Read until told that the writer is done, and once more: the lengths of what was there."""
    lengths = set()
    ended = False
    while not ended:
        ended = done.is_set()
        try:
            lengths.add(len(store.read(digest)))
        except NotFound:
            continue
    return lengths
