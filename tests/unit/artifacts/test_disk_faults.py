"""A disk that is full or fails, under the folder of artifacts: said as such, and nothing is there by half."""

import errno
import os
from pathlib import Path

import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.errors import StoreUnavailable


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_failing_fsync_is_said_and_putting_again_helps(
    tmp_path: Path, code: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, left, fsync = LocalArtifactStore(tmp_path), [after], os.fsync

    def failing(file: int) -> None:
        if left[0] == 0:
            raise OSError(code, os.strerror(code), str(tmp_path))
        left[0] -= 1
        fsync(file)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing)
        with pytest.raises(StoreUnavailable, match="the disk of the artifacts failed") as caught:
            store.put(b"digits")
    assert str(tmp_path) not in str(caught.value)
    digest = store.put(b"digits")
    assert store.read(digest) == b"digits"
    assert [blob.digest for blob in store.blobs()] == [digest]
    assert not list((tmp_path / "temporary").glob("*"))


def test_a_write_that_takes_part_of_the_bytes_is_gone_on_with(tmp_path: Path) -> None:
    from arangovis.artifacts.local import _write_all

    taken: list[bytes] = []

    class Slow:
        def write(self, data: memoryview) -> int:
            taken.append(bytes(data[:3]))
            return min(3, len(data))

    _write_all(Slow(), b"0123456789")  # type: ignore[arg-type]
    assert b"".join(taken) == b"0123456789"
