"""Searching on the command line."""

import json
from pathlib import Path

import pytest

import arangovis as av
from tests.unit.cli.conftest import Call


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a few runs of one project."""
    with av.connect(home=tmp_path / "home", actor="ada") as client:
        client.register_project("vision")
        for number in range(4):
            client.log_run(
                av.LoggedRun(
                    method="train",
                    name=f"Fraud model {number}",
                    project="vision",
                    metrics={"auc": number / 10},
                    tags=("risk",) if number % 2 else ("ops",),
                )
            )
    return tmp_path / "home"


def test_words_filter_order_and_facets(call: Call, home: Path) -> None:
    asked = ("search", "fraud", "mod*", "--kind", "run", "--where", 'tags = "risk"', "--order", "metrics.auc desc")
    said = call(*asked, "--facet", "tags", "--home", home)
    assert said.code == 0
    assert said.out.index("Fraud model 3") < said.out.index("Fraud model 1")
    assert "total: 2" in said.out
    answer = json.loads(call(*asked, "--facet", "tags", "--others", "--home", home, "--json").out)
    assert [item["attributes"]["name"] for item in answer["items"]] == ["Fraud model 3", "Fraud model 1"]
    assert [value["value"] for value in answer["facets"][0]["values"]] == ["ops", "risk"]


def test_what_cannot_be_read_is_one_line(call: Call, home: Path) -> None:
    said = call("search", "--where", "params.k =", "--home", home)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("arangovis: filter: at character 11")
    assert call("search", "--kind", "nonsense", "--home", home).code == 1


def test_a_search_is_saved_listed_run_and_deleted(call: Call, home: Path) -> None:
    asked = ("--project", "vision", "--home", home)
    kept = call("saved", "save", "risky", "--kind", "run", "--where", 'tags = "risk"', "--limit", "1", *asked)
    assert (kept.code, kept.out.startswith("Saved as saved_search/")) == (0, True)
    assert "risky" in call("saved", "list", *asked).out
    page = json.loads(call("saved", "run", "risky", *asked, "--json").out)
    assert [item["attributes"]["name"] for item in page["items"]] == ["Fraud model 3"]
    rest = call("saved", "run", "risky", "--cursor", page["next_cursor"], *asked, "--json").out
    assert [item["attributes"]["name"] for item in json.loads(rest)["items"]] == ["Fraud model 1"]
    assert call("saved", "delete", "risky", *asked).out == "Deleted risky.\n"
    assert "there is no saved search" in call("saved", "run", "risky", *asked).err


def test_the_best_run_content_and_failures(call: Call, home: Path) -> None:
    best = json.loads(call("ask", "best", "auc", "--where", 'tags = "ops"', "--home", home, "--json").out)
    assert best["attributes"]["name"] == "Fraud model 2"
    lowest = call("ask", "best", "auc", "--lowest", "--home", home)
    assert "Fraud model 0" in lowest.out
    assert "has the metric 'f1'" in call("ask", "best", "f1", "--home", home).err
    assert json.loads(call("ask", "content", "0" * 64, "--home", home, "--json").out)["uses"] == []
    assert call("ask", "failures", best["id"], "--home", home).code == 0
