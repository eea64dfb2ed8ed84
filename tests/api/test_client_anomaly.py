"""The SDK's frames and detectors, and the commands over them, in this process."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import arangovis as av
from arangovis.cli import group
from tests.api.detecting import QUICK, benign, cancer, everything


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_from_a_file_to_scores(home: Path, tmp_path: Path) -> None:
    names, rows, _ = cancer()
    path = tmp_path / "benign.csv"
    path.write_bytes(benign())
    with av.connect(home=home) as client:
        frame = client.anomaly.frame(path)
        detector = client.anomaly.train(frame, "cancer", parameters=QUICK)
        by_columns = client.anomaly.score(detector.number, dict(zip(names, rows.T, strict=True)))
        by_csv = client.anomaly.score(detector.number, everything(), persist=True, name="all.csv")
        assert by_csv.run is not None
        stored = list(client.anomaly.rows(client.anomaly.prediction(by_csv.run)))

        assert client.anomaly.describe(frame)["name"] == "benign.csv"
        assert client.anomaly.train(frame, "cancer", parameters=QUICK) == detector
    assert np.array_equal(by_columns.scores, by_csv.scores)
    assert [row["Reconstruction.MSE"] for row in stored] == by_csv.scores.tolist()
    assert by_columns.run is None
    assert by_columns.anomalies.tolist() == [score > (by_columns.threshold or 0) for score in by_columns.scores]


def test_an_attached_detector_scores_production_rows(home: Path) -> None:
    names, rows, target = cancer()
    outputs = (
        av.signature_field("embedding", "float32", shape=(1, 2)),
        av.signature_field("class", "int64", "NOMINAL"),
    )
    with av.connect(home=home) as client:
        detector = client.anomaly.train(client.anomaly.frame(benign()), "cancer", parameters=QUICK)
        client.register_project("p")
        client.register_model("p", "watched")
        version = client.register_model_version("p", "watched", av.Signature(outputs=outputs))
        spec = client.anomaly.attach(detector.number, version)
        columns = dict(zip(names, rows[:80].T, strict=True))
        client.append_production_data(version, {**columns, "embedding": rows[:80, :2], "class": target[:80]})
        expected = client.anomaly.score(detector.number, columns)
        shown = client.project(version, "pca")
        result = shown.result["metrics"]["anomaly"]
        upstream = {visit.node.id for visit in client.lineage(shown.plot).visits}

        assert client.anomaly.attach(detector.number, version) == spec
    assert sorted(result["scores"]) == pytest.approx(sorted(expected.scores.tolist()))
    assert (result["threshold"], result["operation"]) == (expected.threshold, "LessEq")
    assert {spec, detector.node, detector.run} <= upstream
    check_neighbours(result, shown.result["top_N"])


def check_neighbours(metric: dict[str, Any], nearest: list[list[int]]) -> None:
    """See that every odd row has its healthy neighbours, nearest first, and no other row any."""
    odd = [score > metric["threshold"] for score in metric["scores"]]
    found = metric["healthy_neighbours"]
    assert 0 < sum(odd) < len(odd)
    expected = [
        [other for other in near if not odd[other]] if mine else [] for mine, near in zip(odd, nearest, strict=True)
    ]
    assert found == expected
    assert any(found)


def test_rows_without_its_columns_get_no_scores(home: Path) -> None:
    _, rows, _ = cancer()
    outputs = (av.signature_field("embedding", "float32", shape=(1, 2)),)
    with av.connect(home=home) as client:
        detector = client.anomaly.train(client.anomaly.frame(benign()), "cancer", parameters=QUICK)
        client.register_project("p")
        client.register_model("p", "watched")
        version = client.register_model_version("p", "watched", av.Signature(outputs=outputs))
        client.anomaly.attach(detector.number, version, "odd", threshold=0.5)
        client.append_production_data(version, {"embedding": rows[:60, :2]})
        result = client.project(version, "pca").result["metrics"]["odd"]

    assert result["scores"] == [None] * 60
    assert result["threshold"] == 0.5


def test_what_fails_says_why(home: Path) -> None:
    with av.connect(home=home) as client:
        with pytest.raises(av.errors.InvalidInput, match="empty"):
            client.anomaly.frame(b"", "nothing")
        with pytest.raises(av.errors.ComputeFailed, match="n: 1 cells"):
            client.anomaly.frame(b"n\n" + b"1\n" * 4000 + b"x\n", "late", strict=True)
        with pytest.raises(av.errors.InvalidInput, match="depth"):
            client.anomaly.train(client.anomaly.frame(benign()), "cancer", parameters={"depth": 2})
        with pytest.raises(KeyError):
            client.anomaly.score(7, everything(2))


def test_the_commands_and_the_scorer_agree(home: Path, tmp_path: Path) -> None:
    training, data, scorer = tmp_path / "benign.csv", tmp_path / "all.csv", tmp_path / "cancer.zip"
    training.write_bytes(benign())
    data.write_bytes(everything(40))
    runner = CliRunner()

    def call(*arguments: str) -> str:
        result = runner.invoke(group, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    with av.connect(home=home):
        pass
    where = ("--home", str(home))
    given = ("--param", "hidden=8,4,8", "--param", "epochs=3", *where)
    assert "detector 1 " in call("anomaly", "train", str(training), "--name", "cancer", *given)
    served = call("anomaly", "score", "1", str(data), *where).splitlines()
    call("anomaly", "export", "1", str(scorer), *where)
    offline = call("score", str(scorer), str(data)).splitlines()
    with zipfile.ZipFile(io.BytesIO(scorer.read_bytes())) as archive:
        archive.extractall(tmp_path / "scorer")
    command = [sys.executable, "-I", "-S", str(tmp_path / "scorer" / "scorer.py"), str(data)]
    alone = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert alone == offline
    first = [float(line.split(",")[0]) for line in served[1:]]
    assert [float(line.split(",")[1]) for line in offline[1:]] == pytest.approx(first, rel=1e-12)


def test_a_zip_that_was_changed_is_refused(tmp_path: Path) -> None:
    scorer, data = tmp_path / "no.zip", tmp_path / "all.csv"
    scorer.write_bytes(b"PK\x05\x06" + bytes(18))
    data.write_bytes(everything(2))

    result = CliRunner().invoke(group, ["score", str(scorer), str(data)])

    assert isinstance(result.exception, av.errors.IntegrityError)
