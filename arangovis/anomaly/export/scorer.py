"""Scores rows with the anomaly detector in this folder. Needs Python 3.9 or later and nothing else.

    python scorer.py data.csv > scores.csv
    python scorer.py --selftest

The detector is in schema.json and parameters.json; this file is the same for every detector.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import heapq
import io
import json
import math
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

STATUS_NAMES = ("ok", "non_finite", "out_of_range")
SCORE_NAME = "Reconstruction.MSE"
TOLERANCE = 1e-12
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class Score(NamedTuple):
    """What was found of one row; without a score (None) the status says why, and the row is an anomaly."""

    score: float | None
    is_anomaly: bool
    status: str
    squared_errors: list[float] | None
    reconstruction: list[float] | None
    deep_features: list[list[float]]
    warnings: list[str]


class Refused(ValueError):
    """The data cannot be scored; the text says why."""


class Scorer:
    """The detector of a folder."""

    def __init__(self, folder: Path) -> None:
        self.schema: dict[str, Any] = json.loads((folder / "schema.json").read_text("utf-8"))
        stored: dict[str, Any] = json.loads((folder / "parameters.json").read_text("utf-8"))
        self._arrays: dict[str, Any] = stored["arrays"]
        self._facts: dict[str, Any] = stored["facts"]
        families = {"network": self._network, "neighbours": self._neighbours, "forest": self._forest}
        self._examine: Callable[[list[float]], Any] = families[self.schema["family"]]
        columns = self.schema["columns"]
        self._levels = {c["name"]: {x: i for i, x in enumerate(c["levels"])} for c in columns if "levels" in c}

    @property
    def names(self) -> list[str]:
        """The columns that it reads."""
        return [column["name"] for column in self.schema["columns"]]

    def score(self, row: Mapping[str, Any], *, strict: bool = False) -> Score:
        """Score one row: numbers or their text, levels as text; None, NaN and a missing key are missing values.

        With `strict`, a missing key, an unseen level and text in place of a number are refused.
        """
        slots, status, warnings = self._expand(row)
        if strict and warnings:
            raise Refused("; ".join(warnings))
        if status:
            return Score(None, True, STATUS_NAMES[status], None, None, [], warnings)
        score, errors, normal, features = self._examine(slots)
        units = None if normal is None else self._to_units(normal)
        return Score(score, score > self.schema["threshold"], STATUS_NAMES[0], errors, units, features, warnings)

    def _expand(self, row: Mapping[str, Any]) -> tuple[list[float], int, list[str]]:
        slots = [0.0] * self.schema["width"]
        status, warnings = 0, []
        for column in self.schema["columns"]:
            name, start = column["name"], column["first_slot"]
            if name not in row:
                warnings.append(f"missing_column {name!r}")
            value = row.get(name)
            if "levels" in column:
                slots[start + self._position(name, value, warnings)] = 1.0
            else:
                slots[start], found = self._slot(column, number(name, value, warnings))
                status = 1 if 1 in (status, found) else max(status, found)
        return slots, status, warnings

    def _position(self, name: str, value: Any, warnings: list[str]) -> int:
        levels = self._levels[name]
        if is_missing(value):
            return len(levels)
        if not isinstance(value, str):
            raise Refused(f"the column {name!r} has {value!r:.80}; the model was trained on text")
        if value not in levels:
            warnings.append(f"unseen_level {value!r:.80} in {name!r}")
        return levels.get(value, len(levels))

    def _slot(self, column: Mapping[str, Any], value: float | None) -> tuple[float, int]:
        """Return the slot of a number and the status that it gives its row."""
        if value is None:
            return 0.0, 0
        if math.isinf(value):
            return 0.0, 1
        slot = (value - column["mean"]) * column["scale"]
        return (slot, 0) if abs(slot) <= self.schema["expanded_max"] else (0.0, 2)

    def _to_units(self, normal: Sequence[float]) -> list[float]:
        units = list(normal)
        for column in self.schema["columns"]:
            if "levels" not in column:
                slot = column["first_slot"]
                units[slot] = units[slot] / column["scale"] + column["mean"]
        return units

    def _network(self, slots: list[float]) -> Any:
        activations: dict[str, Callable[[float], float]] = {"Tanh": math.tanh, "Rectifier": rectify, "Linear": float}
        activate = activations[self._facts["activation"]]
        outputs, values = [], slots
        for layer in range(self._facts["layers"]):
            weights, biases = self._arrays[f"weights_{layer}"], self._arrays[f"biases_{layer}"]
            values = [
                activate(sum(w * x for w, x in zip(row, values)) + bias)  # noqa: B905 - strict is not in Python 3.9
                for row, bias in zip(weights, biases)  # noqa: B905
            ]
            outputs.append(values)
        errors = [(x - z) ** 2 for x, z in zip(values, slots)]  # noqa: B905
        return math.fsum(errors) / len(errors), errors, values, outputs[:-1]

    def _neighbours(self, slots: list[float]) -> Any:
        count = self._facts["n_neighbors"]
        rows = self._arrays["rows"]
        apart = ((math.fsum((x - z) ** 2 for x, z in zip(row, slots)), i) for i, row in enumerate(rows))  # noqa: B905
        nearest = [rows[i] for _, i in heapq.nsmallest(count, apart)]
        errors = [math.fsum((row[j] - z) ** 2 for row in nearest) / count for j, z in enumerate(slots)]
        normal = [math.fsum(row[j] for row in nearest) / count for j in range(len(slots))]
        return math.fsum(errors) / len(errors), errors, normal, []

    def _forest(self, slots: list[float]) -> Any:
        rounded = [struct.unpack("<f", struct.pack("<f", x))[0] for x in slots]
        total = 0.0
        for node in self._arrays["roots"]:
            total += self._arrays["path"][self._leaf(node, rounded)]
        return 2.0 ** (-total / (len(self._arrays["roots"]) * self._facts["typical"])), None, None, []

    def _leaf(self, node: int, slots: list[float]) -> int:
        feature, cut = self._arrays["feature"], self._arrays["cut"]
        while feature[node] >= 0:
            branch = "low" if slots[feature[node]] <= cut[node] else "high"
            node = self._arrays[branch][node]
        return node


def rectify(value: float) -> float:
    """Return the value, or 0 if it is less."""
    return max(value, 0.0)


def is_missing(value: Any) -> bool:
    """Say whether a value is a missing one: None, NaN or the empty text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def number(name: str, value: Any, warnings: list[str]) -> float | None:
    """Return a number, or None for a missing one and for what is none, which is warned of."""
    if is_missing(value):
        return None
    try:
        found = float(value.replace("_", "?") if isinstance(value, str) else value)  # Python takes 1_000 for a number
    except (TypeError, ValueError):
        warnings.append(f"not_a_number {value!r:.80} in {name!r}")
        return None
    except OverflowError:  # an integer beyond what a double holds
        return math.inf
    return None if math.isnan(found) else found


