"""Series that a run defines itself, and what it is told of fields before it begins; offline too."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import arangovis as av
from arangovis.client.outbox import LoggingWarning
from arangovis.client.outbox.sync import synchronise
from arangovis.domain.errors import InvalidInput

FIELDS = {"digit": "int", "right": "bool", "sure": "float"}


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    return {"home": tmp_path / "home", "capture": False, "within_s": None}


def test_a_series_that_was_defined_offline_is_there_after_a_sync(options: dict[str, Any], tmp_path: Path) -> None:
    with av.run("digits", offline=True, **options) as run:
        run.define("verdicts", FIELDS)
        run.write("verdicts", digit=np.arange(3), right=[True, False, True], sure=1)
    (report,) = synchronise(tmp_path / "home" / "spool")
    assert (report.refused, report.waiting) == (0, 0)
    with av.connect(home=tmp_path / "home") as client:
        (series,) = client.series_list("digits")
        assert (series.name, {field.name: field.kind for field in series.fields}) == ("verdicts", FIELDS)
        assert client.series(run.id, "verdicts").table.to_pylist() == [
            {"digit": n, "right": n != 1, "sure": 1.0} for n in range(3)
        ]


def test_it_is_found_the_next_time_and_another_one_is_a_warning(options: dict[str, Any]) -> None:
    for _ in range(2):
        with av.run("digits", strict=True, **options) as run:
            run.define("verdicts", FIELDS)
    with av.run("digits", **options) as run:
        run.define("verdicts", {"digit": "int"})
        assert run.flush(60)
        with pytest.warns(LoggingWarning, match="verdicts"):
            run.log({"loss": 1.0})


def test_what_is_written_is_held_to_what_was_defined(options: dict[str, Any]) -> None:
    with av.run("digits", offline=True, **options) as run:
        run.define("verdicts", FIELDS)
        with pytest.raises(InvalidInput, match="lacks right, sure"):
            run.write("verdicts", digit=1)
        with pytest.raises(InvalidInput, match="digit"):
            run.write("verdicts", digit=0.5, right=True, sure=1.0)
        with pytest.raises(InvalidInput, match="lacks sure"):
            run.define("verdicts", {"digit": "int", "right": "bool"})
        with pytest.raises(InvalidInput, match="sure"):
            run.define("others", {"sure": "text"})
        with pytest.raises(InvalidInput, match="'number' is not one of int, float"):
            run.define("others", {"n": "number"})


def test_a_run_that_does_not_know_its_project_defines_nothing(options: dict[str, Any]) -> None:
    with av.run(offline=True, **options) as run, pytest.raises(InvalidInput, match="project"):
        run.define("verdicts", FIELDS)


def test_kinds_and_series_may_be_known_before_the_run(options: dict[str, Any]) -> None:
    with av.run("digits", kinds={"loss": "float"}, series={"errors": ["row"]}, **options) as run:
        run.log({"loss": 1})
        with pytest.raises(InvalidInput, match="loss"):
            run.log({"loss": "low"})
        with pytest.raises(InvalidInput, match="has no field column"):
            run.write("errors", row=1, column=2)
    with pytest.raises(InvalidInput, match="loss: 'number' is not one of int"):
        av.run("digits", kinds={"loss": "number"}, **options)


def test_arrays_that_are_not_copied_must_not_change(options: dict[str, Any]) -> None:
    losses = np.zeros(3)
    with av.run("digits", copy=False, **options) as run:
        run.write(loss=losses)
        losses[:] = 7
    with av.connect(home=options["home"]) as client:
        assert client.series(run.id, fields=["loss"]).columns["loss"].tolist() == [7, 7, 7]
