"""Exported graphs on disk, in every form that the exporters write, and what is wrong with files."""

import contextlib
import gzip
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arangovis.domain import errors
from arangovis.exchange.arangopipe.documents import decoded, encoded, encoded_with_files, period_of, searched
from arangovis.exchange.arangopipe.files import read_graph, write_graph
from arangovis.exchange.arangopipe.graph import related_ids, related_texts
from arangovis.exchange.arangopipe.names import COLLECTIONS, own_kind
from arangovis_schema import BUILT_IN
from tests.unit.compat.arangopipe import seed_files

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(
    st.text().filter(lambda name: not name.startswith("_"))
    | st.sampled_from(["json:x", "file:x", "arangopipe_key", ""]),
    JSON,
    max_size=6,
)


@given(DOCUMENTS)
def test_a_document_comes_back_from_flat_attributes(document: dict[str, Any]) -> None:
    kept = encoded(document)
    assert all(isinstance(value, str | int | float) and name for name, value in kept.items())
    assert decoded(kept) == document
    for name, value in document.items():
        assert searched(name, value)[0] in kept


@given(st.dictionaries(st.sampled_from(["weights", "json:w", "file:w"]), st.integers(0, 40_000).map("w".__mul__)))
def test_long_texts_are_files(document: dict[str, Any]) -> None:
    kept = encoded_with_files(document)
    assert all(len(str(value)) < 20_000 for value in kept.values.values())
    assert decoded(kept.values, lambda name, _: kept.files[name]) == document


def test_numbers_that_are_not_finite_are_kept() -> None:
    found = decoded(encoded({"loss": float("nan"), "best": float("-inf"), "big": 2**200}))
    assert str(found) == str({"loss": float("nan"), "best": float("-inf"), "big": 2**200})
    with pytest.raises(errors.InvalidInput, match=r"one: cannot be kept[\s\S]*two: cannot be kept"):
        encoded({"one": object(), "two": {1, 2}})


def dumped(folder: Path) -> Path:
    return seed_files.write_dump(folder / "dump")


def enveloped(folder: Path) -> Path:
    return seed_files.write_dump(folder / "dump", envelope=True, zipped=False)


def listed(folder: Path) -> Path:
    return seed_files.write_lists(folder / "lists")


def in_one_file(folder: Path) -> Path:
    return seed_files.write_lines(folder / "all.jsonl")


@pytest.mark.parametrize("written", [dumped, enveloped, listed, in_one_file])
def test_every_form_is_the_same_graph(written: Callable[[Path], Path], tmp_path: Path) -> None:
    graph = read_graph(written(tmp_path))
    assert {name: list(all_) for name, all_ in graph.vertices.items()} == seed_files.vertices()
    assert {name: list(all_) for name, all_ in graph.edges.items()} == seed_files.edges()
    assert write_graph(graph, tmp_path / "out") == sum(map(len, seed_files.documents().values()))
    again = read_graph(tmp_path / "out")
    assert {name: len(all_) for name, all_ in again.vertices.items()} == {
        name: len(all_) for name, all_ in graph.vertices.items()
    }


