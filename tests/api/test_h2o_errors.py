"""What clients of H2O get wrong: told by status and field, in H2O's shape, without stack, class or path."""

import json
import random
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from falcon.testing import Result, TestClient

from arangovis.services.frames.import_roots import ImportRoots
from arangovis.settings import read_settings
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.detecting import CSV, FORM, JSON, Detecting, benign, csv_of, everything
from tests.backends import build_service, settings_of

MALFORMED = 1000
LEAKS = re.compile(r"Traceback|\.py\b|site-packages|/tmp/|/work/|Exception|Error\b|0x[0-9a-f]{6,}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Detecting]:
    home: Path = tmp_path_factory.mktemp("h2o")
    data = home / "allowed"
    data.mkdir()
    (data / "rows.csv").write_bytes(everything(50))
    (data / "empty.csv").write_bytes(b"")
    (data / ".hidden.csv").write_bytes(b"a\n1\n")
    (home / "secret.csv").write_bytes(b"secret\n1\n")
    (data / "link.csv").symlink_to(home / "secret.csv")
    (data / "inner").symlink_to(home)
    service = build_service(settings_of(home / "home", import_roots=str(data)))
    world = Detecting(service, ContractClient(create_app(service)))
    world.train(world.frame(benign()), name="ae")
    upload(world, "good", everything(50))
    parse(world, "good")
    yield world
    service.close()


def upload(world: Detecting, name: str, body: bytes) -> Result:
    headers = {"Content-Type": CSV}
    return world.client.simulate_post("/3/PostFile", params={"destination_frame": name}, body=body, headers=headers)


def form(world: Detecting, path: str, fields: dict[str, Any]) -> Result:
    return world.client.simulate_post(path, body=urlencode(fields), headers={"Content-Type": FORM})


def parse(world: Detecting, name: str, **fields: Any) -> Result:
    wanted = {"source_frames": name, "destination_frame": f"{name}.hex", "blocking": "true", **fields}
    return form(world, "/3/Parse", wanted)


def check_error(result: Result, status: int, *words: str) -> None:
    assert result.status_code == status, result.text
    body = result.json
    assert body["http_status"] == status
    assert body["stacktrace"] == []
    told = {name: value for name, value in body.items() if name not in ("__meta", "error_url")}
    assert not LEAKS.search(json.dumps(told)), body
    for word in words:
        assert word in body["msg"], body["msg"]


def roots(world: Detecting) -> Path:
    return Path(world.service.settings.import_roots)


# --- paths ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "{allowed}/../secret.csv",
        "{allowed}/link.csv",
        "{allowed}/inner/secret.csv",
        "{allowed}/.hidden.csv",
        "{allowed}",
        "{allowed}/",
        "{allowed}suffix/rows.csv",
        "rows.csv",
        "../rows.csv",
        "file://{allowed}/rows.csv",
        "http://127.0.0.1/rows.csv",
        "http://169.254.169.254/latest/meta-data",
        "https://localhost/rows.csv",
        "s3://bucket/rows.csv",
        "hdfs://host/rows.csv",
        "{allowed}/rows.csv\0.txt",
    ],
)
def test_a_path_outside_the_roots_is_refused(world: Detecting, path: str) -> None:
    before = len(list(world.service.artifacts.blobs()))

    result = form(world, "/3/ImportFiles", {"path": path.replace("{allowed}", str(roots(world)))})

    check_error(result, 403)
    assert len(list(world.service.artifacts.blobs())) == before


def test_a_path_below_a_root_is_read(world: Detecting) -> None:
    result = form(world, "/3/ImportFiles", {"path": str(roots(world) / "rows.csv")})

    assert result.status_code == 200, result.text


def test_nothing_is_allowed_by_default(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"a\n1\n")
    body = urlencode({"path": str(tmp_path / "rows.csv")})

    assert client.simulate_post("/3/ImportFiles", body=body, headers={"Content-Type": FORM}).status_code == 403


def test_get_imports_nothing(world: Detecting) -> None:
    before = world.service.store.change_number()

    result = world.client.simulate_get("/3/ImportFiles", params={"path": str(roots(world) / "rows.csv")})

    check_error(result, 405)
    assert world.service.store.change_number() == before


def test_a_form_of_another_origin_is_refused(world: Detecting) -> None:
    headers = {"Content-Type": FORM, "Origin": "http://elsewhere.example"}
    body = urlencode({"path": str(roots(world) / "rows.csv")})

    check_error(world.client.simulate_post("/3/ImportFiles", body=body, headers=headers), 403, "origin")


# --- the table of the fact sheet ----------------------------------------------------------------------------------


