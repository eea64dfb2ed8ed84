"""What networks, servers and operators do wrong with S3, before a real server: told as our errors, and nothing
half-written is ever seen."""

import hashlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.artifacts.base import REMOVE_MAX_S
from arangovis.artifacts.registry import open_artifacts
from arangovis.artifacts.s3.client import Patience, S3Client
from arangovis.artifacts.s3.place import S3Place
from arangovis.artifacts.s3.reader import REOPENS_MAX
from arangovis.artifacts.s3.store import HASTE, S3ArtifactStore
from arangovis.domain.errors import IntegrityError, MissingExtra, NotFound, StoreUnavailable
from arangovis.workers.process import child_environment
from tests.fault_proxy import Asked, Fault, FaultProxy, fault_proxy
from tests.s3_server import ROOT, S3Server, running_s3

PART_BYTES = 5 << 20
LATER_US = 2**60
QUICK = Patience(connect_s=2, read_s=20, attempts=2)
HASTY = Patience(connect_s=0.3, read_s=0.3, attempts=1)
SMALL = b"all of it" * 1_000
LARGE = bytes(range(256)) * (PART_BYTES // 256) * 2 + b"the end"


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with running_s3() as running:
        yield running


@pytest.fixture(autouse=True)
def _credentials(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def proxy(server: S3Server) -> Iterator[FaultProxy]:
    with fault_proxy(server.endpoint) as running:
        yield running


@pytest.fixture
def bucket(server: S3Server) -> str:
    return server.new_bucket()


@pytest.fixture
def place(bucket: str, proxy: FaultProxy) -> S3Place:
    return S3Place(bucket, "p", proxy.endpoint, addressing="path")


@pytest.fixture
def store(place: S3Place) -> S3ArtifactStore:
    return S3ArtifactStore(place, patience=QUICK, part_bytes=PART_BYTES)


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def asks(method: str, part: str = "") -> Callable[[Asked], bool]:
    """Match a method and a part of the path."""
    return lambda asked: asked.method == method and part in asked.path


def seen(server: S3Server, bucket: str) -> dict[str, int]:
    """Return what anyone can see in the bucket: keys and sizes."""
    return {item["Key"]: item["Size"] for item in server.client.list_objects_v2(Bucket=bucket).get("Contents", ())}


# --- reading ----------------------------------------------------------------------------------------------------


def test_an_answer_that_breaks_off_is_read_on(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    digest = store.put(LARGE)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), cut_answer=3_000_000))
    proxy.expect(Fault(asks("GET", "/p/blobs/"), cut_answer=4_000_001))
    assert store.read(digest) == LARGE
    ranges = [asked.headers.get("Range") for asked in proxy.asked if asks("GET", "/p/blobs/")(asked)]
    assert ranges == [None, "bytes=3000000-", "bytes=7000001-"]


def test_an_answer_that_always_breaks_off_is_never_the_whole(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    digest = store.put(LARGE)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), times=100, cut_answer=1_000))
    with store.open(digest) as stream, pytest.raises(StoreUnavailable, match=r"broke off too often.*of 10485767"):
        stream.read()
    assert proxy.count("GET", "/p/blobs/") == 1 + REOPENS_MAX
    with pytest.raises(StoreUnavailable):
        store.read(digest)


def test_an_answer_that_hangs_is_given_up(proxy: FaultProxy, place: S3Place, store: S3ArtifactStore) -> None:
    digest = store.put(SMALL)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), hang=True))
    with pytest.raises(StoreUnavailable, match="ARANGOVIS_S3_ENDPOINT"):
        S3ArtifactStore(place, patience=HASTY).read(digest)
    assert store.read(digest) == SMALL


def test_errors_of_the_server_are_tried_again(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    digest = store.put(SMALL)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), status=500))
    assert store.read(digest) == SMALL
    assert proxy.count("GET", "/p/blobs/") == 2


