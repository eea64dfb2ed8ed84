"""The gRPC face, asked by a real client that was generated from the proto file that is shipped."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from grpc_tools import protoc

from arangovis.domain.access import Role
from arangovis.domain.errors import InvalidInput
from arangovis.domain.runs import RunState
from arangovis.services.access.tokens import TokenWanted
from arangovis.wiring import Arangovis
from arangovis_api.limits import REFUSALS_BURST
from arangovis_api.rpc import TASK_ID, serve_rpc
from tests.api.visualization import PREPARER, World, digits, training_digits
from tests.certificates import certificate

HEALTH = """
syntax = "proto3";
package grpc.health.v1;
message HealthCheckRequest { string service = 1; }
message HealthCheckResponse {
  enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
  ServingStatus status = 1;
}
service Health { rpc Check(HealthCheckRequest) returns (HealthCheckResponse);
                 rpc Watch(HealthCheckRequest) returns (stream HealthCheckResponse); }
"""
FIT = "hydrosphere.interpretability.visualization.VisualizationService"


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModuleType]:
    """Return what grpcio-tools makes of the shipped proto file and of grpc's health service."""
    folder = tmp_path_factory.mktemp("proto")
    (folder / "rpc_visualization.proto").write_text(files("arangovis_api").joinpath("visualization.proto").read_text())
    (folder / "rpc_health.proto").write_text(HEALTH)
    wellknown = str(Path(str(files("grpc_tools"))) / "_proto")
    for name in ("rpc_visualization", "rpc_health"):
        arguments = ["protoc", f"-I{folder}", f"-I{wellknown}", f"--python_out={folder}", f"--grpc_python_out={folder}"]
        assert protoc.main([*arguments, f"{name}.proto"]) == 0
    sys.path.insert(0, str(folder))
    try:
        return {name: importlib.import_module(name) for name in GENERATED}
    finally:
        sys.path.remove(str(folder))


GENERATED = ("rpc_visualization_pb2", "rpc_visualization_pb2_grpc", "rpc_health_pb2", "rpc_health_pb2_grpc")


class Client:
    """Calls of both services."""

    def __init__(self, channel: grpc.Channel, generated: dict[str, ModuleType]) -> None:
        self._messages, self._health = generated["rpc_visualization_pb2"], generated["rpc_health_pb2"]
        self._fit = generated["rpc_visualization_pb2_grpc"].VisualizationServiceStub(channel)
        self.health = generated["rpc_health_pb2_grpc"].HealthStub(channel)

    def fit(self, number: int, *, re: bool = False, token: str | None = None) -> tuple[object, dict[str, str]]:
        metadata = None if token is None else (("authorization", f"Bearer {token}"),)
        request = self._messages.FitRequest(model_version_id=number, re=re)
        answer, call = self._fit.Fit.with_call(request, metadata=metadata, timeout=20)
        return answer, dict(call.trailing_metadata())

    def check(self, service: str = "") -> int:
        return int(self.health.Check(self._health.HealthCheckRequest(service=service), timeout=20).status)

    def refused(self, number: int, **given: Any) -> tuple[grpc.StatusCode, str]:
        with pytest.raises(grpc.RpcError) as caught:
            self.fit(number, **given)
        return caught.value.code(), caught.value.details()


@pytest.fixture
def rpc(world: World, generated: dict[str, ModuleType]) -> Iterator[Client]:
    server, port = serve_rpc(world.service, "127.0.0.1", 0)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Client(channel, generated)
    server.stop(None).wait()


def test_fit_asks_for_a_run_that_computes_the_plot(world: World, rpc: Client) -> None:
    number = world.model(production=digits(0, 60), training=training_digits(600, 700))
    answer, trailing = rpc.fit(number, re=True)
    assert type(answer).__name__ == "Empty"
    task = trailing[TASK_ID]
    assert world.run(task).state is RunState.PENDING
    assert world.finished(task)["result"]["data_shape"] == [60, 2]


def test_without_re_the_transformer_is_kept_as_the_default_of_proto3_says(world: World, rpc: Client) -> None:
    number = world.model(production=digits(0, 60), training=training_digits(600, 700))
    before = world.plot(number, "umap")
    world.send(number, digits(60, 90))
    task = rpc.fit(number)[1][TASK_ID]
    after = world.finished(task)["result"]
    assert after["training_data"] == before["training_data"]
    assert after["data_shape"] == [90, 2]
    assert world.read_of(task, "transformer")