def test_what_is_not_there(world: Detecting) -> None:
    check_error(form(world, "/3/ImportFiles", {"path": str(roots(world) / "absent.csv")}), 404)
    check_error(form(world, "/3/ImportFiles", {}), 400, "path")
    check_error(form(world, "/3/ParseSetup", {"source_frames": "absent"}), 404, "absent")
    check_error(form(world, "/3/ParseSetup", {}), 400, "source_frames")
    check_error(form(world, "/3/Predictions/models/none/frames/good.hex", {}), 404, "none")
    check_error(form(world, "/3/Predictions/models/ae/frames/none", {}), 404, "none")
    check_error(world.client.simulate_get("/3/Jobs/none"), 404, "none")
    check_error(form(world, "/3/Jobs/none/cancel", {}), 404)
    check_error(world.client.simulate_get("/3/Frames/none"), 404)
    check_error(world.client.simulate_delete("/3/Frames/none"), 404)
    check_error(world.client.simulate_get("/3/Typeahead/files?src=/"), 404)
    check_error(world.client.simulate_delete("/3/Frames"), 405)
    check_error(form(world, "/3/Shutdown", {}), 404)


def test_empty_files_are_named(world: Detecting) -> None:
    check_error(form(world, "/3/ImportFiles", {"path": str(roots(world) / "empty.csv")}), 422, "empty")
    check_error(upload(world, "nothing", b""), 422, "empty")


def test_a_header_alone_scores_nothing(world: Detecting) -> None:
    upload(world, "header", everything(0))
    assert parse(world, "header", check_header="1").status_code == 200

    answer = form(world, "/3/Predictions/models/ae/frames/header.hex", {"reconstruction_error": "true"}).json

    assert answer["model_metrics"][0]["MSE"] is None
    assert answer["model_metrics"][0]["predictions"]["columns"][0]["data"] == []


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"x,y\n1,2\n3,4\n", "column in common"),
        (everything(3).upper(), "column in common"),
        (b"a,a\n1,2\n", "two columns"),
    ],
    ids=["no column in common", "other case", "a name twice"],
)
def test_content_that_cannot_be_taken(world: Detecting, body: bytes, word: str) -> None:
    upload(world, "odd", body)
    parsed = parse(world, "odd")
    result = parsed
    if parsed.status_code == 200:
        result = form(world, "/3/Predictions/models/ae/frames/odd.hex", {"reconstruction_error": "true"})

    check_error(result, 422, word)


def test_text_where_numbers_were_learnt_is_named(world: Detecting) -> None:
    names = [b"mean area", b"mean radius"]
    upload(world, "text", csv_of([name.decode() for name in names], [["x", 1], ["y", 2], ["x", 3]] * 5))
    parse(world, "text")

    check_error(form(world, "/3/Predictions/models/ae/frames/text.hex", {}), 422, "mean area", "text")


def test_warnings_are_in_the_same_answer(world: Detecting) -> None:
    upload(world, "few", csv_of(["mean radius", "mean texture"], [[10, 20], [11, 21]]))
    parse(world, "few")

    answer = form(world, "/3/Predictions/models/ae/frames/few.hex", {"reconstruction_error": "true"}).json

    assert {w["kind"] for w in answer["warnings"]} == {"missing_column"}
    assert len(answer["warnings"]) == 28


@pytest.mark.parametrize(
    ("path", "fields", "word"),
    [
        ("/3/ParseSetup", {"source_frames": "good", "check_header": "maybe"}, "check_header"),
        ("/3/ParseSetup", {"source_frames": "good", "separator": "999"}, "separator"),
        ("/3/ParseSetup", {"source_frames": '["good", "good"]'}, "source_frames"),
        ("/3/Parse", {"source_frames": "good", "blocking": "yes please"}, "blocking"),
        ("/3/Parse", {"source_frames": "good", "colour": "red"}, "colour"),
        ("/3/Parse", {"source_frames": "good", "column_types": json.dumps(["Magic"] * 30)}, "column_types"),
        ("/3/Predictions/models/ae/frames/good.hex", {"reconstruction_error": "perhaps"}, "reconstruction_error"),
        ("/3/Predictions/models/ae/frames/good.hex", {"deep_features_hidden_layer": "deep"}, "deep_features"),
    ],
)
def test_fields_that_are_wrong_are_named(world: Detecting, path: str, fields: dict[str, str], word: str) -> None:
    check_error(form(world, path, fields), 400, word)


def test_a_bare_key_is_named(world: Detecting) -> None:
    body = '{"path": "x", pattern: "y"}'

    check_error(world.client.simulate_post("/3/ImportFiles", body=body, headers={"Content-Type": JSON}), 400, "pattern")


def test_other_bodies_are_refused(world: Detecting) -> None:
    for media, status in (("text/plain", 415), ("application/xml", 415)):
        headers = {"Content-Type": media}
        check_error(world.client.simulate_post("/3/Parse", body=b"source_frames=good", headers=headers), status)


def test_a_setting_that_is_no_root_is_refused() -> None:
    for root in ("data", "ftp://host/x", "http://example.org/x", "/data/../etc", "https://user@host/"):
        settings = read_settings(environ={"ARANGOVIS_IMPORT_ROOTS": root, "ARANGOVIS_HOME": "/nowhere"})
        with pytest.raises(ValueError, match="import_roots"):
            ImportRoots.of(settings.import_roots)


