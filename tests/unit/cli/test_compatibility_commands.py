"""`arangovis compatibility` over a home, on digits."""

import json
from pathlib import Path

import pytest

import arangovis as av
from arangovis.cli import main
from arangovis.compatibility.pytorch.weights import weights_of
from tests.unit.services.sweep_world import LOGISTIC, MLP, digits, new_model, old_model


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with an empty store."""
    av.connect(home=tmp_path / "home", actor="ada").close()
    return tmp_path / "home"


def call(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["compatibility", *map(str, arguments)])
    return int(ended.value.code or 0)


def test_a_table_of_predictions_is_compared(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "predicted.csv"
    table.write_text("_id,h1,new,truth\na,1,1,1\nb,0,1,0\nc,1,0,0\n")
    assert call("compare", table, "--h2", "new", "--home", home, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["scores"]["regress"], answer["scores"]["progress"]) == (1, 1)
    assert call("compare", table, "--h2", "new", "--home", home) == 0
    assert "regress    1" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "said"), [("p.csv", "has no column 'h2'"), ("p.txt", "'.txt' is not one of")])
def test_a_table_that_does_not_fit_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    table = tmp_path / name
    table.write_text("_id,h1,truth\na,1,1\n")
    assert call("compare", table, "--home", home) == 1
    assert said in capsys.readouterr().err


def test_a_described_sweep_is_trained_and_shown(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps(described(home)))
    assert call("sweep", file, "--wait", "--home", home) == 0
    said = capsys.readouterr().out
    assert "SUCCESS, 2 of 2 points" in said
    assert "strict imitation" in said
    run = said.split()[0]
    assert call("show", run, "--home", home, "--json") == 0
    assert [point["state"] for point in json.loads(capsys.readouterr().out)["items"]] == ["SUCCESS", "SUCCESS"]


@pytest.mark.parametrize(("text", "said"), [("{", "is no JSON"), ("[]", "is no JSON object"), ("{}", "reference")])
def test_a_description_that_is_none_is_refused(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(text)
    assert call("sweep", file, "--home", home) == 1
    assert said in capsys.readouterr().err


def described(home: Path) -> dict[str, object]:
    """Register both models with weights and rows; return a sweep of one lambda."""
    body: dict[str, object] = {"options": {"lambdas": [1], "epochs": 1, "optimizer_arguments": {"lr": 0.1}}}
    models = (
        ("reference", "train", old_model(), "logistic-regression", LOGISTIC),
        ("base", "test", new_model(), "mlp", MLP),
    )
    with av.connect(home=home, actor="ada") as client:
        client.register_project("demo")
        for number, (role, split, model, factory, arguments) in enumerate(models):
            client.register_model("demo", role)
            version = client.register_model_version("demo", role, av.Signature())
            client.compatibility.put_weights(version, weights_of(model))
            x, y = (part[number * 200 : number * 200 + 200].numpy() for part in digits())
            rows = client.put_training_data(version, {"embedding": x, "class": y})
            body[role] = {"model_version": version.number, "factory": factory, "arguments": dict(arguments)}
            body[split] = {"dataset": str(rows.node), "features": ["embedding"], "target": "class"}
    return body