def test_what_cannot_be_asked_for_has_a_status(world: World, rpc: Client) -> None:
    assert rpc.refused(999)[0] is grpc.StatusCode.NOT_FOUND
    code, details = rpc.refused(0)
    assert (code, "model_version_id" in details) == (grpc.StatusCode.INVALID_ARGUMENT, True)
    assert rpc.refused(-3)[0] is grpc.StatusCode.INVALID_ARGUMENT
    code, details = rpc.refused(world.model("silent"))
    assert (code, details) == (grpc.StatusCode.FAILED_PRECONDITION, "No production data.")


def test_health_is_that_of_the_store(world: World, rpc: Client) -> None:
    assert (rpc.check(), rpc.check(FIT)) == (1, 1)
    with pytest.raises(grpc.RpcError) as caught:
        rpc.check("nope")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_with_tokens_a_caller_needs_one_that_may_write(world: World, rpc: Client) -> None:
    number = world.model(production=digits(0, 40))
    create = world.service.access.tokens.create
    reader, writer = (create(TokenWanted(role.value, role), PREPARER).secret for role in (Role.READ, Role.WRITE))
    assert rpc.refused(number)[0] is grpc.StatusCode.UNAUTHENTICATED
    assert rpc.refused(number, token="nobody's")[0] is grpc.StatusCode.UNAUTHENTICATED
    assert rpc.refused(number, token=reader)[0] is grpc.StatusCode.PERMISSION_DENIED
    assert rpc.check() == 1
    task = rpc.fit(number, token=writer)[1][TASK_ID]
    assert world.run(task).state is RunState.PENDING


def test_who_guesses_at_tokens_is_slowed_down(world: World, rpc: Client) -> None:
    token = world.service.access.tokens.create(TokenWanted("writer", Role.WRITE), PREPARER).secret
    answers = [rpc.refused(1, token=f"guess {number}")[0] for number in range(REFUSALS_BURST + 50)]
    assert set(answers[:REFUSALS_BURST]) == {grpc.StatusCode.UNAUTHENTICATED}
    assert grpc.StatusCode.RESOURCE_EXHAUSTED in answers[REFUSALS_BURST:]
    number = world.model(production=digits(0, 40))
    assert rpc.fit(number, token=token)[1][TASK_ID], "who has a token is not held up by others at the same address"


@contextmanager
def served(service: Arangovis, **changed: Any) -> Iterator[int]:
    """Serve under other settings; give the port."""
    server, port = serve_rpc(replace(service, settings=replace(service.settings, **changed)), "127.0.0.1", 0)
    try:
        yield port
    finally:
        server.stop(None).wait()


def test_one_token_asks_so_much_and_no_more(world: World, generated: dict[str, ModuleType]) -> None:
    create = world.service.access.tokens.create
    tokens = [create(TokenWanted(name, Role.WRITE), PREPARER).secret for name in ("busy", "calm")]
    with (
        served(world.service, token_rate=1, token_burst=2) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        client = Client(channel, generated)
        answers = [client.refused(999, token=tokens[0])[0] for _ in range(10)]
        assert answers[:2] == [grpc.StatusCode.NOT_FOUND] * 2
        assert grpc.StatusCode.RESOURCE_EXHAUSTED in answers
        assert client.refused(999, token=tokens[1])[0] is grpc.StatusCode.NOT_FOUND


def test_with_a_certificate_the_channel_is_encrypted(
    world: World, generated: dict[str, ModuleType], tmp_path: Path
) -> None:
    number = world.model(production=digits(0, 40))
    token = world.service.access.tokens.create(TokenWanted("writer", Role.WRITE), PREPARER).secret
    cert, key = certificate(tmp_path)
    with served(world.service, tls_cert_file=cert, tls_key_file=key) as port:
        trusted = grpc.ssl_channel_credentials(cert.read_bytes())
        with grpc.secure_channel(f"localhost:{port}", trusted) as channel:
            client = Client(channel, generated)
            assert client.check() == 1
            assert client.refused(number)[0] is grpc.StatusCode.UNAUTHENTICATED
            assert client.fit(number, token=token)[1][TASK_ID]
        for channel in (
            grpc.insecure_channel(f"localhost:{port}"),
            grpc.secure_channel(f"localhost:{port}", grpc.ssl_channel_credentials()),  # knows other authorities
        ):
            with channel:
                assert Client(channel, generated).refused(number)[0] is grpc.StatusCode.UNAVAILABLE


def test_a_certificate_that_cannot_be_used_is_refused_at_the_start(world: World, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    for given in ({"tls_cert_file": cert}, {"tls_cert_file": cert, "tls_key_file": cert}):
        with pytest.raises(InvalidInput, match="tls_key_file"), served(world.service, **given):
            raise AssertionError("it serves")
    with served(world.service, tls_cert_file=cert, tls_key_file=key) as port:
        assert port
