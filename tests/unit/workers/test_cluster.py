"""What is checked before anything is sent to a cluster. The cluster itself: `tests/acceptance/test_cluster.py`."""

import logging
import math
from functools import partial
from pathlib import Path

import dask
import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.settings import Settings
from arangovis.workers.cluster import (
    ClusterExecutor,
    check_importable,
    check_reach,
    dispatcher,
    host_of,
    supervise_here,
)
from arangovis.workers.place import place_abroad

REMOTE = "arango+http://ada@db:8529/lineage"


@pytest.mark.parametrize(
    ("address", "host"),
    [("tcp://10.0.0.5:8786", "10.0.0.5"), ("tls://dask.lan:1", "dask.lan"), ("tcp://[::1]:8786", "::1")],
)
def test_the_address_of_a_scheduler(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    "address",
    [
        "",
        "10.0.0.5:8786",
        "http://10.0.0.5:8786",
        "tcp://10.0.0.5",
        "tcp://10.0.0.5:0",
        "tcp://10.0.0.5:dask",
        "tcp://10.0.0.5:99999",
        "tcp://:8786",
        "tcp://10.0.0.5:8786/path",
        "tcp://[::1:8786",
        "inproc://10.0.0.5/1/1",
    ],
)
def test_what_is_no_address_is_refused_before_anything_starts(address: str) -> None:
    with pytest.raises(InvalidInput, match="tcp://host:8786") as refusal:
        ClusterExecutor(address)
    assert refusal.value.faults[0].field == "scheduler"


def test_other_machines_cannot_open_the_embedded_store(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, scheduler="tcp://10.0.0.5:8786")
    with pytest.raises(InvalidInput, match="embedded store"), dispatcher(settings, ("toy.done",)):
        pass
    check_reach(Settings(home=tmp_path, scheduler="tcp://127.0.0.1:8786"))


def test_artifacts_in_a_folder_are_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "arangovis.worker"):
        check_reach(Settings(home=tmp_path, store=REMOTE, artifacts="s3://bucket", scheduler="tcp://10.0.0.5:8786"))
        assert caplog.text == ""
        check_reach(Settings(home=tmp_path, store=REMOTE, scheduler="tcp://10.0.0.5:8786"))
    assert "local folder" in caplog.text


def test_tls_needs_certificates_and_says_which(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"distributed\.comm\.tls.*not set"):
        ClusterExecutor("tls://127.0.0.1:8786")
    for content in (None, "no certificate"):
        path = tmp_path / "certificate.pem"
        if content is not None:
            path.write_text(content)
        names = dict.fromkeys(("ca-file", "client.cert", "client.key"), str(path))
        with dask.config.set({f"distributed.comm.tls.{name}": value for name, value in names.items()}):
            with pytest.raises(InvalidInput, match="cannot be read") as refusal:
                ClusterExecutor("tls://127.0.0.1:8786")
            assert str(tmp_path) not in str(refusal.value)


def test_where_encryption_is_required_nothing_else_will_do() -> None:
    with (
        dask.config.set({"distributed.comm.require-encryption": True}),
        pytest.raises(InvalidInput, match="use tls://"),
    ):
        ClusterExecutor("tcp://127.0.0.1:8786")


def test_functions_travel_by_name(tmp_path: Path) -> None:
    check_importable(math.sqrt)
    check_importable(partial(supervise_here, place=place_abroad(Settings(home=tmp_path))))


@pytest.mark.parametrize(
    "function",
    [lambda: None, partial(lambda x: x, 1), "text".upper, print.__call__],
    ids=["lambda", "partial", "method", "wrapper"],
)
def test_code_does_not_travel(function: object) -> None:
    with pytest.raises(TypeError, match="importable"):
        check_importable(function)  # type: ignore[arg-type]
