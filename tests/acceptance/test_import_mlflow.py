"""A store that the installed mlflow writes now, imported: `ARANGOVIS_TEST_MLFLOW_PYTHON` names a Python that has it."""

import os
import subprocess
from pathlib import Path

import pytest

import arangovis

PYTHON = os.environ.get("ARANGOVIS_TEST_MLFLOW_PYTHON")
MAKE = Path(__file__).parents[1] / "data" / "mlflow" / "make.py"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PYTHON is None, reason="ARANGOVIS_TEST_MLFLOW_PYTHON names no Python with mlflow"),
]


@pytest.mark.parametrize("store", ["mlflow.db", "mlruns"])
def test_what_mlflow_writes_today_is_read(tmp_path: Path, store: str) -> None:
    subprocess.run([str(PYTHON), MAKE, tmp_path / "made"], check=True, capture_output=True, timeout=240, cwd=tmp_path)
    with arangovis.connect(home=tmp_path / "home") as client:
        report = client.import_mlflow(tmp_path / "made" / store, artifacts=True)
        assert (report.counts["run"].new, report.counts["model_version"].new) == (6, 4)
        assert (report.entries, report.files) == (25, 2)
        assert [one.reason for one in report.skipped] == ["deleted in MLflow"]
        assert client.import_mlflow(tmp_path / "made" / store).entries == 0
