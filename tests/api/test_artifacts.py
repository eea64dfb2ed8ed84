import pytest
from falcon.testing import TestClient

from arangovis.domain.graph import Caller
from arangovis.domain.work import Made
from arangovis.wiring import Arangovis
from tests.api.samples import posted
from tests.api.working import ask, finish, take
from tests.backends import overwrite

PLOT = b'{"x": [0.5, 1.5], "y": [2.5, 3.5]}'


@pytest.fixture
def key(client: TestClient, service: Arangovis, caller: Caller) -> str:
    """Return the key of a plot that a run made."""
    ask(service, caller)
    finish(service, take(service), Made("plot", PLOT, "application/json"), Made("page", b"<p>", "text/html"))
    found = client.simulate_get("/api/v1/artifacts", params={"filter": "role = 'plot'"}).json["items"]
    return str(found[0]["id"].partition("/")[2])


def test_an_artifact(client: TestClient, key: str) -> None:
    attributes = client.simulate_get(f"/api/v1/artifacts/{key}").json["attributes"]

    assert (attributes["role"], attributes["bytes"], attributes["media_type"]) == ("plot", 34, "application/json")


def test_its_bytes(client: TestClient, key: str) -> None:
    digest = client.simulate_get(f"/api/v1/artifacts/{key}").json["attributes"]["digest"]

    result = client.simulate_get(f"/api/v1/artifacts/{key}/content")

    assert result.content == PLOT
    assert result.headers["content-type"] == "application/json"
    assert result.headers["etag"] == f'"{digest}"'
    assert result.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in result.headers["content-security-policy"]


def test_bytes_that_the_client_has_are_not_sent_again(client: TestClient, key: str) -> None:
    path = f"/api/v1/artifacts/{key}/content"
    tag = client.simulate_get(path).headers["etag"]

    for known in (tag, f'"other", {tag}', "*"):
        result = client.simulate_get(path, headers={"If-None-Match": known})
        assert (result.status_code, result.content) == (304, b"")
    assert client.simulate_get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_damaged_bytes_are_not_served(client: TestClient, service: Arangovis, key: str) -> None:
    digest = client.simulate_get(f"/api/v1/artifacts/{key}").json["attributes"]["digest"]
    overwrite(service, digest, PLOT.replace(b"0.5", b"0.6"))

    result = client.simulate_get(f"/api/v1/artifacts/{key}/content")

    assert result.status_code == 500
    assert result.json["type"] == "urn:arangovis:error:integrity"
    assert str(service.settings.home) not in result.text


@pytest.mark.parametrize("digest", ["../../../../etc/passwd", "0" * 64, ""])
def test_bytes_that_were_never_sent_here(client: TestClient, digest: str) -> None:
    attributes = {"digest": digest, "bytes": 1, "media_type": "text/plain\r\nSet-Cookie: a=b"}
    body = {"method": "training", "outputs": [{"role": "model", "attributes": attributes}]}
    posted(client, "/api/v1/runs", body)
    (artifact,) = client.simulate_get("/api/v1/artifacts").json["items"]

    result = client.simulate_get(f"/api/v1/{artifact['id'].replace('artifact', 'artifacts')}/content")

    assert result.status_code == 404


def test_a_media_type_that_is_none_is_not_sent(client: TestClient, service: Arangovis, caller: Caller) -> None:
    ask(service, caller)
    finish(service, take(service), Made("odd", b"abc", "text/plain\r\nSet-Cookie: a=b"))
    (artifact,) = client.simulate_get("/api/v1/artifacts").json["items"]

    result = client.simulate_get(f"/api/v1/artifacts/{artifact['id'].partition('/')[2]}/content")

    assert result.headers["content-type"] == "application/octet-stream"
    assert "set-cookie" not in result.headers


@pytest.mark.parametrize("path", ["/api/v1/artifacts/nothing", "/api/v1/artifacts/nothing/content"])
def test_unknown_artifacts(client: TestClient, path: str) -> None:
    assert client.simulate_get(path).status_code == 404