@pytest.mark.parametrize("status", [500, 503])
def test_but_not_for_ever(proxy: FaultProxy, store: S3ArtifactStore, status: int) -> None:
    digest = store.put(SMALL)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), times=100, status=status))
    with pytest.raises(StoreUnavailable, match="busy or broken"):
        store.read(digest)
    assert proxy.count("GET", "/p/blobs/") == QUICK.attempts


def test_a_blob_that_changes_while_it_is_read(proxy: FaultProxy, server: S3Server, store: S3ArtifactStore) -> None:
    digest = store.put(LARGE)
    key = f"p/blobs/{digest[:2]}/{digest}"
    proxy.expect(Fault(asks("GET", "/p/blobs/"), cut_answer=1_000))
    with store.open(digest) as stream:
        server.client.put_object(Bucket=store._client._place.bucket, Key=key, Body=LARGE[:-1])
        with pytest.raises(IntegrityError, match="changed while it was read"):
            stream.read()


def test_a_server_that_does_not_know_ranges(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    digest = store.put(LARGE)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), cut_answer=1_000))
    proxy.expect(Fault(asks("GET", "/p/blobs/"), forget="content-range"))
    with store.open(digest) as stream, pytest.raises(StoreUnavailable, match="does not give the part"):
        stream.read()


