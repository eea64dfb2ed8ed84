"""Pictures as files: arrays become PNG here, figures and images by what made them."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from arangovis.client.contents import as_array
from arangovis.domain.errors import Fault, InvalidInput

PNG = "image/png"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's number for grey, grey with alpha, RGB, RGB with alpha."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture_bytes(image: Any) -> bytes:
    """Return a picture as PNG.

    Args:
        image: an array or tensor of height by width, or height by width by 1 to 4 channels, of bytes, booleans, or
            numbers from 0 to 1; a figure of matplotlib, or an image of Pillow.

    Raises:
        InvalidInput: it is nothing of the kind.

    """
    if hasattr(image, "savefig"):
        sink = io.BytesIO()
        image.savefig(sink, format="png")
        return sink.getvalue()
    if hasattr(image, "save") and hasattr(image, "getbands"):
        sink = io.BytesIO()
        image.save(sink, format="PNG")
        return sink.getvalue()
    return png(_pixels(as_array(image)))


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return pixels, height by width by channels, as PNG."""
    height, width, channels = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each line begins with a 0: it is not filtered
    lines[:, 1:] = pixels.reshape(height, width * channels)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pixels(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    if pixels.ndim != 3 or pixels.shape[2] not in _COLOUR_TYPES or 0 in pixels.shape:
        shape = "x".join(map(str, image.shape))
        raise _refused(f"an array of {shape} is not height by width, or that by 1 to 4 channels")
    if pixels.dtype == np.bool_:
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype == np.uint8:
        return pixels
    if not np.issubdtype(pixels.dtype, np.floating):
        raise _refused(f"{pixels.dtype} is neither bytes, booleans nor numbers from 0 to 1")
    if not (np.all(np.isfinite(pixels)) and pixels.min() >= 0 and pixels.max() <= 1):
        raise _refused("has values that are not from 0 to 1")
    return np.round(pixels * 255).astype(np.uint8)


def _refused(problem: str) -> InvalidInput:
    return InvalidInput.of(Fault("image", problem))