def read_rows(lines: Iterable[str], *, separator: str, missing: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, row by name) of a CSV text with a header."""
    csv.field_size_limit(2**24)
    reader = csv.reader(lines, delimiter=separator)
    header = next(reader, None)
    if header is None:
        raise Refused("the file is empty")
    repeated = [name for name in header if header.count(name) > 1]
    if repeated:
        raise Refused(f"the column {repeated[0]!r} occurs more than once")
    for cells in reader:
        if not cells:
            continue
        if len(cells) > len(header):
            raise Refused(f"line {reader.line_num} has {len(cells)} cells, the header {len(header)}")
        yield reader.line_num, {n: None if c in missing else c for n, c in zip(header, cells)}  # noqa: B905


def neutral(name: str) -> str:
    """Return a name that a spreadsheet takes for text."""
    return f"'{name}" if name.startswith(FORMULA_STARTS) else name


def score_file(scorer: Scorer, options: argparse.Namespace) -> None:
    """Score a CSV file; scores go to the standard output, warnings to the standard error."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    names = [neutral(name) for name in scorer.schema["error_names"]] if options.errors else []
    if options.errors and scorer.schema["family"] == "forest":
        raise Refused("this detector has no errors by slot")
    writer.writerow(["line", SCORE_NAME, "is_anomaly", "status", *names])
    with open(options.data, encoding="utf-8-sig", newline="") as lines:  # noqa: PTH123 - also takes a descriptor
        for line, row in read_rows(lines, separator=options.separator, missing=scorer.schema["na_strings"]):
            if not any(name in row for name in scorer.names):
                raise Refused(f"no column in common with the training data, which had {scorer.names[:10]!r}")
            try:
                found = scorer.score(row, strict=options.strict)
            except Refused as error:
                raise Refused(f"line {line}: {error}") from error
            for warning in found.warnings:
                print(f"line {line}: {warning}", file=sys.stderr)
            errors: Sequence[float | str] = (found.squared_errors or [""] * len(names)) if options.errors else []
            score = "" if found.score is None else repr(found.score)
            writer.writerow([line, score, str(found.is_anomaly).lower(), found.status, *errors])


def selftest(folder: Path) -> str:
    """Check the files' digests and the scores of golden.csv; return what was found or raise Refused."""
    card = json.loads((folder / "model_card.json").read_text("utf-8"))
    for name, digest in card["files"].items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise Refused(f"{name} is not the file that was exported")
    scorer = Scorer(folder)
    with (folder / "golden.csv").open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    for position, cells in enumerate(rows, 1):
        found = scorer.score({n: c or None for n, c in zip(header[:-2], cells)})  # noqa: B905
        if found.status != cells[-1] or not is_close(found.score, cells[-2]):
            raise Refused(f"row {position} of golden.csv has the score {found.score!r}, expected {cells[-2]}")
    return f"ok: {len(rows)} rows agree"


def is_close(found: float | None, expected: str) -> bool:
    """Say whether a score is the one that is written."""
    if found is None or not expected:
        return found is None and not expected
    return abs(found - float(expected)) <= TOLERANCE * max(1.0, abs(float(expected)))


def main() -> int:
    """Read the command line; return 0, or 1 after saying what is wrong."""
    parser = argparse.ArgumentParser(description="Score rows with the anomaly detector in this folder.")
    parser.add_argument("data", nargs="?", help="a CSV file with a header")
    parser.add_argument("--selftest", action="store_true", help="check the detector against golden.csv")
    parser.add_argument("--separator", default=",")
    parser.add_argument("--strict", action="store_true", help="refuse what the training data did not have")
    parser.add_argument("--errors", action="store_true", help="write the squared error of each slot, too")
    options = parser.parse_args()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    folder = Path(__file__).resolve().parent
    try:
        if options.selftest:
            print(selftest(folder))
        elif options.data is None:
            parser.error("name a CSV file, or --selftest")
        else:
            score_file(Scorer(folder), options)
    except (Refused, OSError, UnicodeDecodeError, csv.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
