"""Pictures as files: arrays become PNG here, figures and images by what made them."""

import io
from typing import Any

import numpy as np
import numpy.typing as npt

from arangovis.client.contents import as_array
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.tabular.png import COLOUR_TYPES, png


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


def _pixels(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    pixels = image[:, :, np.newaxis] if image.ndim == 2 else image
    if pixels.ndim != 3 or pixels.shape[2] not in COLOUR_TYPES or 0 in pixels.shape:
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
