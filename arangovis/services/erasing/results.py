"""Plots and results of projections without some of their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from arangovis.tabular.arrow_stream import arrow_metadata
from arangovis.tabular.erasing import Places, stream_without_places

METADATA = "arangovis"
NONE: Places = np.zeros(0, dtype=np.int64)


def plot_without(data: bytes, lost: Mapping[str, Places]) -> bytes | None:
    """Return a plot without the rows lost by its samples (places by node id); None if it does not say what it shows.

    Raises:
        IntegrityError: the bytes are no plot.

    """
    metadata = dict(arrow_metadata(data))
    said: dict[str, Any] = orjson.loads(metadata.get(METADATA, "{}"))
    if "sets" not in said:
        return None
    places, start = [NONE], 0
    for shown in said["sets"]:
        gone = lost.get(shown["dataset"], NONE)
        places.append(start + gone)
        start += shown["rows"]
        shown["rows"] -= len(gone)
    metadata[METADATA] = orjson.dumps(said).decode()
    return stream_without_places(data, np.concatenate(places), metadata)


def result_without(data: bytes, lost: Mapping[str, Places], samples: Mapping[str, str]) -> bytes | None:
    """Return the answer of a projection without rows; `samples` are the samples of its run by role.

    Neighbours are renumbered; every row keeps as many of them as the row that lost most. None if it is no such answer.
    """
    document: dict[str, Any] = orjson.loads(data)
    if not {"data", "requests_ids", "top_N"} <= document.keys():
        return None
    _shrink_rows(document, lost.get(samples.get("production", ""), NONE))
    _shrink_placed(document, "training_data", lost.get(samples.get("training", ""), NONE))
    for period in document.get("periods", {}).values():
        gone = lost.get(period["dataset"], NONE)
        _shrink_placed(period, "data", gone)
        period["requests_ids"] = _others(period["requests_ids"], gone)
    return orjson.dumps(document)


def _shrink_rows(document: dict[str, Any], gone: Places) -> None:
    """Take rows out of everything that has a value for each row of the production sample."""
    if not len(gone):
        return
    ids = document["requests_ids"]
    numbers = _Numbers(len(ids), gone)
    erased = {ids[place] for place in gone.tolist()}
    left = _others(ids, gone)
    for name in ("requests_ids", "request_ids"):
        document[name] = left
    _shrink_placed(document, "data", gone)
    for name in ("top_N", "top_100"):
        document[name] = _level(numbers.renumbered(document[name]))
    document["counterfactuals"] = numbers.renumbered(document["counterfactuals"])
    document["disconnected"] = [row for row in document["disconnected"] if row not in erased]
    for metric in document["metrics"].values():
        metric["scores"] = _others(metric["scores"], gone)
        if "healthy_neighbours" in metric:
            metric["healthy_neighbours"] = numbers.renumbered(metric["healthy_neighbours"])
    outputs = {name: _output(said, gone) for name, said in document["output_info"].items()}
    document["output_info"] = document["class_labels"] = outputs


def _output(said: dict[str, Any], gone: Places) -> dict[str, Any]:
    values = _others(said["data"], gone)
    if "classes" not in said:
        return {**said, "data": values}
    left = {str(value) for value in values}
    return {**said, "data": values, "classes": [name for name in said["classes"] if str(name) in left]}


def _shrink_placed(document: dict[str, Any], name: str, gone: Places) -> None:
    if name in document and len(gone):
        document[name] = _others(document[name], gone)
        document[f"{name}_shape"] = [len(document[name]), *document[f"{name}_shape"][1:]]


class _Numbers:
    """The numbers that rows get when some of them go."""

    def __init__(self, count: int, gone: Places) -> None:
        self._gone = gone
        kept = np.ones(count, dtype=bool)
        kept[gone] = False
        numbers = np.cumsum(kept) - 1
        self._new = {place: int(numbers[place]) for place in np.flatnonzero(kept).tolist()}

    def renumbered(self, rows: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return lists of row numbers, one for each row, without the rows that went. A number below 0 is nobody."""
        return [
            [row if row < 0 else self._new[row] for row in found if row < 0 or row in self._new]
            for found in _others(rows, self._gone)
        ]


def _others(values: Sequence[Any], gone: Places) -> list[Any]:
    left_out = set(gone.tolist())
    return [value for place, value in enumerate(values) if place not in left_out]


def _level(rows: list[list[int]]) -> list[list[int]]:
    fewest = min((len(row) for row in rows), default=0)
    return [row[:fewest] for row in rows]
