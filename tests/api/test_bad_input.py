"""Bad input: each is a problem that names field and reason, and leaves nothing behind."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from falcon.testing import TestClient

from arangovis.wiring import Arangovis
from tests.api.samples import SIGNATURE, digits, register

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
ARROW = "application/vnd.apache.arrow.stream"
PRODUCTION = "/api/v1/model-versions/1/production-data"
TRAINING = "/api/v1/model-versions/1/training-data"
VERSIONS = "/api/v1/model-versions"
SPECS = "/api/v1/model-versions/1/metric-specs"


@dataclass(frozen=True)
class Bad:
    """A request that must be refused, with which status, and which field it must name."""

    name: str
    path: str
    body: bytes
    fault: str = ""
    status: int = 400
    media_type: str = JSON
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)


def rows(*changed: Mapping[str, Any], **every: Any) -> bytes:
    """Return five rows, the first ones and then all of them changed."""
    given: list[dict[str, Any]] = [{**row, **every} for row in digits(5)]
    for row, changes in zip(given, changed, strict=False):
        row.update(changes)
    return orjson.dumps(given)


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def version(**changes: Any) -> bytes:
    return orjson.dumps({"project": "demo", "model": "digits", "signature": SIGNATURE, **changes})


def inputs(*fields: Any) -> bytes:
    return version(signature={"inputs": list(fields), "outputs": []})


def spec(**changes: Any) -> bytes:
    return orjson.dumps({"name": "anomaly", "threshold": 1.5, "operation": "Less", **changes})


ONE = {"name": "age", "shape": [], "dtype": "int64", "profile": "NUMERICAL"}
EMBEDDINGS = pa.table({"embedding": pa.array([[0.5] * 64] * 3, pa.list_(pa.float32()))})
WIDE = pa.table({f"column {number}": pa.array([1.0]) for number in range(10_001)})

CASES: Sequence[Bad] = (
    # --- rows -------------------------------------------------------------------------------------------------
    Bad("ragged embeddings", PRODUCTION, rows({"embedding": [0.5] * 63}), "embedding"),
    Bad("NaN in an embedding", PRODUCTION, b'[{"embedding": [NaN]}]', "body"),
    Bad("null in an embedding", PRODUCTION, rows({"embedding": [None] * 64}), "embedding"),
    Bad("text in an embedding", PRODUCTION, rows({"embedding": ["a"] * 64}), "embedding"),
    Bad("no embedding", PRODUCTION, b'[{"class": 1}]', "embedding"),
    Bad("an embedding of another size", PRODUCTION, rows(embedding=[0.5] * 65), "embedding"),
    Bad("training of another size", TRAINING, rows(embedding=[0.5] * 65), "embedding", method="PUT"),
    Bad("an empty body", PRODUCTION, b"", "body"),
    Bad("no rows in JSON", PRODUCTION, b"[]", "body"),
    Bad("a JSON object for rows", PRODUCTION, b'{"embedding": [1]}', "body"),
    Bad("rows that are no objects", PRODUCTION, b"[1, 2]", "body"),
    Bad("JSON cut short", PRODUCTION, rows()[:-20], "body"),
    Bad("an empty CSV", PRODUCTION, b"", "body", media_type=CSV),
    Bad("a CSV of a header alone", PRODUCTION, b"embedding_0,embedding_1\n", "body", media_type=CSV),
    Bad("a ragged CSV", PRODUCTION, b"a,b\n1,2\n3\n", "body", media_type=CSV),
    Bad("a CSV with a column twice", PRODUCTION, b"a,a\n1,2\n", "a", media_type=CSV),
    Bad("no CSV at all", PRODUCTION, b"\xff\xfe\x00", "body", media_type=CSV),
    Bad("Parquet cut short", PRODUCTION, parquet(EMBEDDINGS)[:-30], "body", media_type=PARQUET),
    Bad("no Parquet at all", PRODUCTION, b"PAR1 but no more", "body", media_type=PARQUET),
    Bad("no Arrow at all", PRODUCTION, b"arrow", "body", media_type=ARROW),
    Bad("10,001 columns", PRODUCTION, parquet(WIDE), status=413, media_type=PARQUET),
    Bad("another type", PRODUCTION, b"a,b", "Content-Type", status=415, media_type="text/plain"),
    Bad("no type", PRODUCTION, rows(), "Content-Type", status=415, media_type=""),
    Bad("another charset", PRODUCTION, b"a\n1\n", "content-type", status=415, media_type="text/csv; charset=utf-16"),
    Bad("an unknown version", "/api/v1/model-versions/7/production-data", rows(), status=404),
    Bad("a version that is no number", "/api/v1/model-versions/..1/production-data", rows(), "id"),
    Bad("an empty idempotency key", PRODUCTION, rows(), "Idempotency-Key", headers={"Idempotency-Key": ""}),
    # --- JSON bodies ------------------------------------------------------------------------------------------
    Bad("no JSON", "/api/v1/projects", b"{", "body"),
    Bad("nothing", "/api/v1/projects", b"", "body"),
    Bad("a JSON array", "/api/v1/projects", b"[]", "body"),
    Bad("a NaN token", SPECS, b'{"name": "a", "threshold": NaN, "operation": "Less"}', "body"),
    Bad("an infinite number", SPECS, b'{"name": "a", "threshold": 1e999, "operation": "Less"}', "body"),
    Bad("deep nesting", "/api/v1/projects", b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}", "body"),
    Bad("deep attributes", "/api/v1/projects", b'{"name": "p", "attributes": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}"),
    Bad("half a surrogate pair", "/api/v1/projects", b'{"name": "\\ud800"}', "body"),
    Bad("bytes that are no text", "/api/v1/projects", b'{"name": "\xff"}', "body"),
    Bad("a form", "/api/v1/projects", b"name=p", "Content-Type", 415, "application/x-www-form-urlencoded"),
    Bad("no name", "/api/v1/projects", b"{}", "name"),
    Bad("an empty name", "/api/v1/projects", b'{"name": ""}', "name"),
    Bad("a blank name", "/api/v1/projects", b'{"name": "  "}', "name"),
    Bad("a long name", "/api/v1/projects", orjson.dumps({"name": "n" * 257}), "name"),
    Bad("a name of two lines", "/api/v1/projects", b'{"name": "a\\nb"}', "name"),
    Bad("a number for a name", "/api/v1/projects", b'{"name": 7}', "name"),
    Bad("an unknown field", "/api/v1/projects", b'{"name": "p", "colour": "red"}', "colour"),
    Bad("attributes that are no scalars", "/api/v1/projects", b'{"name": "p", "attributes": {"a": {}}}', "attributes"),
    Bad("tags that are no list", "/api/v1/projects", b'{"name": "p", "tags": "t"}', "tags"),
    Bad("a model without project", "/api/v1/models", b'{"name": "m"}', "project"),
    # --- signatures -------------------------------------------------------------------------------------------
    Bad("no signature", VERSIONS, b'{"project": "demo", "model": "digits"}', "signature"),
    Bad("a text for a signature", VERSIONS, version(signature="f"), "signature"),
    Bad("fields that are no list", VERSIONS, version(signature={"inputs": {}}), "signature.inputs"),
    Bad("a field that is no object", VERSIONS, inputs("age"), "signature.inputs.0"),
    Bad("a field without name", VERSIONS, inputs({**ONE, "name": ""}), "signature.inputs.0.name"),
    Bad("a field twice", VERSIONS, inputs(ONE, ONE), "signature.inputs"),
    Bad("an unknown profile", VERSIONS, inputs({**ONE, "profile": "PURPLE"}), "signature.inputs.0.profile"),
    Bad("a shape that is no list", VERSIONS, inputs({**ONE, "shape": 3}), "signature.inputs.0.shape"),
    Bad("a size below -1", VERSIONS, inputs({**ONE, "shape": [1, -2]}), "signature.inputs.0.shape.1"),
    Bad("a size that is no integer", VERSIONS, inputs({**ONE, "shape": [1.5]}), "signature.inputs.0.shape.0"),
    Bad(
        "a huge size",
        VERSIONS,
        inputs(ONE).replace(b'"shape":[]', b'"shape":[1%s]' % (b"0" * 30)),
        "signature.inputs.0.shape.0",
    ),
    Bad("too many dimensions", VERSIONS, inputs({**ONE, "shape": [1] * 17}), "signature.inputs.0.shape"),
    Bad("no data type", VERSIONS, inputs({"name": "a"}), "signature.inputs.0.dtype"),
    Bad("a data type that is none", VERSIONS, inputs({**ONE, "dtype": "<script>"}), "signature.inputs.0.dtype"),
    Bad("an unknown field of a field", VERSIONS, inputs({**ONE, "unit": "m"}), "signature.inputs.0.unit"),
    # --- metric specs -----------------------------------------------------------------------------------------
    Bad("a threshold of text", SPECS, spec(threshold="1.5"), "threshold"),
    Bad("a threshold of true", SPECS, spec(threshold=True), "threshold"),
    Bad("no threshold", SPECS, spec(threshold=None), "threshold"),
    Bad("an unknown operation", SPECS, spec(operation="<"), "operation"),
    # --- runs -------------------------------------------------------------------------------------------------
    Bad("a run without method", "/api/v1/runs", b"{}", "method"),
    Bad("a path for a key", "/api/v1/runs", b'{"method": "m", "key": "../../etc/passwd"}', "key"),
    Bad("an unknown input", "/api/v1/runs", b'{"method": "m", "inputs": [{"node": "dataset/x"}]}', status=404),
    Bad("a run as input", "/api/v1/runs", b'{"method": "m", "key": "k", "inputs": [{"node": "run/k"}]}', status=404),
    Bad("an unknown project", "/api/v1/runs", b'{"method": "m", "project": "nowhere"}', status=404),
    Bad("nested parameters", "/api/v1/runs", b'{"method": "m", "params": {"a": {"b": 1}}}', "params"),
    Bad("an artifact without facts", "/api/v1/runs", b'{"method": "m", "outputs": [{"role": "r"}]}', "digest"),
)


def blobs(service: Arangovis) -> set[str]:
    return {blob.digest for blob in service.artifacts.blobs()}


@pytest.mark.parametrize("bad", CASES, ids=[case.name for case in CASES])
def test_it_is_refused_and_nothing_is_kept(client: TestClient, service: Arangovis, bad: Bad) -> None:
    register(client)
    before = service.store.change_number(), blobs(service)

    headers = {**({"Content-Type": bad.media_type} if bad.media_type else {}), **bad.headers}
    result = client.simulate_request(bad.method, bad.path, body=bad.body, headers=headers)

    assert result.status_code == bad.status, result.text
    assert result.json["detail"]
    if bad.fault:
        assert bad.fault in [fault["field"] for fault in result.json["errors"]], result.text
    assert (service.store.change_number(), blobs(service)) == before


def test_a_body_over_the_limit_is_refused_by_its_length(client: TestClient, service: Arangovis) -> None:
    register(client)
    before = service.store.change_number()

    for path, length in ((PRODUCTION, 1 << 30), ("/api/v1/projects", 33 << 20), ("/api/v1/nowhere", 1 << 40)):
        result = client.simulate_post(path, headers={"Content-Type": JSON, "Content-Length": str(length)})
        assert result.status_code == 413
        assert str(length) in result.json["detail"]

    assert service.store.change_number() == before


def test_only_the_announced_bytes_are_read(client: TestClient) -> None:
    body = b'{"name": "vision"}'
    headers = {"Content-Type": JSON, "Content-Length": str(len(body))}

    assert client.simulate_post("/api/v1/projects", body=body + b"!" * 1000, headers=headers).status_code == 201


def test_chunks_are_refused(client: TestClient) -> None:
    headers = {"Content-Type": JSON, "Transfer-Encoding": "chunked"}

    result = client.simulate_post("/api/v1/projects", headers=headers)

    assert result.status_code == 400
    assert result.json["errors"][0]["field"] == "Transfer-Encoding"
