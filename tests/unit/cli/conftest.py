"""A home with a small graph of real digits, and the command line over it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sklearn.datasets import load_digits

import arangovis as av
from arangovis.cli import main
from arangovis.client import Projection

SIGNATURE = av.Signature(
    outputs=(
        av.signature_field("embedding", "float32", shape=(1, 64)),
        av.signature_field("class", "int64", "NOMINAL"),
    )
)


@dataclass(frozen=True)
class Graph:
    """What is in the home."""

    home: Path
    training_run: av.NodeId
    projection: Projection


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return a home: a model trained on digits, projected twice, its parameters changed by another person."""
    home = tmp_path_factory.mktemp("cli") / "home"
    digits = load_digits()
    rows = {"embedding": digits.data[:60] / 16, "class": digits.target[:60]}
    with av.connect(home=home, actor="ada") as ada:
        ada.register_project("vision")
        ada.register_model("vision", "größe")
        version = ada.register_model_version("vision", "größe", SIGNATURE)
        training = ada.put_training_data(version, rows)
        ada.append_production_data(version, rows)
        run = ada.log_run(
            av.LoggedRun(
                method="training.mlp",
                project="vision",
                key="train",
                params={"note": "[red]\x1b[31mno colour"},
                inputs=(av.Input(training.node, "training"),),
                outputs=(av.Output("model", version.node),),
            )
        )
        projection = ada.project(version, "pca")
    with av.connect(home=home, actor="[bold]grace") as grace:
        grace.set_params(version, "pca", parameters={"n_components": 3})
    return Graph(home, run, projection)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that calls the command line."""
    for name in ("ARANGOVIS_HOME", "ARANGOVIS_URL", "ARANGOVIS_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str | Path) -> Said:
        words: Sequence[str] = [str(argument) for argument in arguments]
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capfd.readouterr()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, printed.out, printed.err)

    return run