# --- a thousand malformed requests ----------------------------------------------------------------------------------

PATHS = (
    *("/3/ImportFiles", "/3/ImportFilesMulti", "/3/ParseSetup", "/3/Parse", "/3/PostFile", "/3/Frames", "/3/Models"),
    *("/3/Jobs/{}", "/3/Jobs/{}/cancel", "/3/Frames/{}", "/3/Frames/{}/summary", "/3/Models/{}", "/3/DownloadDataset"),
    *(
        "/3/Predictions/models/ae/frames/{}",
        "/3/Predictions/models/{}/frames/good.hex",
        "/3/Predictions/models/ae/frames/good.hex",
    ),
    *("/3/ModelMetrics/models/{}/frames/{}", "/api/v1/anomaly-models/{}/score", "/api/v1/anomaly-models/1/score"),
    *("/api/v1/uploads", "/api/v1/frames", "/api/v1/parse-setups", "/api/v1/anomaly-models"),
)
FIELDS = (
    *(
        "path",
        "source_frames",
        "destination_frame",
        "separator",
        "check_header",
        "column_names",
        "column_types",
        "blocking",
    ),
    *(
        "na_strings",
        "predictions_frame",
        "reconstruction_error",
        "deep_features_hidden_layer",
        "frame_id",
        "row_offset",
    ),
    *(
        "row_count",
        "column_offset",
        "source",
        "setup",
        "name",
        "frame",
        "parameters",
        "layers",
        "top",
        "limit",
        "cursor",
    ),
)
MEDIA = (JSON, FORM, CSV, "multipart/form-data; boundary=x", "application/vnd.apache.arrow.stream", "text/plain", "")


def strange(chance: random.Random, depth: int = 0) -> Any:
    """Return a JSON value that hardly anybody means."""
    letters = string.ascii_letters + string.digits + "/%\\\"'{}[]<>;,=\n\0éß😀$.:-"
    kinds = 8 if depth < 3 else 6
    kind = chance.randrange(kinds)
    if kind == 0:
        return "".join(chance.choices(letters, k=chance.randrange(20)))
    if kind == 1:
        return chance.choice(
            ["good", "good.hex", "ae", "1", "/etc/passwd", "a" * 5000, "[", '["a"', "[[1],null]", "\ud800"]
        )
    if kind == 2:
        return chance.choice([0, -1, 1, 2**31, 2**63, -(2**70), 44])
    if kind == 3:
        return chance.choice([1e308, -0.5, 1e-320, float("inf"), float("nan")])
    if kind == 4:
        return chance.choice([None, True, False])
    if kind == 5:
        return chance.choice(["true", "false", "Numeric", "nfs://x", "../..", "%00", "-1"])
    if kind == 6:
        return [strange(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(FIELDS): strange(chance, depth + 1) for _ in range(chance.randrange(4))}


def body_of(chance: random.Random, media: str) -> bytes:
    fields = {chance.choice(FIELDS): strange(chance) for _ in range(chance.randrange(5))}
    if media == FORM:
        return urlencode({name: str(value) for name, value in fields.items()}, errors="replace").encode()
    data = json.dumps([fields] if chance.random() < 0.3 else fields).encode()
    if chance.random() < 0.3:
        data = data[: chance.randrange(len(data) + 1)] + chance.randbytes(chance.randrange(8))
    return data


def test_a_thousand_malformed_requests_are_nobodys_fault_but_the_clients(
    world: Detecting, record_property: Callable[[str, object], None]
) -> None:
    record_property("tried", MALFORMED)
    chance = random.Random(8)
    statuses: dict[int, int] = {}
    for _ in range(MALFORMED):
        name = quote(str(strange(chance)), safe="", errors="replace") or "-"
        path = chance.choice(PATHS).replace("{}", name[:1500])
        media = chance.choice(MEDIA)
        method = chance.choice(["POST", "POST", "POST", "GET", "DELETE", "PUT"])
        query = urlencode({chance.choice(FIELDS): str(strange(chance)) for _ in range(2)}, errors="replace")[:2000]
        headers = {"Content-Type": media} if media else {}
        body = b"" if method in ("GET", "DELETE") else body_of(chance, media)
        answer = TestClient.simulate_request(
            world.client, method, path, query_string=query, body=body, headers=headers, host="localhost"
        )
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (method, path, query, headers, body, answer.text)
        if answer.status_code >= 400:
            told = {name: value for name, value in answer.json.items() if name != "error_url"}
            told.pop("detail", None), told.pop("description", None), told.pop("message", None)
            assert "Traceback" not in answer.text
            assert str(world.service.settings.home) not in answer.text
            assert told.get("stacktrace", []) == []
    assert sum(count for status, count in statuses.items() if status >= 400) > MALFORMED * 0.6, statuses
