"""The exported zip: three scorers that agree, and nothing in it that could run by surprise."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine

from arangovis.anomaly.adapting import STATUS_NAMES
from arangovis.anomaly.export import archive, scorer
from arangovis.anomaly.export.golden import golden_table
from arangovis.anomaly.frame import CategoricalColumn, Column, NumericColumn, Table
from arangovis.anomaly.model import AnomalyModel
from arangovis.anomaly.registry import names
from arangovis.anomaly.scoring import Scores, ScoringOptions, score
from arangovis.anomaly.training import TrainingOptions, train
from arangovis.domain.errors import IntegrityError
from tests.unit.anomaly import toy
from tests.unit.anomaly.tasks import table

HOSTILE = [
    'quote"name',
    "line\nbreak",
    '"""; import os; os._exit(3); """',
    "{0.__class__}",
    "=cmd|' /C calc'!A0",
    "__import__('os')._exit(3)",
    "comma,name",
    "é\u202e\0",
]
WINE = load_wine()
LEVELS = [HOSTILE[target] for target in WINE.target]


def mixed() -> Table:
    """Real numbers under names that try to get out, with missing values, and levels that try the same."""
    numbers = WINE.data[:, : len(HOSTILE)].copy()
    numbers[::9, 1] = np.nan
    columns: list[Column] = list(table(numbers).columns)
    renamed = [NumericColumn(name, c.values) for name, c in zip(HOSTILE, columns, strict=True)]  # type: ignore[union-attr]
    texts = [None if row % 11 == 0 else level for row, level in enumerate(LEVELS)]
    return Table.of(*renamed[:3], CategoricalColumn.of("le\r\nvels", texts), *renamed[3:])


MIXED = mixed()
QUICK = {"autoencoder": {"epochs": 20}, "pca": {"k": 3}, "knn": {}, "isolation_forest": {"ntrees": 20}}


@pytest.fixture(scope="module", params=[*names(), "toy"])
def model(request: pytest.FixtureRequest) -> AnomalyModel:
    return toy.MODEL if request.param == "toy" else train(MIXED, TrainingOptions(request.param, QUICK[request.param]))


@pytest.fixture(scope="module")
def folder(model: AnomalyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("export")
    with zipfile.ZipFile(io.BytesIO(archive.build(model, {"lineage": "model_version/1"}))) as members:
        members.extractall(place)
    return place


def odd_table(model: AnomalyModel) -> Table:
    """Golden rows, with a column missing, one too many, and the others in another order."""
    golden = golden_table(model)
    return Table.of(NumericColumn("more", np.ones(golden.rows)), *golden.columns[:0:-1])


def training_table(model: AnomalyModel) -> Table:
    return toy.TABLE if model is toy.MODEL else MIXED


def service(model: AnomalyModel, rows: Table) -> Scores:
    reconstructs = model.scorer.reconstructs
    layers = tuple(range(len(model.scorer.layers)))
    return score(model, rows, ScoringOptions(squared_errors=reconstructs, reconstruction=reconstructs, layers=layers))


def as_rows(rows: Table) -> list[dict[str, object]]:
    columns: dict[str, list[object]] = {}
    for column in rows.columns:
        if isinstance(column, NumericColumn):
            columns[column.name] = column.values.tolist()
        else:
            columns[column.name] = [None if code < 0 else column.levels[code] for code in column.codes]
    return [{name: values[row] for name, values in columns.items()} for row in range(rows.rows)]


def onnx_inputs(model: AnomalyModel, rows: Table) -> dict[str, np.ndarray]:
    by_row = as_rows(rows)
    schema = archive._schema(model, ())["onnx_inputs"]
    assert isinstance(schema, dict)
    numbers = [[row.get(name, np.nan) for name in schema["numbers"]] for row in by_row]
    levels = [[row.get(name) or "" for name in schema["levels"]] for row in by_row]
    inputs = {"numbers": np.array(numbers, float), "levels": np.array(levels, object)}
    return {name: array for name, array in inputs.items() if array.shape[1]}


@pytest.mark.parametrize("make", [golden_table, odd_table], ids=["golden", "odd"])
def test_the_script_agrees_with_the_service(model: AnomalyModel, folder: Path, make) -> None:  # type: ignore[no-untyped-def]
    rows = make(model)
    expected = service(model, rows)
    script = scorer.Scorer(folder)
    for position, row in enumerate(as_rows(rows)):
        found = script.score(row)
        assert found.status == STATUS_NAMES[expected.status[position]]
        assert found.is_anomaly == expected.is_anomaly[position]
        if found.score is None:
            assert np.isnan(expected.score[position])
            continue
        assert found.score == pytest.approx(expected.score[position], rel=1e-12, abs=1e-12)
        for name in ("squared_errors", "reconstruction"):
            whole = getattr(expected, name)
            if whole is not None:
                np.testing.assert_allclose(getattr(found, name), whole[position], rtol=1e-9, atol=1e-12)
        for layer, values in expected.deep_features.items():
            np.testing.assert_allclose(found.deep_features[layer], values[position], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("make", [golden_table, odd_table, training_table], ids=["golden", "odd", "training"])
def test_onnx_agrees_with_the_service(model: AnomalyModel, folder: Path, make) -> None:  # type: ignore[no-untyped-def]
    rows = make(model)
    expected = service(model, rows)
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    outputs = [output.name for output in session.get_outputs()]
    found = dict(zip(outputs, session.run(outputs, onnx_inputs(model, rows)), strict=True))
    np.testing.assert_allclose(found["score"], expected.score, rtol=1e-6, atol=1e-12)
    assert found["status"].tolist() == expected.status.tolist()
    np.testing.assert_array_equal(found["is_anomaly"], expected.is_anomaly)
    for name in ("squared_errors", "reconstruction"):
        assert (name in found) == model.scorer.reconstructs
        if name in found:
            np.testing.assert_allclose(found[name], getattr(expected, name), rtol=1e-6, atol=1e-9)
    for layer, values in expected.deep_features.items():
        np.testing.assert_allclose(found[f"deep_features_{layer}"], values, rtol=1e-6, atol=1e-9)


def test_the_written_scores_come_from_all_three(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive.build(toy.MODEL))) as members:
        members.extractall(tmp_path)
    script = scorer.Scorer(tmp_path)
    rows = [{"e": "a", "n1": 2, "n2": 25}, {"e": "zzz", "n1": "2", "n2": " 25 "}, {"e": "b", "n2": 10.0}, {}]
    assert [script.score(row).score for row in rows] == pytest.approx(toy.SCORES, rel=1e-12)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    assert session.run(["score"], onnx_inputs(toy.MODEL, toy.TABLE))[0] == pytest.approx(toy.SCORES, rel=1e-6)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", "scorer.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_self_test_passes_without_site_packages(folder: Path) -> None:
    answer = run(folder, "--selftest")
    assert (answer.returncode, answer.stdout) == (0, "ok: 10 rows agree\n"), answer.stderr


def test_a_changed_file_fails_the_self_test(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        data = path.read_bytes()
        (tmp_path / path.name).write_bytes(data + b"\n" if path.name == "schema.json" else data)
    answer = run(tmp_path, "--selftest")
    assert answer.returncode == 1
    assert answer.stderr == "schema.json is not the file that was exported\n"


def test_a_csv_file_is_scored(model: AnomalyModel, folder: Path, tmp_path: Path) -> None:
    rows = odd_table(model)
    path = tmp_path / "data.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, rows.names)
        writer.writeheader()
        for row in as_rows(rows):
            writer.writerow({name: "" if value != value else value for name, value in row.items()})
    answer = run(folder, str(path), *(["--errors"] if model.scorer.reconstructs else []))
    assert answer.returncode == 0, answer.stderr
    header, *found = csv.reader(io.StringIO(answer.stdout))
    assert header[:4] == ["line", "Reconstruction.MSE", "is_anomaly", "status"]
    assert not any(name.startswith(("=", "+", "-", "@")) for name in header)
    expected = score(model, rows)
    assert [float(cells[1] or "nan") for cells in found] == pytest.approx(expected.score, rel=1e-12, nan_ok=True)
    assert [cells[3] for cells in found] == [STATUS_NAMES[code] for code in expected.status]
    assert "missing_column" in answer.stderr
    assert run(folder, str(path), "--strict").returncode == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("a,a\n1,2\n", "the column 'a' occurs more than once"),
        ("N1\n1\n", "no column in common"),
        ("n1,n2\n1,2,3\n", "line 2 has 3 cells, the header 2"),
        ("n1,n2,e\n1,2,zzz\n", "line 2: unseen_level 'zzz' in 'e'"),
        ("n1,n2,e\n1_0,2,a\n", "line 2: not_a_number '1_0' in 'n1'"),
    ],
)
def test_files_that_the_script_refuses(tmp_path: Path, text: str, reason: str) -> None:
    with zipfile.ZipFile(io.BytesIO(archive.build(toy.MODEL))) as members:
        members.extractall(tmp_path)
    (tmp_path / "data.csv").write_text(text, "utf-8")
    answer = run(tmp_path, "data.csv", "--strict")
    assert answer.returncode == 1
    assert reason in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_script_is_the_same_for_every_model(folder: Path) -> None:
    text = (folder / "scorer.py").read_bytes()
    assert text == Path(scorer.__file__).read_bytes()
    assert b"pickle" not in text
    assert b"eval(" not in text
    assert b"exec(" not in text


def test_an_export_is_read_back(model: AnomalyModel) -> None:
    data = archive.build(model, {"lineage": "model_version/1"}, na_strings=("NA",))
    assert data == archive.build(model, {"lineage": "model_version/1"}, na_strings=("NA",))
    found = archive.read(data)
    assert (found.origin, found.expansion, found.threshold) == (model.origin, model.expansion, model.threshold)
    rows = training_table(model)
    assert score(found, rows).score.tobytes() == score(model, rows).score.tobytes()


def test_the_card_says_where_it_comes_from(folder: Path, model: AnomalyModel) -> None:
    card = json.loads((folder / "model_card.json").read_text())
    assert card["lineage"] == "model_version/1"
    assert card["origin"]["engine"] == model.origin.engine
    assert card["threshold"] == model.threshold
    assert sorted(card["files"]) == sorted(set(archive.MEMBERS) - {"model_card.json"})


def test_golden_rows_are_no_training_rows() -> None:
    model = train(MIXED, TrainingOptions("pca"))
    training = {tuple(str(value) for value in row.values()) for row in as_rows(MIXED)}
    assert not training & {tuple(str(value) for value in row.values()) for row in as_rows(golden_table(model))}


def repacked(data: bytes, *, compression: int = zipfile.ZIP_STORED, **changes: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name.replace(".", "_"), old.read(name)))
    return buffer.getvalue()


def test_what_is_no_export_is_refused() -> None:
    good = archive.build(train(MIXED, TrainingOptions("pca")))
    assert archive.read(repacked(good)).origin.detector == "pca"
    bad = [
        b"",
        b"PK\x05\x06" + b"\0" * 18,
        good[: len(good) // 2],
        repacked(good, compression=zipfile.ZIP_DEFLATED),
        repacked(good, scorer_py=b"print(1)"),
        repacked(good, model_card_json=b"[]"),
        repacked(good, model_card_json=b"[" * 100_000),
        repacked(good, model_card_json=b'{"files": {}}'),
    ]
    for data in bad:
        with pytest.raises(IntegrityError, match="not the export of an anomaly detector"):
            archive.read(data)


@cache
def _whole() -> bytes:
    return archive.build(train(MIXED, TrainingOptions("pca")))


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=3), st.floats(0, 1))
def test_a_damaged_export_is_read_as_it_was_or_refused(flips: list[tuple[float, int]], cut: float) -> None:
    data = bytearray(_whole())
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    try:
        found = archive.read(bytes(data[: len(data) - int(cut**8 * len(data))]))
    except IntegrityError:
        return
    assert found.threshold == archive.read(_whole()).threshold
