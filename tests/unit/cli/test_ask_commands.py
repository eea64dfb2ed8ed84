"""`arangovis ask`, on the graph with known answers."""

import json
from pathlib import Path

import pytest

from arangovis.cli.ask import QUESTIONS
from arangovis.settings import Settings
from arangovis.wiring import build as build_service
from tests.known_graph import KnownGraph, build
from tests.unit.cli.conftest import Call

USAGE = 2


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KnownGraph]:
    home = tmp_path_factory.mktemp("ask") / "home"
    service = build_service(Settings(home=home))
    graph = build(service.store)
    service.close()
    return home, graph


def test_every_question_has_a_help(call: Call) -> None:
    overview = call("ask", "--help").out
    for name, (text, _) in QUESTIONS.items():
        assert f"  {name} " in overview
        assert text.split()[0] in overview
        said = call("ask", name, "--help")
        assert (said.code, said.out.split()[:4]) == (0, ["Usage:", "arangovis", "ask", name])


def test_impact_as_a_table_and_as_json(call: Call, known: tuple[Path, KnownGraph]) -> None:
    home, graph = known
    said = call("ask", "impact", graph["raw-1"], "--kind", "plot", "--kind", "deployment", "--home", home)
    answer = json.loads(call("ask", "impact", graph["raw-1"], "--home", home, "--json").out)

    assert said.code == 0
    assert str(graph["plot-1"]) in said.out
    assert f"active deployments: {graph['live']}" in said.out
    assert answer["counts"]["plot"] == 1
    assert answer["partial"] is False


def test_a_cut_answer_says_so(call: Call, known: tuple[Path, KnownGraph]) -> None:
    home, graph = known
    assert "cut by depth" in call("ask", "impact", graph["raw-1"], "--depth", "1", "--home", home).out


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("redo", "raw-1", "--dry-run"), "it was logged by a process of its user's"),
        (("field", "model 1", "params.n_neighbours"), "bob"),
        (("diff", "train-1", "train-2"), "git.commit"),
        (("stale", "plot-1"), "grew"),
        (("path", "raw-1", "january"), "found: yes"),
        (("common", "plot-1", "plot-2"), "holdout"),
        (("timeline", "model", "accuracy"), "0.94"),
        (("reproduce", "plot-1"), "reproducible: no"),
    ],
)
def test_a_question_prints_its_answer(
    call: Call, known: tuple[Path, KnownGraph], words: tuple[str, ...], shown: str
) -> None:
    home, graph = known
    said = call(
        "ask", *(str(graph.nodes.get(word, word)) if n else word for n, word in enumerate(words)), "--home", home
    )
    assert (said.code, said.err) == (0, "")
    assert shown in said.out


def test_leakage_is_an_exit_status(call: Call, known: tuple[Path, KnownGraph]) -> None:
    home, graph = known
    bad, good = (call("ask", "leakage", graph[name], "--home", home) for name in ("model 3", "model 1"))
    assert (bad.code, good.code) == (1, 0)
    assert str(graph["copy"]) in bad.out
    assert "clean: yes" in good.out


def test_what_is_stale_and_what_runs(call: Call, known: tuple[Path, KnownGraph]) -> None:
    home, graph = known
    stale = call("ask", "stale", "--project", "known", "--kind", "plot", "--why", "params", "--home", home)
    assert str(graph["plot-1"]) in stale.out
    assert str(graph["plot-2"]) not in stale.out
    assert call("ask", "stale", graph["plot-1"], "--kind", "plot", "--home", home).code == USAGE
    assert "started: 0" in call("ask", "running", "--home", home).out
    job = json.loads(call("ask", "job", "train", "--direction", "upstream", "--home", home, "--json").out)
    assert job["runs"] == 4


def test_a_mistake_is_one_line(call: Call, known: tuple[Path, KnownGraph]) -> None:
    home, _ = known
    said = call("ask", "impact", "nothing", "--home", home)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "kind/key" in said.err
