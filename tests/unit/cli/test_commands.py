"""The command line as a person meets it: answers, JSON, one-line errors, exit codes."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import arangovis as av
from arangovis.cli import COMMANDS, FAILED
from tests.unit.cli.conftest import SIGNATURE, Call, Graph

ROOT = Path(__file__).parents[3]
USAGE = 2
OVERVIEW = """
import sys
from click.testing import CliRunner
from arangovis.cli import group
print(CliRunner().invoke(group, ["--help"]).output)
heavy = ("numpy", "pyarrow", "rich", "sqlite3", "falcon", "arangovis.client")
print([name for name in heavy if name in sys.modules])
"""


def test_every_command_has_a_module_and_a_help(call: Call) -> None:
    for name in COMMANDS:
        said = call(name, "--help")
        assert said.code == 0
        assert said.out.startswith(f"Usage: arangovis {name} ")


def test_the_overview_imports_nothing_that_a_command_needs() -> None:
    answer = subprocess.run([sys.executable, "-c", OVERVIEW], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.strip().endswith("[]")
    assert all(text in answer.stdout for text in COMMANDS.values())


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "arangovis.cli", "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout == f"arangovis, version {av.__version__}\n"


# --- init -------------------------------------------------------------------------------------------------------


def test_init_makes_a_store_once(call: Call, tmp_path: Path) -> None:
    home = tmp_path / "a home # with % signs"
    first, again = call("init", "--home", home), call("init", "--home", home, "--json")
    assert (first.code, again.code) == (0, 0)
    assert first.out.startswith(f"{home}: schema version ")
    assert json.loads(again.out)["home"] == str(home)
    with av.connect(home=home) as client:
        client.register_project("vision")
        client.register_model("vision", "m")
        version = client.register_model_version("vision", "m", SIGNATURE)
        client.append_production_data(version, [{"embedding": [0.5] * 64, "class": 1}])
    assert (home / "artifacts").is_dir()


def test_a_home_that_cannot_be_made_is_one_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = call("init", "--home", tmp_path / "file" / "home")
    assert said.code == FAILED
    assert said.err.startswith("arangovis: ")
    assert said.err.count("\n") == 1


# --- lineage ----------------------------------------------------------------------------------------------------


def test_upstream_draws_everything_that_a_plot_comes_from(call: Call, graph: Graph) -> None:
    said = call("lineage", graph.projection.plot, "--home", graph.home)
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0].startswith("artifact pca of größe 1")
    assert lines[1].startswith(
        f"└── plot: run pca of größe 1  n_components=2  {graph.projection.run}  computed by inline"
    )
    assert [line for line in lines if f"run/{graph.training_run.key}  by ada" in line]
    assert [line for line in lines if "model: model_version größe 1" in line]
    assert len([line for line in lines if line.endswith(", shown elsewhere")]) == 1


def test_what_people_wrote_sets_no_colour(call: Call, graph: Graph) -> None:
    out = call("lineage", graph.training_run, "--home", graph.home).out
    assert r"note=[red]\x1b[31mno colour" in out
    assert "\x1b" not in out
    assert "[bold]grace" in call("history", "--model-version", "1", "--method", "pca", "--home", graph.home).out


def test_downstream_draws_what_came_of_it(call: Call, graph: Graph) -> None:
    out = call("lineage", graph.training_run, "--home", graph.home, "--direction", "downstream").out
    assert "└── model: model_version größe 1" in out
    assert str(graph.projection.plot) in out
    assert "← " not in out


def test_both_ways_says_which_way_each_edge_goes(call: Call, graph: Graph) -> None:
    arguments = ("lineage", graph.projection.run, "--home", graph.home, "--direction", "both", "--depth", "1")
    out = call(*arguments).out
    assert "── ← model: model_version größe 1" in out
    assert "── → plot: artifact pca of größe 1" in out
    assert "There is more: cut by depth." in out


def test_a_kind_hangs_on_the_nearest_that_is_shown(call: Call, graph: Graph) -> None:
    lines = call("lineage", graph.projection.plot, "--home", graph.home, "--kind", "dataset").out.splitlines()
    assert not [line for line in lines[1:] if "run/" in line or "model_version" in line]
    assert lines[0].startswith("artifact")
    assert any(line.startswith("├── production: dataset sample of production data") for line in lines)
    assert any(
        line.lstrip("│ ").startswith("└── sample: dataset production data of größe 1  60 rows") for line in lines
    )


def test_a_narrow_terminal_gets_a_list(call: Call, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "30")
    out = call("lineage", graph.projection.plot, "--home", graph.home).out
    assert "└──" not in out
    assert "   1  " in out


def test_a_long_chain_is_listed_by_depth(call: Call, tmp_path: Path) -> None:
    with av.connect(home=tmp_path) as client:
        client.register_project("p")
        made = client.log_run(av.LoggedRun(method="m", project="p", outputs=(_file(0),)))
        for number in range(1, 150):
            before = client.outputs(made)["file"]
            run = av.LoggedRun(method="m", project="p", inputs=(av.Input(before, "in"),), outputs=(_file(number),))
            made = client.log_run(run)
    out = call("lineage", made, "--home", tmp_path, "--depth", "1000").out
    assert len(out.splitlines()) == 299
    assert out.splitlines()[-1].startswith(" 298  run")


def _file(number: int) -> av.Output:
    return av.Output("file", attributes={"digest": str(number), "bytes": 1, "media_type": "text/plain"})


def test_json_is_the_whole_answer(call: Call, graph: Graph) -> None:
    document = json.loads(call("lineage", graph.projection.plot, "--home", graph.home, "--json").out)
    assert document["start"] == str(graph.projection.plot)
    assert document["partial"] is False
    nodes = {node["id"]: node for node in document["nodes"]}
    assert nodes[str(graph.training_run)]["attributes"]["params"] == {"note": "[red]\x1b[31mno colour"}
    assert {edge["from"] for edge in document["edges"]} | {edge["to"] for edge in document["edges"]} == nodes.keys()


def test_edges_are_listed_with_their_other_ends(call: Call, graph: Graph) -> None:
    with av.connect(home=graph.home) as client:
        inputs = [str(found.node.id) for found in client.edges(graph.projection.run)]
    said = call("lineage", graph.projection.run, "--home", graph.home, "--edges")
    lines = said.out.splitlines()
    assert (said.code, len(lines)) == (0, len(inputs))
    assert [line for line in lines if line.startswith("input_to model: model_version größe 1  ")]
    assert all(node in line for node, line in zip(inputs, lines, strict=True))
    cut = call("lineage", graph.projection.run, "--home", graph.home, "--edges", "--limit", "1").out.splitlines()
    assert cut == [lines[0], "There is more: cut by limit."]
    past = call("lineage", graph.training_run, "--home", graph.home, "--edges", "--at", "1999-12-31")
    assert (past.code, past.err) == (FAILED, f"arangovis: there is no {graph.training_run}\n")


def test_edges_as_json_say_whether_there_is_more(call: Call, graph: Graph) -> None:
    asked = ("lineage", graph.projection.run, "--home", graph.home, "--edges", "--json")
    whole, cut = (json.loads(call(*asked, *more).out) for more in ((), ("--limit", "1")))
    assert (whole["start"], whole["partial"], cut["partial"]) == (str(graph.projection.run), False, True)
    assert cut["edges"] == whole["edges"][:1]
    assert all(edge["from"] == edge["node"]["id"] for edge in whole["edges"])


@pytest.mark.parametrize("more", [("--depth", "2"), ("--kind", "run")])
def test_edges_are_one_edge_away(call: Call, graph: Graph, more: tuple[str, ...]) -> None:
    said = call("lineage", graph.projection.run, "--home", graph.home, "--edges", *more)
    assert said.code == USAGE
    assert "--edges lists what is one edge away" in said.err


def test_the_past_is_named_as_people_write_it(call: Call, graph: Graph) -> None:
    with av.connect(home=graph.home) as client:
        began = client.history(graph.projection.run)[0].version.valid_from
    local = datetime.fromtimestamp(began / 1e6, UTC).astimezone()
    for at in (str(began), local.isoformat(), local.replace(tzinfo=None).isoformat(sep=" ")):
        said = call("lineage", graph.projection.run, "--home", graph.home, "--at", at, "--json")
        assert json.loads(said.out)["nodes"][0]["attributes"]["state"] == "PENDING"
    said = call("lineage", graph.projection.run, "--home", graph.home, "--at", "1999-12-31")
    assert (said.code, said.err) == (FAILED, f"arangovis: there is no {graph.projection.run}\n")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("run/nothing",), "there is no run/nothing"),
        (("nothing",), "id: 'nothing' is not of the form kind/key"),
        (("run/a", "--kind", "runs"), "kinds: 'runs' is no vertex kind"),
        (("run/a", "--at", "noon"), "at: 'noon' is no time: give microseconds since 1970, a datetime, or ISO 8601"),
        (("run/a", "--depth", "-1", "--limit", "0"), "depth: -1 is not between 0 and 1000; limit: 0 is not between"),
        (("run/a", "--edges", "--direction", "both"), "direction: edges are listed one way: upstream or downstream"),
        (("run/a", "--edges", "--limit", "0"), "limit: 0 is not between 1 and 1000"),
        (("run/nothing", "--edges"), "there is no run/nothing"),
        (("run/a", "--url", "http://127.0.0.1:1"), "url: is given together with a home; give one of them"),
    ],
)
def test_what_is_wrong_is_one_line(call: Call, graph: Graph, arguments: tuple[str, ...], error: str) -> None:
    said = call("lineage", *arguments, "--home", graph.home)
    assert (said.code, said.out) == (FAILED, "")
    assert said.err.startswith(f"arangovis: {error}")
    assert said.err.count("\n") == 1


def test_looking_at_a_home_does_not_make_one(call: Call, tmp_path: Path) -> None:
    said = call("lineage", "run/a", "--home", tmp_path / "typo")
    assert (said.code, said.err) == (
        FAILED,
        f"arangovis: there is no store in {tmp_path / 'typo'}; `arangovis init` makes one\n",
    )
    assert not (tmp_path / "typo").exists()


def test_a_server_that_is_away_is_one_line(call: Call) -> None:
    said = call("lineage", "run/a", "--url", "http://127.0.0.1:1")
    assert (said.code, said.err) == (FAILED, "arangovis: http://127.0.0.1:1 does not answer: Connection refused\n")


# --- history ----------------------------------------------------------------------------------------------------


def test_history_of_a_node_shows_what_changed(call: Call, graph: Graph) -> None:
    out = call("history", graph.projection.run, "--home", graph.home).out
    assert "state=PENDING" in out
    assert "state=SUCCESS" in out
    document = json.loads(call("history", graph.projection.run, "--home", graph.home, "--json").out)
    assert [version["attributes"]["state"] for version in document] == ["PENDING", "STARTED", "SUCCESS"]
    assert [version["actor"] for version in document] == ["ada", "inline", "inline"]


def test_history_of_parameters_shows_who_set_them(call: Call, graph: Graph) -> None:
    arguments = ("history", "--model-version", "1", "--method", "pca", "--home", graph.home)
    assert "2 (in force)" in call(*arguments).out
    document = json.loads(call(*arguments, "--json").out)
    assert [(r["revision"], r["actor"], r["values"]["n_components"], r["current"]) for r in document] == [
        (1, "ada", 2, False),
        (2, "[bold]grace", 3, True),
    ]
    assert document[0]["runs"] == [str(graph.projection.run)]
    nobody = call("history", "--model-version", "1", "--home", graph.home)
    assert nobody.out.startswith("Nobody set parameters of umap for model version 1")


@pytest.mark.parametrize(
    "arguments", [(), ("run/a", "--model-version", "1"), ("run/a", "--method", "pca"), ("--what",)]
)
def test_a_command_line_that_is_not_right_ends_with_2(call: Call, graph: Graph, arguments: tuple[str, ...]) -> None:
    assert call("history", *arguments, "--home", graph.home).code == USAGE


# --- output -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, form: tuple[str, ...]) -> None:
    with av.connect(home=tmp_path) as client:
        outputs = tuple(_file(number) for number in range(1000))
        run = client.log_run(av.LoggedRun(method="m", outputs=outputs))
    command = [sys.executable, "-m", "arangovis.cli", "lineage", str(run), "--home", str(tmp_path), *form]
    command += ["--direction", "downstream"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) in (0, 1)


def test_a_terminal_without_unicode_shows_codes(graph: Graph) -> None:
    command = [sys.executable, "-m", "arangovis.cli", "lineage", str(graph.projection.plot), "--home", str(graph.home)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    assert r"gr\xf6\xdfe" in answer.stdout


# --- serve ------------------------------------------------------------------------------------------------------


def test_serve_refuses_an_address_that_others_reach(call: Call, tmp_path: Path) -> None:
    said = call("serve", "--home", tmp_path, "--host", "0.0.0.0")
    assert said.code == FAILED
    assert "configure ARANGOVIS_TOKEN_FILE" in said.err
