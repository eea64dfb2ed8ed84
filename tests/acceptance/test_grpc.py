"""`arangovis grpc` as a process of its own: it answers, and stops in good order when it is told to."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest

from tests.acceptance.processes import free_port
from tests.certificates import certificate

pytestmark = pytest.mark.acceptance

SERVING = b"\x08\x01"
"""HealthCheckResponse(status=SERVING) as it travels."""


def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    served_and_stopped(tmp_path, "grpc", grpc.insecure_channel)


def test_the_command_serves_encrypted(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    trusted = grpc.ssl_channel_credentials(cert.read_bytes())
    options = ("--tls-cert", str(cert), "--tls-key", str(key))
    served_and_stopped(tmp_path, "grpcs", lambda address: grpc.secure_channel(address, trusted), *options)


def served_and_stopped(folder: Path, scheme: str, connected: Callable[[str], grpc.Channel], *options: str) -> None:
    """Run the command, ask it for its health, and stop it."""
    port = free_port()
    command = [sys.executable, "-m", "arangovis.cli", "grpc", "--home", str(folder / "home"), "--port", str(port)]
    command += options
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert re.search(f"{scheme}://127.0.0.1:{port}$", process.stdout.readline().strip())
            with connected(f"localhost:{port}") as channel:
                check = channel.unary_unary("/grpc.health.v1.Health/Check")
                assert check(b"", timeout=20) == SERVING
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
