"""The examples run, and do what they say."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_two_models_are_compared_and_one_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "compare_two_models.py"))["main"](str(tmp_path))
    said = capsys.readouterr().out
    update, taken = (
        float(line.rpartition("BTC ")[2].rstrip(")\n")) for line in said.splitlines() if "wrong now" in line
    )
    assert taken >= update
    assert said.count("lambda ") == 11
    assert "made from base, h1_test, h1_train, reference, test, train" in said


def test_odd_rows_are_found_explained_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "detect_anomalies.py"))["main"](tmp_path)
    said = capsys.readouterr().out
    found, false = map(int, re.findall(r"(\d+) of 212 malignant rows are odd, (\d+) benign", said)[0])
    assert found > 10 * false
    assert "comes from ['artifact', 'dataset', 'model_version', 'run']" in said
    assert float(re.findall(r"differs by (\S+)", said)[0]) < 1e-12
    assert "shows 500 rows" in said
