"""What `show` draws: the view that suits a thing, the frame of this process's server, and what is left without one."""

import re
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import arangovis as av
from arangovis.client import Projection
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.notebook.pictures import lines, scatter
from arangovis.notebook.server import close_server
from arangovis.notebook.showing import Shown
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.run_log import LoggedRun, Output

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[av.Client]:
    with av.connect(home=tmp_path_factory.mktemp("notebook") / "home", actor="ada") as client:
        yield client
        close_server(client)


@pytest.fixture(scope="module")
def version(client: av.Client) -> RegisteredVersion:
    client.register_project("digits")
    client.register_model("digits", "classifier")
    field = av.signature_field("embedding", "float32", "NUMERICAL", (1, 64))
    made = client.register_model_version("digits", "classifier", av.Signature(inputs=(), outputs=(field,)))
    images = load_digits().data[:60]
    client.append_production_data(
        made, [{"_id": f"digit-{n}", "embedding": row.tolist()} for n, row in enumerate(images)]
    )
    return made


@pytest.fixture(scope="module")
def projection(client: av.Client, version: RegisteredVersion) -> Projection:
    return client.project(version, "pca")


def picture(shown: Shown) -> ET.Element:
    """Return the picture; it has to be sound XML."""
    found = re.search(r"<svg.*?</svg>", shown.static_html(), re.DOTALL)
    assert found is not None
    return ET.fromstring(found[0])


def view(shown: Shown) -> str:
    return shown.url.partition("/ui/")[2]


def test_each_thing_has_its_view(client: av.Client, version: RegisteredVersion, projection: Projection) -> None:
    trained = client.log_run(LoggedRun(method="training", project="digits", outputs=(Output("model", version.node),)))
    assert view(av.show(projection)) == f"embeddings?run={projection.run}&embed=1"
    assert view(av.show(projection.plot)) == f"embeddings?plot={projection.plot}&embed=1"
    assert view(av.show(str(version.node))) == view(av.show(version)) == f"models?version={version.node}&embed=1"
    assert view(av.show(client.run(trained))).startswith(f"lineage?node={trained}")
    assert view(av.show(projection, view="lineage")) == f"lineage?node={projection.run}&embed=1"
    with av.run(method="training", project="digits", client=client) as run:
        run.log({"loss": 1.0})
        run.log({"loss": 0.5})
    assert view(av.show(run)) == f"live?run={run.id}&embed=1"
    assert len(list(picture(av.show(run)).iter(f"{SVG}polyline"))) == 1


def test_what_is_left_is_a_picture_of_the_data(projection: Projection) -> None:
    drawn = [path.get("d") for path in picture(av.show(projection)).iter(f"{SVG}path")]
    assert sum((path or "").count("M") for path in drawn) == len(projection.coordinates)
    boxes = picture(av.show(projection, view="lineage")).iter(f"{SVG}rect")
    assert len(list(boxes)) >= 6


def test_the_frame_is_of_a_server_with_a_secret(client: av.Client, projection: Projection) -> None:
    first, second = av.show(projection), av.show(projection.run, view="lineage", height=300)
    assert first.url.partition("/ui/")[0] == second.url.partition("/ui/")[0]
    assert "height:300px" in second._repr_html_()
    with urllib.request.urlopen(first.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' http://localhost:*" in policy
    assert "vscode-webview:" in policy
    assert " *;" not in policy
    assert not policy.endswith(" *")
    base, _, secret = first.url.partition("/ui/")[0].rpartition("/")
    assert len(secret) >= 20
    for path in ("", "/", "/api/v1/runs", f"/{secret[:-1]}/", f"/{secret}x/", "/%C3%A9" * 12):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(base + path)
    with urllib.request.urlopen(f"{base}/{secret}/api/v1/runs") as answer:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_what_is_no_node_is_refused(client: av.Client) -> None:
    with pytest.raises(InvalidInput, match="thing"):
        av.show(3)
    with pytest.raises(InvalidInput, match="view"):
        av.show("run/x", view="map")
    with pytest.raises(NotFound):
        av.show("run/unknown", client=client)


def test_the_newest_open_client_is_meant(client: av.Client, tmp_path: Path) -> None:
    with av.connect(home=tmp_path / "other") as other:
        other.register_project("vision")
        project = other.lookup("project", "vision").id
        assert repr(av.show(project)) == f"Shown({project})"
    with pytest.raises(NotFound):
        av.show("project/none")


def test_pictures_hold_any_numbers() -> None:
    odd = np.array([[0, 0], [np.nan, 1], [3, np.inf], [1, 1]], dtype=np.float32)
    assert ET.fromstring(scatter("a & <b>", odd)).get("aria-label") == "a & <b>"
    many = np.zeros((12_001, 2), dtype=np.float32)
    assert "one in 3 of 12001" in scatter("many", many, [0] * 12_001)
    ET.fromstring(lines("none", {"x": np.array([np.nan]), "<y>": np.array([1.0, np.nan, 2.0])}))
