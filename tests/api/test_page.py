import gzip
from pathlib import Path

import falcon
import pytest
from falcon.testing import TestClient

from arangovis.domain.errors import ArangovisError
from arangovis_api.errors import handle_domain_error
from arangovis_api.middleware import RequestId
from arangovis_api.resources.page import Page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a built page in small."""
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text('<script src="./assets/index-BQp5JNux.js"></script>')
    (built / "assets" / "index-BQp5JNux.js").write_text("draw()")
    (built / "assets" / "mark.svg").write_text("<svg/>")
    (built / "secret.txt").write_text("secret")
    (tmp_path / "secret.txt").write_text("secret")
    return built


@pytest.fixture
def page(folder: Path) -> TestClient:
    app = falcon.App(middleware=[RequestId()])
    resource = Page(folder)
    app.add_error_handler(ArangovisError, handle_domain_error)
    app.add_route("/", resource)
    app.add_route("/ui/{name}", resource, suffix="view")
    app.add_route("/assets/{name}", resource, suffix="asset")
    return TestClient(app)


def test_the_page_is_asked_for_each_time(page: TestClient, folder: Path) -> None:
    first = page.simulate_get("/")
    tag = {"If-None-Match": first.headers["etag"]}

    assert first.text.startswith("<script")
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert "no-cache" in first.headers["cache-control"]
    assert page.simulate_get("/", headers=tag).status_code == 304
    (folder / "index.html").write_text("another build")
    assert page.simulate_get("/", headers=tag).text == "another build"


def test_a_view_is_the_same_page_whose_files_are_one_level_up(page: TestClient) -> None:
    view = page.simulate_get("/ui/embeddings", query_string="plot=artifact/1")

    assert view.text == '<script src="../assets/index-BQp5JNux.js"></script>'
    assert view.headers["etag"] != page.simulate_get("/").headers["etag"]
    assert "script-src 'self'" in view.headers["content-security-policy"]
    assert page.simulate_get("/ui/home", headers={"If-None-Match": view.headers["etag"]}).status_code == 304


def test_a_hashed_file_is_kept_for_ever(page: TestClient) -> None:
    script, mark = page.simulate_get("/assets/index-BQp5JNux.js"), page.simulate_get("/assets/mark.svg")

    assert script.text == "draw()"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert mark.headers["content-type"].startswith("image/svg+xml")
    assert "no-cache" in mark.headers["cache-control"]


def test_a_file_is_sent_compressed_to_those_who_take_it(page: TestClient, folder: Path) -> None:
    name = "/assets/index-BQp5JNux.js"
    packed = page.simulate_get(name, headers={"Accept-Encoding": "br, gzip"})
    refused = page.simulate_get(name, headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.content) == b"draw()"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert refused.text == "draw()"
    assert refused.headers["etag"] != packed.headers["etag"]
    (folder / "assets" / "index-BQp5JNux.js").write_text("draw(again)")
    assert gzip.decompress(page.simulate_get(name, headers={"Accept-Encoding": "gzip"}).content) == b"draw(again)"


@pytest.mark.parametrize("path", ["/", "/assets/mark.svg"])
def test_a_browser_runs_only_what_is_ours(page: TestClient, path: str) -> None:
    headers = page.simulate_get(path).headers

    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "script-src 'self'", "img-src 'self' data: blob:", "object-src 'none'"} <= set(policy)
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    [
        "nothing.js",
        "..",
        "..%2fsecret.txt",
        "%2e%2e%2fsecret.txt",
        "..%5csecret.txt",
        ".hidden",
        "%00",
        "a" * 300,
        "%2fetc%2fpasswd",
    ],
)
def test_only_files_of_the_page_are_served(page: TestClient, name: str) -> None:
    result = page.simulate_get(f"/assets/{name}")

    assert result.status_code == 404
    assert "secret" not in result.text


def test_a_page_that_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    app = falcon.App()
    app.add_route("/", Page(tmp_path / "nothing"))

    result = TestClient(app).simulate_get("/")

    assert result.status_code == 200
    assert "npm" in result.text


def test_the_app_serves_the_page(client: TestClient) -> None:
    assert client.simulate_get("/").headers["content-type"] == "text/html; charset=utf-8"
    assert client.simulate_get("/assets/nothing-12345678.js").status_code == 404
