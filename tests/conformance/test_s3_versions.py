"""Erasing from a bucket with versioning: every version goes, and what may not be removed is said."""

from collections.abc import Iterator

import pytest

from arangovis.artifacts.s3.place import S3Place
from arangovis.artifacts.s3.store import S3ArtifactStore
from arangovis.domain.errors import StoreUnavailable
from tests.s3_server import S3Server
from tests.versioned_s3 import VersionedBucket, versioned_s3

DATA = b"rows of a person"


@pytest.fixture
def served() -> Iterator[tuple[S3Server, VersionedBucket]]:
    with versioned_s3() as served, pytest.MonkeyPatch.context() as patched:
        for name, value in served[0].environment.items():
            patched.setenv(name, value)
        yield served


@pytest.fixture
def bucket(served: tuple[S3Server, VersionedBucket]) -> VersionedBucket:
    return served[1]


@pytest.fixture
def store(served: tuple[S3Server, VersionedBucket]) -> S3ArtifactStore:
    return S3ArtifactStore(S3Place("kept", "team", served[0].endpoint, addressing="path"))


def stored_thrice(store: S3ArtifactStore) -> str:
    """Store the same bytes again and again, as after sweeps: the bucket keeps each."""
    for _ in range(3):
        digest = store.put(DATA)
        store.remove(digest)
    return store.put(DATA)


def test_every_version_goes_and_nothing_shows_meanwhile(store: S3ArtifactStore, bucket: VersionedBucket) -> None:
    digest, other = stored_thrice(store), store.put(b"of others")
    assert len(bucket.versions) == 8
    store.erase(digest)
    assert [version.data for version in bucket.versions] == [b"of others"]
    assert store.read(other) == b"of others"
    assert bucket.shown_again == []


def test_one_that_was_removed_before_is_erased_too(store: S3ArtifactStore, bucket: VersionedBucket) -> None:
    digest = stored_thrice(store)
    store.remove(digest)
    store.erase(digest)
    assert bucket.versions == []


def test_a_sweep_leaves_versions_to_the_bucket(store: S3ArtifactStore, bucket: VersionedBucket) -> None:
    digest = store.put(DATA)
    store.remove(digest)
    assert not store.exists(digest)
    assert [version.data for version in bucket.versions] == [None, DATA]


@pytest.mark.parametrize("what", ["list", "delete"])
def test_versions_that_may_not_be_removed_are_said(store: S3ArtifactStore, bucket: VersionedBucket, what: str) -> None:
    digest = stored_thrice(store)
    bucket.forbidden.add(what)
    with pytest.raises(StoreUnavailable, match="versions of them"):
        store.erase(digest)
    bucket.forbidden.clear()
    store.erase(digest)
    assert bucket.versions == []
