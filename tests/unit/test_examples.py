"""The examples run, and do what they say."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread, so that the tests beside do not wait for it, nor it for them."""
    with threadpool_limits(1):
        yield


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


def test_a_training_is_logged_found_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "log_training.py"))["main"](tmp_path)
    said = capsys.readouterr().out
    assert "2 of 3 runs have a rate below 1" in said
    assert float(re.findall(r"the best is rate 0.5: accuracy (\S+)", said)[0]) > 0.9
    losses = [float(loss) for loss in re.findall(r"mean loss of each epoch: (.*)", said)[0].split(", ")]
    assert len(losses) == 12
    assert losses[-1] < losses[0] / 3
    assert re.search(r"shown by (3\d|40) of 264 points", said)
    assert "it read ['dataset']" in said


def said_by(example: str, home: Path, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / f"{example}.py"))["main"](str(home))
    return capsys.readouterr().out


def test_the_best_of_many_trials_is_found_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by("optimise_parameters", tmp_path, capsys)
    assert float(re.findall(r"best: trial \d+ with (\S+)", said)[0]) > 0.97
    assert "the search had 20 trials" in said
    assert set(re.findall(r"'(standard|range)': [1-9]", said)) <= {"standard", "range"}
    assert re.search(r"the worst differs in \['C', 'gamma'(, 'scaler')?\]", said)


def test_features_know_their_columns_and_what_they_gained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by("engineer_features", tmp_path, capsys)
    assert "better in 14 of 14 pairs" in said
    assert "log_mean_area comes from mean_area of dataset" in said
    assert "worst_concave_points went into 2 feature sets" in said


def test_a_network_is_watched_kept_and_found_by_its_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by("train_with_torch", tmp_path, capsys)
    first, last = map(float, re.findall(r"from (\S+) to (\S+) in 15 epochs", said)[0])
    assert last < first / 5
    assert "the evaluation rests on: two layers" in said


def test_a_shift_in_service_is_found_where_it_began(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by("watch_a_deployment", tmp_path, capsys)
    assert "22 months; more than 0.15 below its development since month 16" in said
    assert re.search(r"the months before: area 0\.[45]\d, shifted: False\n", said)
    assert "the months since: area 1.00, shifted: True, most of all ink_of_column_" in said
    assert "trained on these data: sorting" in said
    assert "['active', 'archived']" in said


def test_what_rested_on_wrong_data_is_done_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by("what_if_the_data_were_wrong", tmp_path, capsys)
    assert "digit 150 is in the plot: True" in said
    assert "stale now: [True] because of dataset" in said
    assert "report: cannot: it was logged by a process of its user's" in said
    assert "a new plot rests on the corrected data: True" in said
    assert "dataset -> dataset -> run -> artifact" in said
    assert "and it is not stale: True" in said
