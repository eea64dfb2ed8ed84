"""Pictures of rows: which shapes are pictures, and which texts are encoded files."""

import base64
import binascii

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.tabular.pictures import PICTURE_BYTES_MAX, Picture, PixelShape, blank, drawn, encoded, encoded_text


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ((8, 8), PixelShape(8, 8, 1)),
        ((28, 28, 1), PixelShape(28, 28, 1)),
        ((1, 28, 28), PixelShape(28, 28, 1)),
        ((-1, 32, 30, 3), PixelShape(32, 30, 3)),
        ((3, 32, 30), PixelShape(32, 30, 3, channels_first=True)),
        ((-1, 1, 4, 224, 200), PixelShape(224, 200, 4, channels_first=True)),
    ],
)
def test_the_shapes_of_pictures(shape: tuple[int, ...], read: PixelShape) -> None:
    assert PixelShape.of(shape) == read


@pytest.mark.parametrize("shape", [(), (64,), (-1, 8), (8, 0), (5, 6, 7), (2, 8, 8, 3), (4096, 4096), (1 << 40, 1)])
def test_other_shapes_are_no_pictures(shape: tuple[int, ...]) -> None:
    assert PixelShape.of(shape) is None


@given(
    st.integers(1, 6),
    st.integers(1, 6),
    st.sampled_from([1, 2, 3, 4]),
    st.booleans(),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4),
)
def test_what_is_finite_is_drawn(height: int, width: int, channels: int, first: bool, some: list[float]) -> None:
    shape = PixelShape(height, width, channels, first)
    values = np.resize(np.array(some), shape.values)
    picture = drawn(shape.arranged(values))
    sizes = [int.from_bytes(picture.data[start : start + 4], "big") for start in (16, 20)]
    assert (sizes, picture.media_type) == ([width, height], "image/png")


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()))
def test_any_text_is_a_picture_or_is_not(text: str) -> None:
    found = encoded_text(text)
    if found is not None:
        assert encoded(base64.b64decode(text.rpartition(",")[2])) == found


def test_a_file_is_read_back_and_one_that_is_too_large_is_not() -> None:
    file = blank().data
    text = base64.b64encode(file).decode()
    assert encoded_text(text) == encoded_text(f"data:image/png;base64,{text}") == blank()
    large = file + bytes(PICTURE_BYTES_MAX)
    assert encoded(large) is None
    assert encoded_text(base64.b64encode(large).decode()) is None
    with pytest.raises(binascii.Error):
        base64.b64decode("not base64", validate=True)
    assert encoded_text("not base64") is None


def test_sound_is_no_picture() -> None:
    webp = b"RIFF\x1a\n\x00\x00WEBPVP8L"
    assert encoded(webp) == Picture(webp, "image/webp")
    assert encoded(webp.replace(b"WEBPVP8L", b"WAVEfmt ")) is None


def test_a_picture_of_one_value_is_black() -> None:
    assert drawn(np.full((2, 2, 1), 7.0)) == drawn(np.zeros((2, 2, 1)))
