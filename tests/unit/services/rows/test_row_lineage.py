"""Which results hold a row, and which row a point is: on digits, in samples that hold only some of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from arangovis.domain.catalogue import Dataset, ModelVersion, Signature
from arangovis.domain.errors import InvalidInput, NotFound, NotSupported
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.services.datasets import production_id
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.rows.contents import RowContents
from arangovis.services.rows.filters import KIND
from arangovis.services.rows.points import Points
from arangovis.services.rows.questions import RowLineage, RowQuestions
from arangovis.settings import Settings
from arangovis.tabular import Rows, read_rows
from arangovis.tabular.arrow_stream import from_arrow, to_arrow
from arangovis.wiring import Arangovis, build, worker_context
from arangovis.workers.inline import drain

ADA = Caller("ada", "request-7")
FIELD: dict[str, JsonValue] = {"name": "embedding", "shape": [1, 64], "dtype": "float32", "profile": "NONE"}
ROWS, SAMPLE = 90, 30


def digits(start: int, end: int, prefix: str = "digit") -> Rows:
    images = load_digits().data[start:end].astype(np.float32)
    columns = {"_id": [f"{prefix}-{number}" for number in range(start, end)], "embedding": images}
    return read_rows(to_arrow(columns), "application/vnd.apache.arrow.stream")


class World:
    """A model version with a stream of digits, and projections of samples of it."""

    def __init__(self, service: Arangovis) -> None:
        self.service = service
        catalogue = service.catalogue
        catalogue.register_project("demo", ADA)
        catalogue.register_model("demo", "digits", ADA)
        signature = Signature.of({"inputs": [], "outputs": [FIELD]})
        self.version: ModelVersion = catalogue.version(
            catalogue.register_version("demo", "digits", signature, ADA).number
        )
        for start in range(0, ROWS, 30):
            service.datasets.append_production(self.version, digits(start, start + 30), ADA)
        sizes = {
            "parameters": {"n_components": 2},
            "production_data_sample_size": SAMPLE,
            "training_data_sample_size": SAMPLE,
        }
        service.projections.set_params(self.version, "pca", {"parameters": {"n_components": 2}, **sizes}, ADA)
        self.stream = production_id(self.version)
        self.rows = RowQuestions(service.store, service.blobs, service.datasets)
        self.points = Points(service.store, service.blobs, datasets=service.datasets, snapshots=service.snapshots)

    def project(self, *, fresh: bool = False) -> NodeId:
        ask = self.service.projections
        again = fresh and ask.recompute(self.version, "pca", ADA, refit=True)
        run = again or ask.plottable(self.version, "pca", ADA)
        drain(worker_context(self.service))
        assert self.service.runs.get(run.id).state.value == "SUCCESS"
        return run.id

    def made(self, run: NodeId, role: str) -> NodeId:
        edges = self.service.store.edges_of((run,), Direction.DOWNSTREAM, ("generated",))
        return next(edge.id.target for edge in edges if edge.id.role == role)

    def sample(self, run: NodeId, role: str = "production") -> Dataset:
        found = self.service.datasets.find(NodeId.parse(str(self.service.runs.get(run).options[role])))
        assert found is not None
        return found

    def ids(self, run: NodeId, role: str = "production") -> list[str]:
        contents = RowContents(self.service.store, self.service.blobs, self.service.datasets)
        return list(contents.sampled(self.sample(run, role)).ids)

    def forget_filters(self) -> None:
        """Make the store as one that was written before there were filters."""

        def action(transaction: object) -> None:
            for record in self.service.store.records(KIND):
                transaction.remove_record(KIND, record.key)  # type: ignore[attr-defined]

        self.service.store.transact(action, ADA)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    service = build(Settings(home=tmp_path))
    yield World(service)
    service.close()


def plots(found: RowLineage) -> dict[NodeId, tuple[int, ...]]:
    return {holder.node: holder.positions for holder in found.results if holder.role == "plot"}


def test_only_the_plot_whose_sample_holds_the_row_is_found(world: World) -> None:
    first, second = world.project(), world.project(fresh=True)
    only_first = sorted(set(world.ids(first)) - set(world.ids(second)))
    assert only_first, "two samples of a third of the rows are not the same"
    row = only_first[0]
    found = world.rows.holders(world.stream, row)
    assert (found.present, found.partial_reasons) == (True, ())
    assert [holder.node for holder in found.datasets] == [world.sample(first).id]
    assert [use.run for use in found.runs] == [first]
    place = world.ids(first).index(row)
    assert plots(found) == {world.made(first, "plot"): (place,)}
    roles = {holder.role: (holder.positions, holder.known_by) for holder in found.results}
    assert roles["result"] == ((place,), "ids")
    assert roles["transformer"] == ((place,), "order")
    assert found.files_skipped >= 1, "the other sample's filter excludes the row"


def test_a_row_in_both_samples_is_in_both_plots(world: World) -> None:
    runs = [world.project(), world.project(fresh=True)]
    row = next(iter(set(world.ids(runs[0])) & set(world.ids(runs[1]))))
    found = world.rows.holders(world.stream, row)
    assert plots(found) == {world.made(run, "plot"): (world.ids(run).index(row),) for run in runs}


def test_what_was_made_before_there_were_filters_is_read_and_can_be_indexed(world: World) -> None:
    first = world.project()
    row = world.ids(first)[0]
    with_filters = world.rows.holders(world.stream, row)
    world.forget_filters()
    without = world.rows.holders(world.stream, row)
    assert (without.results, without.datasets) == (with_filters.results, with_filters.datasets)
    assert world.rows.index(world.stream, ADA).filters == 4  # three segments and a sample
    assert world.rows.index(world.stream, ADA).filters == 0
    absent = min({f"digit-{number}" for number in range(ROWS)} - set(world.ids(first)))
    found = world.rows.holders(world.stream, absent)
    assert (found.present, found.datasets, found.results, found.files_read) == (True, (), (), 1)


def test_a_sample_can_be_asked_itself(world: World) -> None:
    run = world.project()
    row = world.ids(run)[3]
    found = world.rows.holders(world.sample(run).id, row)
    assert plots(found) == {world.made(run, "plot"): (3,)}


def test_training_rows_are_points_behind_those_of_production(world: World) -> None:
    world.service.datasets.put_training(world.version, digits(200, 220, "train"), ADA)
    run = world.project()
    training = world.service.datasets.training(world.version)
    assert training is not None
    row = world.ids(run, "training")[4]
    found = world.rows.holders(training.id, row)
    assert plots(found) == {world.made(run, "plot"): (SAMPLE + 4,)}
    origin = world.points.origin(world.made(run, "plot"), SAMPLE + 4)
    assert (origin.row, origin.dataset, origin.as_role) == (row, training.id, "training")


def test_a_point_is_the_row_that_it_was_computed_from(world: World) -> None:
    run = world.project()
    plot = world.made(run, "plot")
    columns = from_arrow(world.service.blobs.read(str(world.service.store.get(plot).attributes["digest"])))
    for point in (0, 7, SAMPLE - 1):
        origin = world.points.origin(plot, point)
        assert origin.row == columns["id"][point]
        assert origin.position == int(str(origin.row).removeprefix("digit-"))
        assert (origin.dataset, origin.sample, origin.run) == (world.stream, world.sample(run).id, run)
    with pytest.raises(InvalidInput, match="beyond the last one"):
        world.points.origin(plot, SAMPLE)
    with pytest.raises(NotSupported):
        world.points.origin(run, 0)


def test_all_rows_are_found_in_their_part(world: World) -> None:
    plan = world.service.all_rows.request(world.version, "pca", AllRowsOptions(), ADA)
    drain(worker_context(world.service))
    assert world.service.runs.get(plan.id).state.value == "SUCCESS"
    found = world.rows.holders(world.stream, "digit-61")
    (part,) = [holder for holder in found.results if holder.role == "part"]
    assert (part.positions, part.known_by) == ((61,), "ids")
    origin = world.points.origin(part.node, 61)
    assert (origin.row, origin.dataset, origin.sample_row) == ("digit-61", world.stream, 61)


def test_a_row_that_is_nowhere_is_not_found(world: World) -> None:
    world.project()
    with pytest.raises(NotFound, match="has no row 'digit-777'"):
        world.rows.holders(world.stream, "digit-777")
    with pytest.raises(NotFound):
        world.rows.holders(NodeId("dataset", "nothing"), "digit-1")


def test_a_spent_budget_is_told(world: World) -> None:
    first, second = world.project(), world.project(fresh=True)
    row = next(iter(set(world.ids(first)) & set(world.ids(second))))
    found = world.rows.holders(world.stream, row, files_max=1)
    assert found.partial_reasons == ("files",)
    assert found.files_read == 1


@pytest.mark.parametrize(("row", "files", "field"), [("", 1, "row"), ("x" * 1001, 1, "row"), ("a", 0, "files")])
def test_bad_questions_name_the_field(world: World, row: str, files: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        world.rows.holders(world.stream, row, files_max=files)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_the_past_knows_no_later_plot(world: World) -> None:
    first = world.project()
    then = world.service.store.get(world.made(first, "plot")).version.valid_from
    world.project(fresh=True)
    row = world.ids(first)[0]
    found = world.rows.holders(world.stream, row, at=then)
    assert list(plots(found)) == [world.made(first, "plot")]