def test_pieces_are_whole_and_in_order(tmp_path: Path) -> None:
    graph = read_graph(dumped(tmp_path))
    seen: set[str] = set()
    for bundle in graph.bundles():
        ids = {held.id for held in bundle.documents}
        assert not ids & seen
        seen |= ids
        for edge in bundle.edges:
            ends = {edge.document["_from"], edge.document["_to"]}
            assert not ends & {one for one in ends if one.partition("/")[0] in COLLECTIONS} - seen - {"datasets/888"}
    assert seen == {one["_id"] for all_ in seed_files.vertices().values() for one in all_}
    run = next(bundle for bundle in graph.bundles() if bundle.documents and bundle.documents[0].collection == "run")
    assert [held.collection for held in run.documents] == ["run", "modelparams", "devperf"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("models.jsonl", '{"_key": "1"}\n{"_key": ', r"models\.jsonl:2: is not JSON"),
        ("models.jsonl", "[1, 2]", r"models\.jsonl:1: int is no document"),
        ("models.jsonl", '{"name": "no key"}', r"models\.jsonl:1: has neither"),
        ("run_models.jsonl", '{"_key": "1"}', "is an edge without _from or _to"),
        ("run_models.jsonl", '{"_key": "1", "_from": "models/1"}', "is an edge without _from or _to"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(errors.InvalidContent, match=said):
        read_graph(tmp_path)


def test_damaged_archives_and_encrypted_dumps_are_refused(tmp_path: Path) -> None:
    (tmp_path / "models.json.gz").write_bytes(b"\x1f\x8b not an archive")
    with pytest.raises(errors.InvalidContent, match=r"models\.json\.gz"):
        read_graph(tmp_path)
    (tmp_path / "models.json.gz").unlink()
    with pytest.raises(errors.NoData):
        read_graph(tmp_path)
    (tmp_path / "ENCRYPTION").write_text("aes-256-ctr")
    with pytest.raises(errors.InvalidContent, match="encrypted"):
        read_graph(tmp_path)
    with pytest.raises(errors.InvalidInput, match="no file or folder"):
        read_graph(tmp_path / "nowhere")


def test_a_folder_with_something_in_it_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(errors.InvalidInput, match="not a new or empty folder"):
        write_graph(read_graph(in_one_file(tmp_path)), tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_removed_documents_of_older_dumps_are_gone(tmp_path: Path) -> None:
    lines = [{"type": 2300, "data": {"_key": "1", "name": "a"}}, {"type": 2302, "key": "1"}]
    lines.append({"type": 2300, "data": {"_key": "2", "name": "b"}})
    (tmp_path / "models.data.json").write_text("\n".join(map(json.dumps, lines)))
    assert [one["_key"] for one in read_graph(tmp_path).vertices["models"]] == ["2"]


@given(
    st.lists(st.text(st.characters(codec="ascii", exclude_characters=",", exclude_categories=["C", "Z"]), min_size=1))
)
def test_related_texts_grow_and_keep_what_was_written(keys: list[str]) -> None:
    ids = [f"models/{key}" for key in keys]
    before = {"related_models": "models/a,models/a", "name": "x"}
    after = {**before, **related_texts(before, ids)}
    assert after["related_models"].startswith("models/a,models/a")
    assert set(related_ids(after)) == {"models/a", *ids}
    assert related_texts(after, ids) == {}


@given(st.text())
def test_a_collection_of_any_name_is_a_kind(name: str) -> None:
    kind = own_kind(name)
    assert kind[0].isalpha()
    assert kind not in BUILT_IN.vertices
    assert set(kind) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


@pytest.mark.parametrize(
    ("document", "days"),
    [
        ({"period": "2026-06-30 to 2026-05-31"}, 31),
        ({"period": "2026-02"}, 28),
        ({"period": "Feb-2026"}, 28),
        ({"from_date": "2026-01-02 00:00:00", "to_date": "2026-01-01 00:00:00"}, 1),
        ({"period": "the winter"}, None),
        ({"period": "2026-01 to whenever"}, None),
        ({}, None),
    ],
)
def test_periods_are_read(document: dict[str, Any], days: int | None) -> None:
    start, end = period_of(document)
    if days is None:
        assert (start, end) == (None, None)
    else:
        assert start is not None
        assert end is not None
        assert end - start == days * 86_400_000_000


@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4), st.floats(0, 1))
def test_damaged_files_are_read_or_refused(flips: list[tuple[float, int]], share: float) -> None:
    lines = "".join(json.dumps(one) + "\n" for all_ in seed_files.vertices().values() for one in all_).encode()
    for name, whole in (("all.jsonl", lines), ("all.jsonl.gz", gzip.compress(lines))):
        data = bytearray(whole)
        for place, mask in flips:
            data[int(place * len(data))] ^= mask
        read_or_refused(name, bytes(data[: int((1 - share * share) * len(data)) + 1]))


@given(JSON)
@example({"type": [], "data": {}})
@example({"type": 2302, "key": []})
@example([{"_id": "models/1"}, [[[]]]])
def test_any_json_is_read_or_refused(value: object) -> None:
    read_or_refused("models.jsonl", json.dumps(value).encode())


def read_or_refused(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(data)
        with contextlib.suppress(errors.ArangovisError):
            read_graph(file)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"_id": "models/1", "a": ' + "[" * 50_000 + "]" * 50_000 + "}"])
def test_a_nesting_without_an_end_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "models.jsonl").write_text(text)
    with pytest.raises(errors.InvalidContent, match=r"models\.jsonl:1"):
        read_graph(tmp_path)
