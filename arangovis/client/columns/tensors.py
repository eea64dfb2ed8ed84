"""Tensors of torch and jax: one on a device is not touched before it is sent, then it comes over with its fellows.

Neither library is imported here; a value can only be of one that its owner has imported.
"""

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from arangovis.client.columns.kinds import BOOL, FLOAT, INT, dtype_kind, refused

Taken = tuple[str, tuple[int, ...], Any]


def taken(field: str, value: object, *, copy: bool) -> Taken | None:
    """Return kind, shape and values of a tensor; None if it is something else.

    Raises:
        InvalidInput: it is of a type that cannot be stored.

    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return _torch(torch, field, value, copy=copy)
    jax = sys.modules.get("jax")
    if jax is not None and isinstance(value, jax.Array):
        return _jax(field, value)
    return None


def on_host(tensors: Sequence[Any], shapes: Sequence[tuple[int, ...]] | None = None) -> npt.NDArray[np.generic]:
    """Return the values of tensors or arrays, each broadcast to its shape, in one flat array.

    Tensors that follow each other on one device are joined there and come over at once.
    """
    wanted = [tensor.shape for tensor in tensors] if shapes is None else shapes
    pairs = list(zip(tensors, wanted, strict=True))
    pieces = [_joined(place, list(group)) for place, group in groupby(pairs, key=lambda pair: _place(pair[0]))]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _torch(torch: Any, field: str, tensor: Any, *, copy: bool) -> Taken:
    kind = _torch_kind(torch, tensor.dtype)
    if kind is None or tensor.layout is not torch.strided:
        raise refused(field, f"is a tensor of {str(tensor.dtype).removeprefix('torch.')}, {tensor.layout}")
    plain = tensor.detach()
    if tensor.device.type != "cpu":
        return kind, tuple(plain.shape), plain.clone() if copy else plain
    if kind is FLOAT and plain.dtype not in (torch.float32, torch.float64):
        plain = plain.float()
    array = plain.numpy(force=True)
    if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise refused(field, f"{array.max()} does not fit in 64 bits")
    wanted = np.dtype(np.int64) if kind is INT else array.dtype
    return kind, array.shape, array.astype(wanted, copy=copy)


def _torch_kind(torch: Any, dtype: Any) -> str | None:
    if dtype == torch.bool:
        return BOOL
    if dtype.is_floating_point:
        return FLOAT
    whole = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    return INT if str(dtype).removeprefix("torch.") in whole else None


def _jax(field: str, array: Any) -> Taken:
    """Arrays of jax never change, so none is copied."""
    kind = dtype_kind(np.dtype(array.dtype))
    if kind not in (INT, FLOAT, BOOL):
        raise refused(field, f"is an array of {array.dtype}")
    return kind, tuple(array.shape), array


def _place(tensor: Any) -> str:
    if isinstance(tensor, np.ndarray):
        return "host"
    return str(tensor.device) if hasattr(tensor, "detach") else "jax"


def _joined(place: str, pairs: Sequence[tuple[Any, tuple[int, ...]]]) -> npt.NDArray[np.generic]:
    if place == "host":
        flats = [np.broadcast_to(array, shape).reshape(-1) for array, shape in pairs]
        return flats[0] if len(flats) == 1 else np.concatenate(flats)
    if place == "jax":
        return _stored(np.asarray(_joined_jax(pairs)))
    return _joined_torch(pairs)


def _joined_torch(pairs: Sequence[tuple[Any, tuple[int, ...]]]) -> npt.NDArray[np.generic]:
    torch = sys.modules["torch"]
    joined = torch.cat([tensor.broadcast_to(shape).reshape(-1) for tensor, shape in pairs])
    if joined.dtype.is_floating_point and joined.dtype not in (torch.float32, torch.float64):
        joined = joined.float()
    return _stored(joined.cpu().numpy())


def _joined_jax(pairs: Sequence[tuple[Any, tuple[int, ...]]]) -> Any:
    numpy = sys.modules["jax"].numpy
    return numpy.concatenate([numpy.broadcast_to(array, shape).reshape(-1) for array, shape in pairs])


def _stored(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return an array of a dtype that is stored."""
    kind = dtype_kind(array.dtype)
    if kind == INT:
        return array.astype(np.int64, copy=False)
    if kind == FLOAT and array.dtype not in (np.float32, np.float64):
        return array.astype(np.float32)
    return array
