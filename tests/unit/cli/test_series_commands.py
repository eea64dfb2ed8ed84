"""`arangovis series`: what goes in as lines comes out as rows, and what cannot be taken is one line."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer

import arangovis as av
from arangovis.cli.row_lines import LINE_LENGTH_MAX, Format, RowLines
from arangovis.domain.errors import InvalidContent
from arangovis.domain.series import FieldKind
from tests.unit.cli.conftest import Call, Said

ROOT = Path(__file__).parents[3]
USAGE = 2


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run_of(said: Said) -> str:
    """Return the run that a command said it logs to."""
    return said.err.splitlines()[0]


# --- logging ------------------------------------------------------------------------------------------------------


def test_a_file_comes_back_as_the_table_that_it_was(call: Call, home: Path, tmp_path: Path) -> None:
    cells = load_breast_cancer()
    names = [name.replace(" ", "_") for name in cells.feature_names[:4]]
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([*names, "kind"])
    rows = [
        [*map(float, row[:4]), "benign" if kind else "malignant"]
        for row, kind in zip(cells.data, cells.target, strict=True)
    ]
    writer.writerows(rows)
    (tmp_path / "cells.csv").write_text(lines.getvalue())
    said = call("series", "log", tmp_path / "cells.csv", "--project", "cancer", "--tag", "a", "--home", home)
    assert (said.code, said.out) == (0, f"569 rows logged to {run_of(said)}\n")

    written = call("series", "export", run_of(said), tmp_path / "back.parquet", "--home", home, "--json")
    assert json.loads(written.out)["rows"] == 569
    table = pq.read_table(tmp_path / "back.parquet").sort_by("step")
    assert [list(row) for row in zip(*(table[name].to_pylist() for name in (*names, "kind")), strict=True)] == rows
    assert table["step"].to_pylist() == list(range(569))


def test_a_named_series_takes_what_it_was_made_for(call: Call, home: Path, tmp_path: Path) -> None:
    with av.connect(home=home) as client:
        client.register_project("p")
    for field, kind in (("loss", "float"), ("seen", "timestamp")):
        assert call("series", "create-field", "p", field, kind, "--home", home).code == 0
    made = call("series", "create-series", "p", "curve", "loss", "seen", "--home", home, "--json")
    assert [field["name"] for field in json.loads(made.out)["fields"]] == ["loss", "seen"]

    (tmp_path / "rows.jsonl").write_text('{"loss": 1, "seen": "2026-03-01T12:00:00+01:00"}\n{"loss": 0.5}\n')
    said = call("series", "log", tmp_path / "rows.jsonl", "--project", "p", "--series", "curve", "--home", home)
    assert said.code == 1
    assert said.err.splitlines()[1:] == ["arangovis: line 2: curve: lacks seen"]
    shown = call("series", "tail", run_of(said), "curve", "--home", home, "--json")
    assert json.loads(shown.out) == {"loss": 1.0, "seen": "2026-03-01T11:00:00+00:00"}


def test_lines_that_cannot_be_taken_are_told_and_left_out_if_asked(call: Call, home: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("n,ok\n1,true\n2\nx,true\n2.5,no\n4,false\n")
    said = call("series", "log", tmp_path / "rows.csv", "--project", "p", "--skip-bad", "--home", home)
    assert said.code == 1
    assert said.out == f"2 rows logged to {run_of(said)}, 3 lines left out\n"
    assert said.err.splitlines()[1:] == [
        "arangovis: line 3: has 1 cells, the header 2",
        "arangovis: line 4: n: 'x' is no int",
        "arangovis: line 5: n: '2.5' is no int; --kind n=float would take it; line 5: ok: 'no' is no bool",
    ]
    assert call("series", "tail", run_of(said), "--home", home, "--field", "n", "--field", "ok").out == (
        "n,ok\n1,True\n4,False\n"
    )


def test_a_run_is_gone_on_with(call: Call, home: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": 1, "step": 7}\n')
    first = call("series", "log", tmp_path / "rows.jsonl", "--project", "p", "--home", home)
    again = call("series", "log", tmp_path / "rows.jsonl", "--run", run_of(first), "--home", home)
    assert run_of(again) == run_of(first)
    listed = call("series", "list", run_of(first), "--home", home, "--json")
    (series,) = json.loads(listed.out)["series"]
    assert (series["rows"], series["newest_step"]) == (2, 7)
    assert call("series", "fields", "--project", "p", "--home", home).out.count("field/") == 2


def test_offline_rows_wait_for_a_sync(call: Call, home: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n')
    said = call("series", "log", tmp_path / "rows.jsonl", "--project", "p", "--offline", "--home", home)
    assert said.code == 0
    assert "requests wait on disk; `arangovis sync` sends them" in said.out
    assert call("sync", "--home", home).code == 0
    assert call("series", "tail", run_of(said), "--home", home).out == "a,step\n1,0\n"


LIVE = [sys.executable, "-m", "arangovis.cli", "series"]


def test_lines_of_a_pipe_are_rows_while_it_is_open(home: Path) -> None:
    where = {**os.environ, "ARANGOVIS_HOME": str(home)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*LIVE, "log", "--format", "json", "--project", "p"], env=where, cwd=ROOT, **pipes) as log:  # type: ignore[call-overload]
        run = log.stderr.readline().decode().strip()
        log.stdin.write(b'{"loss": 0.5}\n')
        log.stdin.flush()
        tail = [*LIVE, "tail", run, "--field", "loss", "--timeout", "60"]
        with subprocess.Popen(tail, env=where, cwd=ROOT, stdout=subprocess.PIPE) as shown:
            assert shown.stdout is not None
            assert shown.stdout.readline() == b"loss\n"
            assert shown.stdout.readline() == b"0.5\n"
            log.stdin.write(b'{"loss": 0.25}\n')
            log.stdin.close()
            assert shown.stdout.read() == b"0.25\n"
            assert shown.wait(60) == 0
        assert log.wait(60) == 0


# --- reading ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["parquet", "csv", "arrow"])
def test_an_export_is_there_as_a_whole_or_not_at_all(call: Call, home: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"rows.{suffix}"
    with av.run("p", home=home, capture=False) as run:
        run.write(n=range(5), text=[f"ä\n,{n}" for n in range(5)])
        run.log({"other": 1.0})
    several = call("series", "export", run.id, target, "--home", home)
    assert (several.code, target.exists()) == (USAGE, False)
    assert "the run has 2 series; give one of them, or fields with --field" in several.err
    wrong = call("series", "export", run.id, target, "--field", "nothing", "--home", home)
    assert (wrong.code, list(tmp_path.glob(".rows*")) + list(tmp_path.glob("rows*"))) == (1, [])
    done = call(
        "series", "export", run.id, target, "--field", "n", "--field", "text", "--filter", "n > 2", "--home", home
    )
    assert done.out == f"2 rows of n, text written to {target}\n"


def test_a_file_of_another_sort_is_refused(call: Call, home: Path, tmp_path: Path) -> None:
    with av.run("p", home=home, capture=False) as run:
        run.log({"a": 1})
    said = call("series", "export", run.id, tmp_path / "rows.xlsx", "--home", home)
    assert (said.code, said.err) == (1, "arangovis: target: 'rows.xlsx' does not end in .parquet, .csv, .arrow\n")


def test_the_last_rows_are_shown_first(call: Call, home: Path) -> None:
    with av.run("p", home=home, capture=False) as run:
        run.write(n=range(100))
    assert call("series", "tail", run.id, "--rows", "2", "--home", home).out == "n\n98\n99\n"
    assert call("series", "tail", run.id, "--once", "--home", home, "--filter", "n < 1").out == "n\n0\n"
    assert call("series", "tail", run.id, "missing", "--home", home).code == USAGE


# --- lines --------------------------------------------------------------------------------------------------------


@given(st.lists(st.fixed_dictionaries({"a": st.text(max_size=9), "b": st.floats(), "n": st.integers(-9, 9)})))
def test_csv_and_json_lines_say_the_same(rows: list[dict[str, object]]) -> None:
    kinds = {"a": FieldKind.TEXT, "b": FieldKind.FLOAT, "n": FieldKind.INT}
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, list(kinds), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({**row, "b": repr(row["b"])} for row in rows)
    lines = io.StringIO(table.getvalue(), newline="")
    from_csv = [line.values for line in RowLines(Format.CSV, kinds).read(lines)]
    from_json = [line.values for line in RowLines(Format.JSON, kinds).read(map(json.dumps, rows))]
    texts = [[repr(sorted(row.items())) for row in found] for found in (from_csv, from_json, rows)]
    assert texts[0] == texts[1] == texts[2]


@given(st.sampled_from(Format), st.text())
def test_any_text_is_rows_or_told_to_be_none(form: Format, text: str) -> None:
    said = None
    try:
        found = list(RowLines(form, {}).read(io.StringIO(text, newline="")))
    except InvalidContent as error:
        said = error.faults[0].field
    assert said is None or said.startswith("line ")
    assert said is not None or all(line.faults or isinstance(line.values, dict) for line in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,a\n1,2\n", "line 1: has the column 'a' more than once"),
        ("a,\n1,2\n", "line 1: has no name in column 2"),
        ('a\n"x', "line 2: is no CSV: unexpected end of data"),
        ("a" * (LINE_LENGTH_MAX + 1), f"line 1: is longer than {LINE_LENGTH_MAX} characters"),
    ],
)
def test_what_is_no_csv_is_told(text: str, said: str) -> None:
    with pytest.raises(InvalidContent) as caught:
        list(RowLines(Format.CSV, {}).read(io.StringIO(text)))
    assert caught.value.detail == said


def test_the_first_row_decides_where_nothing_is_known() -> None:
    text = "n,x,t,b,when\n1,0.5,word,TRUE,2026-01-01\n-3,1,7,false,\n"
    (first, second) = RowLines(Format.CSV, {}).read(io.StringIO(text))
    assert first.values == {"n": 1, "x": 0.5, "t": "word", "b": True, "when": "2026-01-01"}
    assert second.values == {"n": -3, "x": 1.0, "t": "7", "b": False, "when": ""}


@pytest.mark.parametrize("options", [["--kind", "a"], ["--kind", "a=complex"], [], ["--format", "xml"]])
def test_options_that_cannot_be_begin_no_run(call: Call, home: Path, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "rows").write_text("a\n1\n")
    assert call("series", "log", tmp_path / "rows", "--project", "p", "--home", home, *options).code == USAGE
    assert not home.exists()


def test_what_is_no_utf8_is_one_line(call: Call, home: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"a\n\xff\xfe\n")
    said = call("series", "log", tmp_path / "rows.csv", "--project", "p", "--home", home)
    assert (said.code, said.err.splitlines()[1:]) == (1, ["arangovis: the rows are not UTF-8"])
