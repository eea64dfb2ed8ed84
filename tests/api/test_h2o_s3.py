"""Files imported from S3, from a real server: below an allowed prefix of an allowed bucket, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from falcon.testing import Result

from arangovis.domain.errors import InvalidInput
from arangovis.services.frames.import_roots import ImportRoots
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.detecting import FORM, Detecting, everything
from tests.backends import build_service, settings_of
from tests.s3_server import S3Server, running_s3


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with running_s3() as running:
        yield running


@pytest.fixture
def bucket(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    name = server.new_bucket()
    for key in ("data/rows.csv", "data/.hidden.csv", "database/rows.csv", "rows.csv"):
        server.client.put_object(Bucket=name, Key=key, Body=everything(20))
    return name


@pytest.fixture
def world(tmp_path: Path, server: S3Server, bucket: str) -> Iterator[Detecting]:
    settings = settings_of(tmp_path / "home", import_roots=f"s3://{bucket}/data", s3_endpoint=server.endpoint)
    service = build_service(settings)
    yield Detecting(service, ContractClient(create_app(service)))
    service.close()


def post(world: Detecting, route: str, **fields: str) -> Result:
    return world.client.simulate_post(route, body=urlencode(fields), headers={"Content-Type": FORM})


def test_a_file_below_the_root_is_a_frame(world: Detecting, bucket: str) -> None:
    path = f"s3://{bucket}/data/rows.csv"

    imported = post(world, "/3/ImportFiles", path=path)
    parsed = post(world, "/3/Parse", source_frames=path, destination_frame="rows", blocking="true")

    assert imported.json["destination_frames"] == [path]
    assert parsed.json["rows"] == 20


@pytest.mark.parametrize(
    "key", ["rows.csv", "database/rows.csv", "data", "data/", "data/.hidden.csv", "data/../rows.csv", "data//rows.csv"]
)
def test_what_is_not_below_the_root_is_refused(world: Detecting, bucket: str, key: str) -> None:
    before = len(list(world.service.artifacts.blobs()))

    assert post(world, "/3/ImportFiles", path=f"s3://{bucket}/{key}").status_code == 403
    assert len(list(world.service.artifacts.blobs())) == before


def test_another_bucket_server_or_user_is_refused(world: Detecting, server: S3Server, bucket: str) -> None:
    other = server.new_bucket()
    server.client.put_object(Bucket=other, Key="data/rows.csv", Body=b"a\n1\n")

    asked = [f"{name}/data/rows.csv" for name in (other, f"ada@{bucket}", f"{bucket}:80", bucket.upper())]
    asked.append(f"{bucket}/data/rows.csv?endpoint=http://elsewhere.example")

    assert [post(world, "/3/ImportFiles", path=f"s3://{path}").status_code for path in asked] == [403] * 5


def test_a_key_that_is_not_there_is_not_found(world: Detecting, bucket: str) -> None:
    result = post(world, "/3/ImportFiles", path=f"s3://{bucket}/data/absent.csv")

    assert result.status_code == 404
    assert "no such file" in result.json["msg"]


def test_a_server_that_is_gone_is_told_without_its_address(tmp_path: Path, bucket: str) -> None:
    settings = settings_of(tmp_path / "gone", import_roots=f"s3://{bucket}", s3_endpoint="http://127.0.0.1:1")
    service = build_service(settings)
    world = Detecting(service, ContractClient(create_app(service)))

    result = post(world, "/3/ImportFiles", path=f"s3://{bucket}/rows.csv")
    service.close()

    assert result.status_code == 503
    assert "127.0.0.1" not in result.text


@pytest.mark.parametrize("root", ["s3://", "s3://b", "s3://bucket/../up", "s3://bucket/data?endpoint=http://x"])
def test_a_root_that_names_no_bucket_is_refused(root: str) -> None:
    with pytest.raises(InvalidInput, match="import_roots"):
        ImportRoots.of(root)
