"""The commands of the catalogue over a home: one pipeline from registering to rolling back."""

import json
from pathlib import Path
from typing import Any

import pytest

import arangovis as av
from arangovis.cli import main
from tests.unit.cli.conftest import Call

SIGNATURE = av.Signature(outputs=(av.signature_field("class", "int64", "nominal"),))


class Home:
    """Calls commands over one home."""

    def __init__(self, folder: Path, call: Call) -> None:
        self.folder = folder
        self._call = call

    def says(self, *words: str) -> str:
        said = self._call(*words, "--home", self.folder)
        assert said.code == 0, said.err
        return str(said.out).strip()

    def json(self, *words: str) -> Any:
        return json.loads(self.says(*words, "--json"))

    def refuses(self, *words: str) -> str:
        said = self._call(*words, "--home", self.folder)
        assert said.code == 1
        return str(said.err)


@pytest.fixture
def home(tmp_path: Path, call: Call) -> Home:
    made = Home(tmp_path / "home", call)
    av.connect(home=made.folder).close()
    return made


def trained(home: Home, *accuracies: float) -> None:
    """Register a pipeline by commands, and log a training for each accuracy."""
    home.says("register", "project", "wine")
    home.says("register", "model", "wine", "cultivar", "--tag", "classifier", "--attribute", "task=classification")
    dataset = home.says("register", "dataset", "wine", "harvest", "--rows", "178", "--column", "alcohol=number")
    home.says("register", "featureset", "wine", "logs", "--feature", "log=float64", "--from", dataset)
    with av.connect(home=home.folder, actor="ada") as client:
        version = client.register_model_version("wine", "cultivar", SIGNATURE)
        for accuracy in accuracies:
            inputs = (av.Input(client.lookup("featureset", "logs").id, "features"), av.Input(version.node, "model"))
            logged = av.LoggedRun(
                "train", project="wine", evaluation={"accuracy": accuracy}, deployment_tag="release", inputs=inputs
            )
            client.log_run(logged)


def test_what_is_registered_is_found(home: Home) -> None:
    trained(home)
    assert home.says("register", "project", "wine") == home.json("register", "project", "wine")["node"]
    assert "other content" in home.refuses("register", "dataset", "wine", "harvest", "--rows", "1")
    (model,) = home.json("find", "model", "--attribute", "task", "--value", "classification")
    assert model["attributes"]["name"] == "cultivar"
    assert home.json("find", "model", "--tag", "other") == []
    (dataset,) = home.json("find", "dataset", "--attribute", "rows", "--value", "178", "--project", "wine")
    assert dataset["attributes"]["columns"] == {"alcohol": "number"}
    assert home.json("find", "dataset", "--attribute", "rows", "--value", '"178"') == []
    assert "harvest" in home.says("find", "dataset", "--filter", "rows > 100", "--limit", "1")


def test_a_deployment_is_made_followed_and_rolled_back(home: Home) -> None:
    trained(home, 0.9)
    first = home.json("deployment", "provision", "release", "--active")
    assert {part["role"] for part in first["parts"]} == {"run", "features", "model", "dataset"}
    trained(home, 0.95)
    home.says("gate", "set", "wine", "good", "evaluation.accuracy > 0.99")
    assert "gate 'good' refuses it" in home.refuses("deployment", "provision", "release", "--active")
    home.says("deployment", "provision", "release", "--active", "--override", "the cellar waits")
    assert "evaluation.accuracy > 0.99" in home.says("gate", "list", "wine")
    assert first["node"] in home.says("deployment", "list", "--state", "archived")
    home.says("deployment", "log", "release", "accuracy=0.9", "--period", "March", "--start", "2026-03-01T00:00:00Z")
    assert home.json("deployment", "performance", "release")["periods"][0]["metrics"] == {"accuracy": 0.9}
    assert "March" in home.says("deployment", "performance", "release")
    assert first["node"] in home.says("deployment", "rollback", "release", "--reason", "sour")
    assert [change["state"] for change in home.json("deployment", "history", first["node"])] == [
        "active",
        "archived",
        "active",
    ]
    assert "is active" in home.says("deployment", "show", "release")
    assert "archived" in home.says("deployment", "state", "release", "archived")
    assert "there is no deployment" in home.refuses("deployment", "show", "unknown")


def test_aliases_links_and_projects(home: Home) -> None:
    trained(home, 0.9)
    home.says("alias", "set", "wine", "cultivar", "champion", "1")
    assert home.json("alias", "list", "wine", "cultivar")[0]["number"] == 1
    home.says("alias", "remove", "wine", "cultivar", "champion")
    assert len(home.json("alias", "history", "wine", "cultivar", "champion")) == 2
    model, dataset = (home.json("find", kind)[0]["id"] for kind in ("model", "dataset"))
    assert home.says("link", dataset, model, "--label", "inspired") == "linked"
    assert home.says("link", dataset, model, "--label", "inspired") == "linked already"
    assert home.says("link", dataset, model, "--label", "inspired", "--remove") == "taken away"
    assert home.json("project", "list")[0]["counts"]["run"] == 1
    assert "0 bytes in 0 blobs" in home.says("project", "show", "wine")
    assert home.says("project", "rename", "wine", "vino").endswith("is vino")
    assert home.says("project", "archive", "vino") == "vino is archived"
    assert home.json("project", "list") == []
    assert home.says("project", "archive", "vino", "--undo") == "vino is back"


def test_kinds_and_nodes_of_ones_own(home: Home) -> None:
    home.says("kind", "declare", "notebook", "--field", "cells:integer+")
    home.says("kind", "declare", "written_in", "--of", "edge", "--from", "run", "--to", "notebook", "--lineage")
    node = home.says("node", "create", "notebook", "first", "--attribute", "cells=3")
    assert home.json("find", "notebook", "--attribute", "cells", "--value", "3")[0]["id"] == node
    assert home.json("node", "update", node, "cells=4")["attributes"]["cells"] == 4
    kinds = {kind["name"]: kind for kind in home.json("kind", "list")}
    assert kinds["written_in"]["targets"] == ["notebook"]
    assert "in use" in home.refuses("kind", "remove", "notebook")
    assert home.says("node", "delete", node).endswith("is deleted")
    assert "taken back" in home.says("kind", "remove", "notebook")


@pytest.mark.parametrize(
    "words",
    [
        ("register", "project", "x", "--attribute", "nothing"),
        ("kind", "declare", "x", "--field", "cells"),
        ("node", "update", "run/x"),
        ("deployment", "log", "x", "=1"),
    ],
)
def test_a_wrong_command_line_is_two(home: Home, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--home", str(home.folder)])
    assert ended.value.code == 2