def test_a_blob_that_goes_while_it_is_read(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    digest = store.put(LARGE)
    proxy.expect(Fault(asks("GET", "/p/blobs/"), cut_answer=1_000))
    with store.open(digest) as stream:
        store.remove(digest)
        with pytest.raises(NotFound):
            stream.read()


# --- writing ----------------------------------------------------------------------------------------------------

BREAKS = {
    "cut": {"cut_request": 4_000},
    "hang": {"hang": True},
    "refused": {"status": 503},
    "damaged": {"damage": lambda body: body[:-1] + bytes([body[-1] ^ 1])},
}
PUTS = {"small": SMALL, "part": LARGE[:PART_BYTES], "large": LARGE}


@pytest.mark.parametrize("data", PUTS.values(), ids=PUTS)
@pytest.mark.parametrize("fault", BREAKS.values(), ids=BREAKS)
def test_a_put_that_fails_leaves_nothing_to_be_seen(
    proxy: FaultProxy, server: S3Server, place: S3Place, store: S3ArtifactStore, fault: dict, data: bytes
) -> None:
    hasty = S3ArtifactStore(place, patience=replace(HASTY, read_s=1), part_bytes=PART_BYTES)
    is_large = len(data) > PART_BYTES
    broken = proxy.expect(Fault(asks("PUT", "partNumber=2" if is_large else ""), times=100, **fault))
    with pytest.raises(StoreUnavailable):
        hasty.put(data)
    assert broken.hit.is_set()
    assert seen(server, place.bucket) == {}
    assert not store.exists(digest_of(data))
    broken.times = 0
    assert store.sweep_temporary(LATER_US) == 0
    assert store.read(store.put(data)) == data


@pytest.mark.parametrize("data", PUTS.values(), ids=PUTS)
@pytest.mark.parametrize("fault", [BREAKS["cut"], BREAKS["refused"]], ids=["cut", "refused"])
def test_a_put_that_fails_once_is_tried_again(
    proxy: FaultProxy, store: S3ArtifactStore, fault: dict, data: bytes
) -> None:
    proxy.expect(Fault(asks("PUT"), **fault))
    assert store.read(store.put(data)) == data


def test_damage_on_the_way_is_told(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    proxy.expect(Fault(asks("PUT"), **BREAKS["damaged"]))
    with pytest.raises(StoreUnavailable, match="damaged, and were refused"):
        store.put(SMALL)


@pytest.mark.parametrize("data", PUTS.values(), ids=PUTS)
def test_a_lost_answer_is_no_loss(proxy: FaultProxy, store: S3ArtifactStore, data: bytes) -> None:
    """The last request was carried out and its answer lost: the repetition must find that, not fail on it."""
    last = asks("POST", "uploadId=") if len(data) > PART_BYTES else asks("PUT")
    lost = proxy.expect(Fault(last, lose_answer=True))
    assert store.read(store.put(data)) == data
    assert lost.hit.is_set()


def test_a_completion_that_fails_leaves_nothing(proxy: FaultProxy, server: S3Server, store: S3ArtifactStore) -> None:
    proxy.expect(Fault(asks("POST", "uploadId="), times=100, status=500))
    with pytest.raises(StoreUnavailable):
        store.put_stream(io.BytesIO(LARGE))
    assert seen(server, store._client._place.bucket) == {}
    assert store.sweep_temporary(LATER_US) == 0


def test_an_upload_that_cannot_even_be_given_up_is_swept(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    proxy.expect(Fault(asks("PUT", "partNumber=2"), times=100, status=500))
    proxy.expect(Fault(asks("DELETE"), status=500))
    with pytest.raises(StoreUnavailable):
        store.put(LARGE)
    assert list(store.blobs()) == []
    assert store.sweep_temporary(LATER_US) == 1
    assert store.sweep_temporary(LATER_US) == 0


def test_an_upload_that_a_sweep_ended_is_told(proxy: FaultProxy, server: S3Server, store: S3ArtifactStore) -> None:
    class Swept(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            self.reads += 1
            if self.reads == 2 * (len(LARGE) // (1 << 20)) + 2:
                assert store.sweep_temporary(LATER_US) == 1
            return super().read(size)

    with pytest.raises((StoreUnavailable, IntegrityError)):
        store.put_stream(Swept(LARGE))
    assert seen(server, store._client._place.bucket) == {}


def test_a_server_that_keeps_less_than_it_was_sent(proxy: FaultProxy, place: S3Place) -> None:
    """Should one not look at Content-MD5, the size afterwards shows it."""
    liar = Liar(place)
    with pytest.raises(IntegrityError, match=r"of the 9000 bytes of blob .* 8999 arrived"):
        liar.put(SMALL)


class Liar(S3ArtifactStore):
    """A store whose requests lose a byte, with a checksum that fits."""

    def __init__(self, place: S3Place) -> None:
        super().__init__(place)
        put = self._client.put
        self._client.put = lambda key, data: put(key, data[:-1])  # type: ignore[method-assign]


_WRITER = """
import io, sys
from arangovis.artifacts.registry import open_artifacts
print(open_artifacts(sys.argv[1]).put_stream(io.BytesIO(bytes(40 << 20))), flush=True)
"""


def test_a_writer_killed_in_the_middle_leaves_nothing_to_be_seen(
    proxy: FaultProxy, server: S3Server, store: S3ArtifactStore, bucket: str
) -> None:
    stuck = proxy.expect(Fault(asks("PUT", "partNumber=2"), hang=True))
    command = [sys.executable, "-c", _WRITER, f"s3://{bucket}/p?endpoint={proxy.endpoint}"]
    environment = child_environment({**server.environment, "PYTHONPATH": str(ROOT)})
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as writer:
        assert stuck.hit.wait(60)
        writer.send_signal(signal.SIGKILL)
        assert writer.communicate()[0] == b""
    digest = digest_of(bytes(40 << 20))
    assert not store.exists(digest)
    assert list(store.blobs()) == []
    assert seen(server, bucket) == {}
    assert store.sweep_temporary(older_than_us=1) == 0
    assert store.sweep_temporary(LATER_US) == 1
    assert store.put_stream(io.BytesIO(bytes(40 << 20))) == (digest, 40 << 20)


# --- removing ---------------------------------------------------------------------------------------------------


def test_a_removal_is_sent_once_and_ends_in_time(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    """A removal repeated later could take what was written since."""
    digest = store.put(SMALL)
    proxy.expect(Fault(asks("DELETE"), status=500))
    with pytest.raises(StoreUnavailable):
        store.remove(digest)
    assert proxy.count("DELETE") == 1
    assert HASTE.attempts * (HASTE.connect_s + HASTE.read_s) < REMOVE_MAX_S
    assert store.read(digest) == SMALL
    store.remove(digest)
    assert not store.exists(digest)


# --- what an operator gets wrong ---------------------------------------------------------------------------------

USES: dict[str, Callable[[S3ArtifactStore], object]] = {
    "put": lambda store: store.put(SMALL),
    "put_stream": lambda store: store.put_stream(io.BytesIO(LARGE)),
    "open": lambda store: store.open("0" * 64),
    "exists": lambda store: store.exists("0" * 64),
    "remove": lambda store: store.remove("0" * 64),
    "blobs": lambda store: list(store.blobs()),
    "sweep_temporary": lambda store: store.sweep_temporary(LATER_US),
}
use = pytest.mark.parametrize("use", USES.values(), ids=USES)


def told(use: Callable[[S3ArtifactStore], object], store: S3ArtifactStore) -> str:
    """Return what a use is refused with; it holds no secret and no address."""
    with pytest.raises(StoreUnavailable) as caught:
        use(store)
    for secret in (os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY"), "://", "127.0.0.1"):
        assert not secret or secret not in caught.value.detail
    return caught.value.detail


@use
def test_a_bucket_that_is_not_there(place: S3Place, use: Callable) -> None:
    detail = told(use, S3ArtifactStore(replace(place, bucket="no-such-bucket"), patience=QUICK))
    assert "there is no bucket 'no-such-bucket': check ARANGOVIS_ARTIFACTS" in detail


@use
@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_credentials(place: S3Place, monkeypatch: pytest.MonkeyPatch, use: Callable, variable: str) -> None:
    monkeypatch.setenv(variable, "wrong-secret-of-16-or-more")
    detail = told(use, S3ArtifactStore(place, patience=QUICK))
    assert "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in detail
    assert variable in told(S3ArtifactStore.prepare, S3ArtifactStore(place, patience=QUICK))


@use
def test_no_credentials(place: S3Place, monkeypatch: pytest.MonkeyPatch, use: Callable) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "there are no credentials for S3" in told(use, S3ArtifactStore(place, patience=QUICK))


@use
def test_nobody_listens(place: S3Place, use: Callable) -> None:
    silent = S3ArtifactStore(replace(place, endpoint="http://127.0.0.1:1"), patience=replace(QUICK, attempts=1))
    assert "check ARANGOVIS_S3_ENDPOINT" in told(use, silent)


@use
def test_a_server_that_hangs(proxy: FaultProxy, place: S3Place, use: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    hasty = S3ArtifactStore(place, patience=HASTY)
    monkeypatch.setattr(hasty, "_hasty_client", S3Client(place, HASTY))
    proxy.expect(Fault(lambda _: True, times=100, hang=True))
    assert "did not answer: check ARANGOVIS_S3_ENDPOINT" in told(use, hasty)


def test_http_where_https_is_meant(place: S3Place) -> None:
    secure = replace(place, endpoint=place.endpoint.replace("http:", "https:"))
    assert "AWS_CA_BUNDLE" in told(USES["put"], S3ArtifactStore(secure, patience=replace(QUICK, attempts=1)))


def test_a_profile_that_is_not_there(place: S3Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "check AWS_PROFILE" in told(USES["put"], S3ArtifactStore(place))


def test_an_error_that_is_not_known_is_named(proxy: FaultProxy, store: S3ArtifactStore) -> None:
    proxy.expect(Fault(asks("HEAD"), times=9, status=418))
    assert "418" in told(USES["put"], store)


def test_without_boto3_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(sys.modules, "arangovis.artifacts.s3.store")
    monkeypatch.delitem(sys.modules, "arangovis.artifacts.s3.client")
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setitem(sys.modules, "boto3.session", None)
    with pytest.raises(MissingExtra, match=r"install arangovis\[s3\]"):
        open_artifacts("s3://bucket/prefix")
