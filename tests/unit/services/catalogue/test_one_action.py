"""What a user does is one action: a writer that is killed leaves all of it or nothing, whichever call it was in."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import arangovis as av

SIGNATURE = av.Signature(outputs=(av.signature_field("class", "int64", "NOMINAL"),))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def client(home: Path) -> Iterator[av.Client]:
    with av.connect(home=home, actor="ada") as client:
        client.register_project("shop")
        client.register_model("shop", "forecast")
        yield client


def actions(home: Path) -> int:
    """Return how many actions wrote to the graph."""
    (database,) = home.glob("*.db")
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM action").fetchone()[0])
    finally:
        connection.close()


def test_each_verb_of_the_catalogue_is_one_action(client: av.Client, home: Path) -> None:
    def done(verb: Callable[[], object]) -> int:
        before = actions(home)
        verb()
        return actions(home) - before

    data = client.register_dataset("shop", "sales", columns={"price": "number"})
    version = client.register_model_version("shop", "forecast", SIGNATURE)
    mapped = av.Derivation(data, "log", (av.ColumnLineage("log_price", ("price",), "log"),))
    run = av.LoggedRun(
        "training",
        project="shop",
        params={"C": 1.0},
        params_node=True,
        evaluation={"rmse": 3.0},
        tags=("nightly",),
        deployment_tag="live",
        extra={"steps": ["scale", "fit"]},
        inputs=(av.Input(data, "train"), av.Input(version.node, "model")),
    )
    verbs: dict[str, Callable[[], object]] = {
        "data set": lambda: client.register_dataset("shop", "visits", version="2"),
        "feature set": lambda: client.register_featureset(
            "shop", "logs", [av.Feature("log_price", "float64", "log")], derived_from=mapped
        ),
        "run": lambda: client.log_run(run),
        "deployment": lambda: client.provision("live", state="active", project="shop"),
        "serving performance": lambda: client.log_serving_performance("live", {"rmse": 4.0}, start="2026-03-01"),
        "state": lambda: client.change_deployment("live", "archived", reason="too old"),
        "alias": lambda: client.set_alias("shop", "forecast", "champion", version),
        "gate": lambda: client.set_gate("shop", "good", "evaluation.rmse < 5"),
        "link": lambda: client.link(data, version.node, "explains"),
        "saved search": lambda: client.save_search("nightly", "run", 'tags = "nightly"', project="shop"),
        "saved view": lambda: client.save_view("curves", "live?run=run/1", project="shop"),
        "name": lambda: client.rename_project("shop", "store"),
    }
    assert {name: done(verb) for name, verb in verbs.items()} == dict.fromkeys(verbs, 1)
