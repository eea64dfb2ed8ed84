"""Broadcasting is numpy's, whatever the values come in."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from arangovis.client.columns.buffers import Block, Buffer
from arangovis.client.columns.parts import common_shape, part_of
from arangovis.client.columns.table import Table
from arangovis.client.outbox import Outbox, OutboxOptions, Target
from arangovis.client.series_logger import SeriesLogger
from arangovis.domain.errors import InvalidInput
from tests.unit.client.outbox.services import Service

dtypes = st.sampled_from(["int8", "uint8", "int16", "int32", "int64", "float32", "float64", "bool"])


def containers(array: npt.NDArray[Any]) -> st.SearchStrategy[object]:
    import torch

    # torch has no arrays whose steps are not a multiple of the size of a value
    return st.sampled_from(
        [array, array.tolist(), torch.from_numpy(array.copy()), pa.array(array.reshape(-1))][
            : 4 if array.ndim == 1 else 3
        ]
    )


@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=4, min_side=0), st.data())
def test_rows_are_what_numpy_broadcasts(shapes: hnp.BroadcastableShapes, data: st.DataObject) -> None:
    arrays = {f"f{i}": data.draw(hnp.arrays(data.draw(dtypes), shape)) for i, shape in enumerate(shapes.input_shapes)}
    given_values = {name: data.draw(containers(array)) for name, array in arrays.items()}
    parts = {name: part_of(name, value) for name, value in given_values.items()}
    shape = common_shape(parts)
    assert shape == shapes.result_shape
    buffer = Buffer(None, {name: part.kind for name, part in parts.items()})
    buffer.add(Block(list(parts.values()), shape))
    for name, column in buffer.columns(buffer.take()).items():
        expected = np.broadcast_to(arrays[name], shape).reshape(-1)
        np.testing.assert_array_equal(np.asarray(column), expected)


@given(st.lists(hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), min_size=2, max_size=4))
def test_what_numpy_cannot_broadcast_is_refused(shapes: list[tuple[int, ...]]) -> None:
    parts = {f"f{i}": part_of(f"f{i}", np.zeros(shape)) for i, shape in enumerate(shapes)}
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(InvalidInput) as refused:
            common_shape(parts)
        assert all(str(shape) in str(refused.value) for shape in shapes)
    else:
        assert common_shape(parts) == expected


values = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.floats(), st.booleans(), st.text(st.characters(codec="utf-8"), max_size=5)
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), values, min_size=1), max_size=20))
def test_rows_come_out_as_they_went_in_or_were_refused_whole(rows: list[dict[str, Any]]) -> None:
    table, kept = Table({}, {}, copy=True), []
    for row in rows:
        try:
            assert table.add_row(None, tuple(row), tuple(row.values()))
        except InvalidInput:
            continue
        kept.append(row)
    found = []
    for buffer in table.buffers():
        columns = buffer.columns(buffer.take())
        found += [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    assert sorted(map(shown, found)) == sorted(map(shown, kept))


def shown(row: dict[str, Any]) -> str:
    return repr(sorted((name, value if isinstance(value, str) else float(value)) for name, value in row.items()))


# --- tensors ------------------------------------------------------------------------------------------------------


@pytest.fixture
def service() -> Service:
    return Service()


def stored(service: Service, tmp_path: Path, *writes: dict[str, Any]) -> pa.Table:
    outbox = Outbox(Target(url="http://127.0.0.1:1"), OutboxOptions(tmp_path), transport=service)
    with outbox, SeriesLogger(outbox, "0" * 32) as logger:
        for write in writes:
            logger.write(**write)
    return pa.concat_tables([pa.ipc.open_stream(sent.body).read_all() for sent in service.sent])


@pytest.mark.parametrize(
    "name", ["bfloat16", "float16", "float32", "float64", "int8", "uint8", "int32", "int64", "bool"]
)
def test_a_tensor_is_stored_as_its_numbers(service: Service, tmp_path: Path, name: str) -> None:
    import torch

    tensor = torch.tensor([0, 1, 1], dtype=getattr(torch, name))
    table = stored(service, tmp_path, {"x": tensor}, {"x": tensor[1]}, {"x": tensor.reshape(3, 1)})
    assert table.column("x").to_pylist() == [*tensor.tolist(), tensor[1].item(), *tensor.tolist()]


def test_containers_may_change_between_calls(service: Service, tmp_path: Path) -> None:
    import torch

    numbers = [0.5, 0.25]
    writes = [numbers, np.array(numbers), torch.tensor(numbers), tuple(numbers), np.array(numbers, np.float32), 0.125]
    table = stored(service, tmp_path, *[{"x": given_value} for given_value in writes])
    assert table.column("x").to_pylist() == numbers * 5 + [0.125]


def test_a_loss_with_a_gradient_is_taken_and_its_graph_let_go(service: Service, tmp_path: Path) -> None:
    import torch

    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (weight**2).sum()
    assert stored(service, tmp_path, {"loss": loss}).column("loss").to_pylist() == [5.0]
    loss.backward()


def test_a_tensor_may_be_changed_after_it_was_written(service: Service, tmp_path: Path) -> None:
    import torch

    tensor = torch.zeros(2)
    outbox = Outbox(Target(url="http://127.0.0.1:1"), OutboxOptions(tmp_path), transport=service)
    with outbox, SeriesLogger(outbox, "0" * 32) as logger:
        for value in range(2):
            tensor.fill_(value)
            logger.write(x=tensor)
    (sent,) = service.sent
    assert pa.ipc.open_stream(sent.body).read_all().to_pydict() == {"x": [0, 0, 1, 1]}


@pytest.mark.parametrize("wrong", ["complex", "sparse"])
def test_a_tensor_of_another_sort_is_refused(wrong: str) -> None:
    import torch

    tensor = torch.zeros(2, dtype=torch.complex64) if wrong == "complex" else torch.eye(2).to_sparse()
    with pytest.raises(InvalidInput, match="x: is a tensor of"):
        part_of("x", tensor)


def test_a_tensor_on_a_device_comes_over_once_a_field_and_not_before_it_is_sent(
    service: Service, tmp_path: Path
) -> None:
    """A subclass of tensor plays the device: it counts how often it is brought to the host, and how large."""
    import torch

    moved: list[int] = []

    class OnDevice(torch.Tensor):
        @property
        def device(self) -> torch.device:
            return torch.device("cuda", 0)

        def cpu(self) -> torch.Tensor:
            moved.append(self.numel())
            return self.as_subclass(torch.Tensor)

    outbox = Outbox(Target(url="http://127.0.0.1:1"), OutboxOptions(tmp_path), transport=service)
    with outbox, SeriesLogger(outbox, "0" * 32) as logger:
        tensor = torch.arange(3, dtype=torch.bfloat16).as_subclass(OnDevice)
        for step in range(100):
            logger.write(x=tensor, y=tensor[step % 3], step=step)
            tensor.add_(1)
        assert moved == []
    assert moved == [300, 300]
    (sent,) = service.sent
    table = pa.ipc.open_stream(sent.body).read_all()
    assert table.schema.field("x").type == pa.float32()
    assert table.column("x").to_pylist() == [float(step + i) for step in range(100) for i in range(3)]


def test_anything_that_hands_out_its_memory_is_read(service: Service, tmp_path: Path) -> None:
    class Foreign:
        def __dlpack__(self, **options: Any) -> object:
            return np.arange(3).__dlpack__(**options)

        def __dlpack_device__(self) -> tuple[int, int]:
            return np.arange(3).__dlpack_device__()

    assert stored(service, tmp_path, {"x": Foreign()}).column("x").to_pylist() == [0, 1, 2]


def test_arrays_of_jax_are_stored_as_their_numbers(service: Service, tmp_path: Path) -> None:
    jax = pytest.importorskip("jax")
    numbers = jax.numpy.arange(3, dtype=jax.numpy.bfloat16)
    table = stored(service, tmp_path, {"x": numbers, "n": numbers > 1}, {"x": numbers[1], "n": True})
    assert table.to_pydict() == {"x": [0.0, 1.0, 2.0, 1.0], "n": [False, False, True, True]}
