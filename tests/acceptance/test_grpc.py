"""`arangovis grpc` as a process of its own: it answers, and stops in good order when it is told to."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from tests.acceptance.processes import free_port

pytestmark = pytest.mark.acceptance

SERVING = b"\x08\x01"
"""HealthCheckResponse(status=SERVING) as it travels."""


def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "arangovis.cli", "grpc", "--home", str(tmp_path / "home"), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert re.search(f"grpc://127.0.0.1:{port}$", process.stdout.readline().strip())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                check = channel.unary_unary("/grpc.health.v1.Health/Check")
                assert check(b"", timeout=20) == SERVING
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
