"""Rows that are pictures: numbers drawn as PNG, and files that somebody encoded."""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.tabular.png import COLOUR_TYPES, MEDIA_TYPE, png

BLANK_SIDE = 30
PICTURE_BYTES_MAX = 4 << 20
"""Of an encoded picture."""
PIXEL_VALUES_MAX = 4 << 20
"""Of a picture that is drawn: height times width times channels."""
_WHITE = 255
_MAGIC = {
    re.compile(rb"\x89PNG"): MEDIA_TYPE,
    re.compile(rb"\xff\xd8\xff"): "image/jpeg",
    re.compile(rb"GIF8"): "image/gif",
    re.compile(rb"RIFF....WEBP", re.DOTALL): "image/webp",  # other RIFF files are sound and films
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its media type."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class PixelShape:
    """How a picture's numbers lie: rows from the top, each from the left; `channels_first`: channel after channel."""

    height: int
    width: int
    channels: int
    channels_first: bool = False

    @property
    def values(self) -> int:
        """How many numbers a picture has."""
        return self.height * self.width * self.channels

    @classmethod
    def of(cls, shape: Sequence[int]) -> "PixelShape | None":
        """Read the shape of an array: height by width, with 1 to 4 channels before or behind, or of a batch of one.

        None if it is another, or too large to draw.
        """
        sizes = list(shape)
        while len(sizes) > 2 and sizes[0] in (-1, 1):
            del sizes[0]
        if len(sizes) == 2:
            sizes.append(1)
        if len(sizes) != 3 or min(sizes) < 1:
            return None
        first = sizes[2] not in COLOUR_TYPES
        channels, height, width = sizes if first else (sizes[2], *sizes[:2])
        found = cls(height, width, channels, first)
        return found if channels in COLOUR_TYPES and found.values <= PIXEL_VALUES_MAX else None

    def arranged(self, values: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Return so many numbers as (height, width, channels)."""
        if self.channels_first:
            return np.moveaxis(values.reshape(self.channels, self.height, self.width), 0, -1)
        return values.reshape(self.height, self.width, self.channels)


def blank() -> Picture:
    """Return a white square."""
    return Picture(png(np.full((BLANK_SIDE, BLANK_SIDE, 1), _WHITE, dtype=np.uint8)), MEDIA_TYPE)


def drawn(values: npt.NDArray[np.floating]) -> Picture:
    """Return finite numbers of (height, width, channels) as a picture, the largest white and the smallest black."""
    halves = values / 2  # of which no two are too far apart for a number
    low, span = halves.min(), np.ptp(halves)
    scaled = np.zeros(values.shape) if span == 0 else (halves - low) / span
    return Picture(png((scaled * _WHITE).round().astype(np.uint8)), MEDIA_TYPE)


def encoded(data: bytes) -> Picture | None:
    """Return a PNG, JPEG, GIF or WebP file of a few MB as a picture; None if it is nothing of the kind."""
    media_type = next((kind for magic, kind in _MAGIC.items() if magic.match(data)), None)
    return None if media_type is None or len(data) > PICTURE_BYTES_MAX else Picture(data, media_type)


def encoded_text(text: str) -> Picture | None:
    """Return such a file that is written in base64, as a `data:` address or bare; None if it is nothing of the kind."""
    body = text.partition(",")[2] if text.startswith("data:") else text
    if len(body) > PICTURE_BYTES_MAX * 4 // 3 + 4:
        return None
    try:
        return encoded(base64.b64decode(body, validate=True))
    except (binascii.Error, ValueError):
        return None
