"""Embedders over REST and through the SDK: an ONNX file and a local HTTP endpoint, both real."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from falcon.testing import TestClient

import arangovis as av
from arangovis.client.client import Client
from arangovis.settings import Settings
from arangovis.wiring import Arangovis
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.test_client_calls import in_process, over_rest
from tests.backends import build_service, settings_of
from tests.embedding_functions import halves
from tests.onnx_embedders import digits_encoder
from tests.pixel_rows import PIXELS, pixel_rows
from tests.unit.embedders.test_endpoint import answering, by_halves

ROWS = 80


@pytest.fixture
def endpoint() -> Iterator[str]:
    with answering(by_halves) as (url, _):
        yield url


@pytest.fixture
def settings(tmp_path: Path, endpoint: str) -> Settings:
    own = settings_of(tmp_path / "home")
    return replace(own, embedder_endpoints=endpoint, embedder_functions="tests.embedding_functions:halves")


@pytest.fixture
def service(settings: Settings) -> Iterator[Arangovis]:
    built = build_service(settings)
    yield built
    built.close()


@pytest.fixture(params=[in_process, over_rest], ids=lambda way: way.__name__)
def ada(service: Arangovis, request: pytest.FixtureRequest) -> Client:
    made: Client = request.param(service)("ada")
    return made


def registered(client: Client) -> int:
    """Register a model version that takes pixels, with 80 digits as its traffic."""
    client.register_project("vision")
    client.register_model("vision", "digits")
    inputs = tuple(av.signature_field(name, "float64", "NUMERICAL") for name in PIXELS)
    signature = av.Signature(inputs, (av.signature_field("class", "int64", "NOMINAL"),))
    number = client.register_model_version("vision", "digits", signature).number
    client.append_production_data(number, pixel_rows(0, ROWS))
    return number


def test_an_onnx_file_is_uploaded_and_used(ada: Client, tmp_path: Path) -> None:
    number = registered(ada)
    (tmp_path / "digits.onnx").write_bytes(digits_encoder())
    made = ada.set_embedder(number, onnx=tmp_path / "digits.onnx", batch_rows=32)
    assert (made.number, made.embedder.kind, made.embedder.columns) == (1, "onnx", PIXELS)
    assert ada.embedder(number) == made == ada.set_embedder(number, onnx=digits_encoder(), batch_rows=32)
    plot = ada.project(number, "pca")
    assert plot.coordinates.shape == (ROWS, 2)
    upstream = {str(visit.node.id): visit for visit in ada.lineage(plot.run, direction="upstream").visits}
    assert {str(made.node), str(made.embedder.artifact)} <= upstream.keys()


def test_an_endpoint_is_asked(ada: Client, endpoint: str) -> None:
    number = registered(ada)
    assert ada.set_embedder(number, url=endpoint).embedder.url == endpoint
    plot = ada.project(number, "pca")
    held = pixel_rows(0, ROWS)
    ink = halves({name: held[name] for name in PIXELS})
    spread = np.linalg.svd(ink - ink.mean(axis=0), compute_uv=False)
    assert float(plot.coordinates.var(axis=0).sum()) == pytest.approx((spread[:2] ** 2).sum() / ROWS, rel=1e-3)


def test_a_function_is_called_and_all_rows_are_placed(ada: Client) -> None:
    number = registered(ada)
    ada.set_embedder(number, function="tests.embedding_functions:halves", columns=PIXELS)
    assert len(ada.project_all(number, "pca")) == ROWS


def test_rows_with_and_without_embeddings_are_not_mixed(ada: Client) -> None:
    number = registered(ada)
    later = pixel_rows(ROWS, ROWS + 5)
    embedded = {**later, "embedding": np.ones((5, 2), np.float32)}
    ada.set_embedder(number, function="tests.embedding_functions:halves", columns=PIXELS)
    with pytest.raises(av.errors.InvalidInput, match="embedding: is there, and the rows before have none"):
        ada.append_production_data(number, embedded)
    ada.append_production_data(number, later)
    assert ada.project(number, "pca").coordinates.shape == (ROWS + 5, 2)
    other = ada.register_model_version(
        "vision", "digits", av.Signature(outputs=(av.signature_field("embedding", "float32", shape=(1, 2)),))
    ).number
    ada.append_production_data(other, embedded)
    ada.set_embedder(other, function="tests.embedding_functions:halves", columns=PIXELS)
    with pytest.raises(av.errors.InvalidInput, match="embedding: is missing, and the rows before have embeddings"):
        ada.append_production_data(other, later)


def test_a_failure_reaches_who_asked(ada: Client) -> None:
    number = registered(ada)
    ada.set_embedder(number, onnx=b"no graph")
    with pytest.raises(av.errors.NotSupported, match="the embedder's file is no ONNX graph that can be run"):
        ada.project(number, "pca")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, "one of them"),
        ({"url": "http://127.0.0.1:1/", "function": "a:b"}, "one of them"),
        ({"url": "http://127.0.0.1:1/"}, "not below an address that the setting embedder_endpoints names"),
        ({"function": "os:system"}, "not among the functions"),
        ({"onnx": "/no/such/file.onnx"}, "cannot be read"),
        ({"onnx": b""}, "is empty"),
        ({"function": "tests.embedding_functions:halves", "batch_rows": 0}, "batch_rows"),
        ({"function": "tests.embedding_functions:halves", "dialect": "grpc"}, "dialect"),
        ({"function": "tests.embedding_functions:halves", "other": 1}, "other"),
    ],
)
def test_what_does_not_fit_is_refused(ada: Client, given: dict[str, object], fault: str) -> None:
    number = registered(ada)
    with pytest.raises(av.errors.InvalidInput, match=fault):
        ada.set_embedder(number, **given)  # type: ignore[arg-type]
    with pytest.raises(av.errors.NotFound, match="has no embedder"):
        ada.embedder(number)


def test_the_routes_keep_their_contract(service: Arangovis) -> None:
    client: TestClient = ContractClient(create_app(service))
    number = registered(in_process(service)("ada"))
    path = f"/api/v1/model-versions/{number}/embedder"
    assert client.simulate_get(path).status_code == 404
    octets = {"Content-Type": "application/octet-stream"}
    sent = [client.simulate_post(f"{path}/file", body=digits_encoder(), headers=octets) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 200]
    body = {"kind": "onnx", "artifact": sent[0].json["artifact"]}
    assert [client.simulate_post(path, json=body).status_code for _ in range(2)] == [201, 200]
    found = client.simulate_get(path)
    assert (found.status_code, found.json["embedder"]["artifact"]) == (200, body["artifact"])
    assert client.simulate_get(path, headers={"If-None-Match": found.headers["ETag"]}).status_code == 304
    missing = {"kind": "onnx", "artifact": "artifact/" + "0" * 32}
    assert client.simulate_post(path, json=missing).status_code == 404
    assert client.simulate_post(path, json={"kind": "torch"}).status_code == 400
