import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.datasets import load_wine

from arangovis.domain.errors import IntegrityError, InvalidInput
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes

BUNDLE = ArrayBundle(
    {"rows": load_wine().data, "names": np.array(load_wine().feature_names), "one": np.array(3.5)},
    {"metric": "euclidean", "a": 1.5, "whole": 2.0, "seed": 7, "exact": True, "nothing": None, "odd": float("inf")},
)


def test_arrays_and_facts_come_back() -> None:
    read = from_bytes(to_bytes(BUNDLE))
    assert read.facts == BUNDLE.facts
    assert isinstance(read.facts["whole"], float)
    assert read.arrays.keys() == BUNDLE.arrays.keys()
    for name, array in BUNDLE.arrays.items():
        assert read.arrays[name].dtype == array.dtype
        assert read.arrays[name].shape == array.shape
        assert np.array_equal(read.arrays[name], array)


def test_equal_bundles_give_equal_bytes() -> None:
    other_order = ArrayBundle(
        {name: np.array(array, order="F") for name, array in reversed(BUNDLE.arrays.items())},
        dict(reversed(BUNDLE.facts.items())),
    )
    assert to_bytes(other_order) == to_bytes(BUNDLE)
    assert to_bytes(from_bytes(to_bytes(BUNDLE))) == to_bytes(BUNDLE)


def test_numpy_reads_the_arrays_without_pickle() -> None:
    with np.load(io.BytesIO(to_bytes(BUNDLE)), allow_pickle=False) as archive:
        assert np.array_equal(archive["rows"], BUNDLE.arrays["rows"])


@pytest.mark.parametrize(
    "array", [np.array([{}, None], dtype=object), np.array([(1, "x")], dtype=[("a", int), ("b", object)])]
)
def test_objects_are_refused(array: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="'thing' holds objects"):
        to_bytes(ArrayBundle({"thing": array}, {}))


def test_facts_are_scalars() -> None:
    with pytest.raises(InvalidInput, match="'list'"):
        to_bytes(ArrayBundle({}, {"list": [1]}))


def test_a_pickled_array_is_never_loaded() -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(IntegrityError):
        from_bytes(_archive({"facts.json": b'{"arrays":["x"],"facts":{},"format":1}', "x.npy": buffer.getvalue()}))


def test_encrypted_members_are_refused() -> None:
    whole = bytearray(to_bytes(ArrayBundle({}, {})))
    for flags in (6, whole.index(b"PK\x01\x02") + 8):  # in both headers of the only member
        whole[flags] |= 1
    with pytest.raises(IntegrityError):
        from_bytes(bytes(whole))


def test_compressed_members_are_refused() -> None:
    members = {"facts.json": b'{"arrays":[],"facts":{},"format":1}'}
    assert from_bytes(_archive(members)) == ArrayBundle({}, {})
    with pytest.raises(IntegrityError):
        from_bytes(_archive(members, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"facts.json": b"[]"},
        {"facts.json": b"not json"},
        {"facts.json": b'{"facts":{}}'},
        {"facts.json": b'{"arrays":["x"],"facts":{},"format":1}'},
        {"facts.json": b'{"arrays":[],"facts":{},"format":1}', "more.npy": b""},
        {"facts.json": b'{"arrays":[],"facts":{},"format":2}'},
        {"facts.json": b'{"arrays":[],"facts":[1],"format":1}'},
        {"facts.json": b'{"arrays":["x"],"facts":{},"format":1}', "x.npy": b"no array"},
        {"facts.json": b'{"arrays":[],"facts":{"a":{"$number":[]}},"format":1}'},
        {"facts.json": b'{"arrays":[],"facts":' + b"[" * 1000 + b"]" * 1000 + b',"format":1}'},
    ],
)
def test_other_archives_are_refused(members: dict[str, bytes]) -> None:
    with pytest.raises(IntegrityError):
        from_bytes(_archive(members))


@given(
    st.sampled_from(["'<f8'", "'V99999999999'", "'|O'", "[" * 300, "'<U99999999999'"])
    | st.text("'<fU8O[](),", max_size=9),
    st.sampled_from(["(1,)", "(10**9,)", "(-1,)", f"({10**12},)", f"({10**30},)", "(1,", "(3,)*99"])
    | st.text("(),-0123456789", max_size=12),
)
def test_headers_of_arrays_that_cannot_be(dtype: str, shape: str) -> None:
    header = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with contextlib.suppress(IntegrityError):
        from_bytes(_archive({"facts.json": b'{"arrays":["x"],"facts":{},"format":1}', "x.npy": array}))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_are_noticed(data: st.DataObject) -> None:
    whole = to_bytes(BUNDLE)
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= data.draw(st.integers(1, 255))
    for damaged in (bytes(flipped), whole[:place]):
        try:
            read = from_bytes(damaged)
        except IntegrityError:
            continue
        # Only the dates and attributes of members are not covered by a check sum, and they mean nothing.
        assert to_bytes(read) == whole


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, min_side=0)))
@settings(max_examples=50, deadline=None)
def test_any_array_of_plain_values_comes_back(array: np.ndarray) -> None:
    read = from_bytes(to_bytes(ArrayBundle({"x": array}, {}))).arrays["x"]
    assert read.dtype == array.dtype
    assert read.tobytes() == array.tobytes()


def _archive(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
