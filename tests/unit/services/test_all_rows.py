"""Projections of all rows: how the work is cut, what is found again, and what happens when something fails."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.metrics import silhouette_score

from arangovis.domain.catalogue import ModelVersion, Profile, Signature, SignatureField
from arangovis.domain.errors import ArangovisError, Gone, InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Executor, Priority, Reason, Run, RunState
from arangovis.domain.views import text
from arangovis.projections.base import no_progress
from arangovis.projections.registry import FIT, STEP_METHODS, TRANSFORM, projector
from arangovis.services.projections.all_rows_plan import BLOCK_ROWS, METHOD, PARTITIONS_MAX, AllRowsOptions, partitions
from arangovis.services.projections.all_rows_result import PlacedRows
from arangovis.services.projections.all_rows_steps import place
from arangovis.tabular import read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, Column, from_arrow, to_arrow
from arangovis.tabular.bundle import from_bytes
from arangovis.wiring import worker_context
from arangovis.workers.inline import drain
from tests.shifted_digits import Matrix, batches, shifted_digits, table
from tests.unit.services.world import ADA, BOB, World

ROWS = 3_500
OPTIONS = AllRowsOptions(fit_rows=400, partition_rows=1_000)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


@pytest.fixture
def version(world: World) -> ModelVersion:
    """Return a model version with 3,500 digits as its traffic, in three bodies."""
    version = world.version(64)
    for batch in batches(ROWS, 1_500):
        append(world, version, batch)
    return version


def append(world: World, version: ModelVersion, columns: Mapping[str, Column]) -> None:
    world.service.datasets.append_production(version, read_rows(to_arrow(columns), MEDIA_TYPE), ADA)


def ask(world: World, version: ModelVersion, options: AllRowsOptions = OPTIONS, method: str = "pca") -> Run:
    world.clock.now += 1
    return world.service.all_rows.request(version, method, options, ADA)


def compute(world: World) -> int:
    """Compute what is due; return how many runs that were."""
    return drain(worker_context(world.service))


def projected(world: World, version: ModelVersion, options: AllRowsOptions = OPTIONS, method: str = "pca") -> Run:
    plan = ask(world, version, options, method)
    compute(world)
    done = world.runs.get(plan.id)
    assert done.state is RunState.SUCCESS, done.message
    world.check()
    return done


def placed(world: World, plan: Run) -> PlacedRows:
    manifest = world.service.all_rows.manifest(plan.id)
    parts = list(world.service.all_rows.rows(manifest, 0, manifest.rows))
    ids = [row_id for part in parts for row_id in part.ids]
    return PlacedRows(0, ids, np.concatenate([part.coordinates for part in parts]))


def steps(world: World, plan: Run) -> dict[str, NodeId]:
    return {name: run.id for name, run in world.service.plans.steps(plan.id).items()}


def read_by(world: World, run: NodeId) -> dict[str, set[NodeId]]:
    edges = world.service.store.edges_of((run,), Direction.UPSTREAM, ("input_to",))
    return {edge.id.role: {e.id.source for e in edges if e.id.role == edge.id.role} for edge in edges}


def digest(world: World, artifact: NodeId) -> str:
    return text(world.service.store.get(artifact).attributes, "digest")


def directly(world: World, plan: Run, rows: Matrix) -> Matrix:
    """Return where the fitted model of a plan itself puts rows, block by block."""
    artifact = world.made(steps(world, plan)["fit"])["transformer"]
    transformer = from_bytes(world.service.blobs.read(digest(world, artifact)))
    engine = projector(text(plan.options, "method"))
    return place(engine, transformer, rows, seed=plan.seed, progress=lambda fraction: None)


# --- the work -----------------------------------------------------------------------------------------------------


def test_the_fit_comes_first_then_all_partitions_at_once_then_the_assembly(world: World, version: ModelVersion) -> None:
    plan = ask(world, version)
    assert (plan.method, plan.executor, plan.state) == (METHOD, Executor.PLAN, RunState.STARTED)
    assert list(steps(world, plan)) == ["fit"]
    context = worker_context(world.service)
    fit = world.claim(*STEP_METHODS)
    assert fit.run.method == FIT
    world.runs.succeed(fit, context.handlers[FIT](fit.run, lambda fraction: None), ADA)
    claims = [world.claim(*STEP_METHODS) for _ in range(4)]
    assert sorted(str(claim.run.name) for claim in claims) == [f"transform-{n}" for n in range(1, 5)]
    assert world.try_claim(*STEP_METHODS) is None
    for claim in claims:
        assert list(steps(world, plan)).count("assemble") == 0
        world.runs.succeed(claim, context.handlers[TRANSFORM](claim.run, lambda fraction: None), ADA)
    job = world.service.all_rows.job(plan.id)
    assert (job.steps, job.steps_done, job.result) == (6, 5, None)
    assert compute(world) == 1
    job = world.service.all_rows.job(plan.id)
    assert (job.plan.state, job.steps_done) == (RunState.SUCCESS, 6)
    world.check()


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_every_row_lies_where_the_fitted_model_puts_it(world: World, version: ModelVersion, method: str) -> None:
    plan = projected(world, version, method=method)
    found = placed(world, plan)
    assert list(found.ids) == [f"row-{n}" for n in range(ROWS)]
    assert found.coordinates.dtype == np.float32
    np.testing.assert_array_equal(found.coordinates, directly(world, plan, shifted_digits(ROWS)))
    assert len(np.unique(found.coordinates, axis=0)) > 0.99 * ROWS


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_how_the_rows_are_cut_does_not_change_the_picture(world: World, version: ModelVersion, method: str) -> None:
    first = projected(world, version, method=method)
    other = projected(world, version, AllRowsOptions(fit_rows=400, partition_rows=2_000), method=method)
    assert other.id != first.id
    np.testing.assert_array_equal(placed(world, first).coordinates, placed(world, other).coordinates)


def test_the_lineage_says_what_was_made_of_what(world: World, version: ModelVersion) -> None:
    plan = projected(world, version)
    made = steps(world, plan)
    (rows,) = read_by(world, plan.id)["production"]
    assert world.service.store.get(rows).attributes["rows"] == ROWS
    (params,) = read_by(world, plan.id)["params"]
    assert read_by(world, made["fit"]) == {"model": {version.id}, "params": {params}, "production": {rows}}
    fit = world.made(made["fit"])
    assert set(fit) == {"sample", "transformer"}
    transforms = [made[f"transform-{n}"] for n in range(1, 5)]
    for transform in transforms:
        assert read_by(world, transform) == {"production": {rows}, "transformer": {fit["transformer"]}}
    parts = {world.made(transform)["part"] for transform in transforms}
    assert read_by(world, made["assemble"]) == {"production": {rows}, "part": parts}
    assert world.made(made["assemble"]) == {"rows": world.service.all_rows.result(plan.id)}
    for name, run_id in made.items():
        run = world.runs.get(run_id)
        assert (run.name, run.plan, run.environment["engine"]) == (name, plan.id, projector("pca").engine())


def test_the_sample_is_on_record(world: World, version: ModelVersion) -> None:
    plan = projected(world, version)
    sample = world.service.store.get(world.made(steps(world, plan)["fit"])["sample"])
    columns = from_arrow(world.service.blobs.read(text(sample.attributes, "digest")))
    numbers = np.asarray(columns["row"])
    assert len(set(numbers.tolist())) == 400
    assert columns["id"] == [f"row-{n}" for n in numbers]
    assert sample.attributes["facts"] == {"rows": 400, "seed": plan.seed, "of": str(read_rows_of(world, plan))}


def read_rows_of(world: World, plan: Run) -> NodeId:
    (rows,) = read_by(world, plan.id)["production"]
    return rows


def test_quality_is_measured_on_the_rows_as_they_were_placed(world: World, version: ModelVersion) -> None:
    body = {"parameters": {"n_components": 3}, "visualization_metrics": ["global_score", "sammon_error"]}
    world.service.projections.set_params(version, "pca", body, ADA)
    plan = projected(world, version)
    manifest = world.service.all_rows.manifest(plan.id)
    assert manifest.columns == ("id", "x", "y", "z")
    # the components of a sample of 400 explain all 3,500 rows almost as well as their own would
    assert 0.99 < float(str(manifest.quality["global_score"])) < 1.0
    assert float(str(manifest.quality["sammon_error_scale_fitted"])) < float(str(manifest.quality["sammon_error"]))


def test_few_rows_are_fitted_whole_and_keep_the_places_of_the_fit(world: World, version: ModelVersion) -> None:
    plan = projected(world, version, AllRowsOptions(fit_rows=ROWS, partition_rows=2_000))
    transformer = world.made(steps(world, plan)["fit"])["transformer"]
    fitted = from_bytes(world.service.blobs.read(digest(world, transformer))).arrays["fitted_coordinates"]
    np.testing.assert_array_equal(placed(world, plan).coordinates, fitted)


def test_classes_shape_the_fit_if_it_heeds_them(world: World) -> None:
    world.version(64)
    said = Signature(
        outputs=(
            SignatureField("embedding", (1, 64), "float32", Profile.NUMERICAL),
            SignatureField("class", (), "int64", Profile.NOMINAL),
        )
    )
    catalogue, classes = world.service.catalogue, load_digits().target[:900]
    version = catalogue.version(catalogue.register_version("demo", "digits", said, ADA).number)
    append(world, version, {**table(0, 900), "class": classes})
    apart = []
    for weight in (0.0, 0.9):
        parameters = {**projector("umap").parameters.defaults(), "label_weight": weight}
        world.service.projections.set_params(version, "umap", {"parameters": parameters}, ADA)
        plan = projected(world, version, AllRowsOptions(fit_rows=600, partition_rows=1_000), "umap")
        apart.append(silhouette_score(placed(world, plan).coordinates, classes))
    assert apart[1] > apart[0] + 0.05


def test_rows_adrift_of_different_blocks_lie_apart() -> None:
    ink = (load_digits().data > 8).astype(np.float32)
    umap, values = projector("umap"), {**projector("umap").parameters.defaults(), "metric": "jaccard"}
    fitted = umap.fit(ink[:200], values, neighbours=None, seed=1, progress=no_progress).transformer
    rows = np.tile(ink[200:1200], (2, 1))
    rows[[3, BLOCK_ROWS + 3]] = 0
    rows[3, 0] = rows[BLOCK_ROWS + 3, 32] = 1  # corners of digits are always empty
    found = place(umap, fitted, rows, seed=1, progress=no_progress)
    alone = place(umap, fitted, rows[BLOCK_ROWS:], seed=1, progress=no_progress)
    middle = np.asarray(fitted.arrays["coordinates"]).mean(axis=0)
    np.testing.assert_allclose(*np.linalg.norm(found[[3, BLOCK_ROWS + 3]] - middle, axis=1), rtol=1e-4)
    assert np.linalg.norm(found[3] - found[BLOCK_ROWS + 3]) > 0.1
    assert np.array_equal(found[BLOCK_ROWS + 3], alone[3])


def test_rows_with_an_error_are_left_out(world: World) -> None:
    version = world.version(64)
    errors = [None if n % 3 else "no answer" for n in range(1_500)]
    append(world, version, table(0, 1_000))
    append(world, version, {**table(1_000, 2_500), "_hs_error": errors})
    append(world, version, table(2_500, 3_000))
    kept = [n for n in range(3_000) if not 1_000 <= n < 2_500 or (n - 1_000) % 3]
    plan = projected(world, version)
    found = placed(world, plan)
    assert list(found.ids) == [f"row-{n}" for n in kept]
    np.testing.assert_array_equal(found.coordinates, directly(world, plan, shifted_digits(3_000)[kept]))


def test_it_is_fitted_on_training_data_where_there_are_any(world: World, version: ModelVersion) -> None:
    rows = read_rows(to_arrow(table(0, 700)), MEDIA_TYPE, stable_ids=True)
    training = world.service.datasets.put_training(version, rows, ADA)
    plan = projected(world, version)
    assert read_by(world, steps(world, plan)["fit"])["training"] == {training.node}
    np.testing.assert_array_equal(placed(world, plan).coordinates, directly(world, plan, shifted_digits(ROWS)))


# --- found again --------------------------------------------------------------------------------------------------


def test_a_repeat_is_the_same_plan_while_it_runs_and_after(world: World, version: ModelVersion) -> None:
    plan = ask(world, version)
    assert ask(world, version).id == plan.id
    assert compute(world) == 6
    assert ask(world, version).id == plan.id
    assert compute(world) == 0


def test_other_partitions_use_the_fit_again(world: World, version: ModelVersion) -> None:
    first = steps(world, projected(world, version))
    plan = ask(world, version, AllRowsOptions(fit_rows=400, partition_rows=2_000))
    assert compute(world) == 3
    other = steps(world, plan)
    assert other["fit"] == first["fit"]
    assert set(other.values()) & set(first.values()) == {first["fit"]}


def test_other_metrics_use_all_parts_again(world: World, version: ModelVersion) -> None:
    first = steps(world, projected(world, version))
    body = {"parameters": {"n_components": 2}, "visualization_metrics": ["sammon_error"]}
    world.service.projections.set_params(version, "pca", body, BOB)
    plan = ask(world, version)
    assert compute(world) == 1
    other = steps(world, plan)
    assert {name for name in other if other[name] != first[name]} == {"assemble"}
    assert {"sammon_error", "sammon_error_scale_fitted"} <= set(world.service.all_rows.manifest(plan.id).quality)


def test_new_traffic_is_another_plan_and_another_fit(world: World, version: ModelVersion) -> None:
    first = projected(world, version)
    append(world, version, table(ROWS, ROWS + 100))
    second = projected(world, version)
    assert not set(steps(world, first).values()) & set(steps(world, second).values())
    assert len(placed(world, second).ids) == ROWS + 100
    assert len(placed(world, first).ids) == ROWS


def test_another_minimal_distance_searches_no_neighbours(world: World, version: ModelVersion) -> None:
    first = steps(world, projected(world, version, method="umap"))
    body = {"parameters": {**projector("umap").parameters.defaults(), "min_dist": 0.4}}
    world.service.projections.set_params(version, "umap", body, ADA)
    second = steps(world, projected(world, version, method="umap"))
    neighbours = world.made(first["fit"])["fit_neighbours"]
    assert read_by(world, second["fit"])["fit_neighbours"] == {neighbours}
    assert set(world.made(second["fit"])) == {"sample", "transformer"}


# --- failures -----------------------------------------------------------------------------------------------------


def fitted(world: World, plan: Run) -> None:
    """Compute the fit alone."""
    fit = world.claim(FIT)
    assert fit.run.plan == plan.id
    handler = worker_context(world.service).handlers[FIT]
    world.runs.succeed(fit, handler(fit.run, lambda fraction: None), ADA)


def test_after_a_failed_step_only_what_is_missing_is_computed(world: World, version: ModelVersion) -> None:
    plan = ask(world, version)
    fitted(world, plan)
    claim = world.claim(TRANSFORM)
    world.runs.fail(claim, RunState.ERROR, reason=Reason.MEMORY, message="stopped above 64 MB")
    assert compute(world) == 3
    failed = world.runs.get(plan.id)
    assert failed.state is RunState.ERROR
    assert failed.message == f"steps without success: {claim.run.name}: stopped above 64 MB"
    with pytest.raises(NotFound, match="no result"):
        world.service.all_rows.manifest(plan.id)
    again = ask(world, version)
    assert again.id != plan.id
    assert compute(world) == 2
    assert world.runs.get(again.id).state is RunState.SUCCESS
    shared = set(steps(world, again).values()) & set(steps(world, plan).values())
    assert len(shared) == 4
    world.check()


def test_a_worker_that_dies_costs_its_own_step_only(world: World, version: ModelVersion) -> None:
    plan = ask(world, version)
    fitted(world, plan)
    dead = world.claim(TRANSFORM)
    assert compute(world) == 3
    assert world.runs.get(plan.id).state is RunState.STARTED
    world.expire()
    assert compute(world) == 2
    assert world.runs.get(plan.id).state is RunState.SUCCESS
    assert world.runs.get(dead.run.id).attempt == 2
    assert len(placed(world, plan).ids) == ROWS


def test_cancelling_cancels_the_open_steps_and_asking_again_goes_on(world: World, version: ModelVersion) -> None:
    plan = ask(world, version)
    fitted(world, plan)
    world.service.plans.cancel(plan.id, BOB)
    assert compute(world) == 0
    states = {name: run.state.value for name, run in world.service.plans.steps(plan.id).items()}
    assert states == {"fit": "SUCCESS"} | {f"transform-{n}": "CANCELLED" for n in range(1, 5)}
    again = ask(world, version)
    assert compute(world) == 5
    assert steps(world, again)["fit"] == steps(world, plan)["fit"]


def test_a_fit_that_cannot_be_made_ends_the_plan_with_its_reason(world: World) -> None:
    version = world.version(64)
    append(world, version, table(0, 3))
    plan = ask(world, version)
    compute(world)
    failed = world.runs.get(plan.id)
    assert failed.state is RunState.ERROR
    assert failed.message == "steps without success: fit: pca needs at least 4 rows, there are 3"


@pytest.mark.parametrize("role", ["part", "rows", "transformer"])
@pytest.mark.parametrize("way", ["removed", "overwritten"])
def test_what_was_damaged_is_made_again(world: World, version: ModelVersion, role: str, way: str) -> None:
    """Asking again after a reader met the damage, or without one if the bytes are gone, computes it anew."""
    plan = projected(world, version)
    step = {"part": "transform-2", "rows": "assemble", "transformer": "fit"}[role]
    coordinates = placed(world, plan).coordinates
    damage(world, digest(world, world.made(steps(world, plan)[step])[role]), way)
    options = OPTIONS
    if role == "transformer":  # nobody reads it but steps that are not made yet
        options = AllRowsOptions(fit_rows=400, partition_rows=2_000)
        if way == "overwritten":
            broken = ask(world, version, options)
            compute(world)
            assert "transform-1" in str(world.runs.get(broken.id).message)
    else:
        with pytest.raises(ArangovisError):
            placed(world, plan)
    again = ask(world, version, options)
    compute(world)
    assert world.runs.get(again.id).state is RunState.SUCCESS
    assert steps(world, again)[step] != steps(world, plan)[step]
    np.testing.assert_array_equal(placed(world, again).coordinates, coordinates)
    assert ask(world, version, options).state is RunState.SUCCESS, "the same bytes are there again, for both plans"


@pytest.mark.parametrize("step", ["fit", "assemble"])
def test_what_was_deleted_is_made_again(world: World, version: ModelVersion, step: str) -> None:
    plan = projected(world, version)
    coordinates = placed(world, plan).coordinates
    result = world.made(steps(world, plan)["assemble"])["rows"]
    for artifact in {result, *world.made(steps(world, plan)[step]).values()}:
        world.service.store.transact(lambda tx, gone=artifact: tx.delete(gone, force=True), ADA)  # type: ignore[misc]
    with pytest.raises(Gone):
        placed(world, plan)
    again = projected(world, version)
    assert steps(world, again)[step] != steps(world, plan)[step]
    np.testing.assert_array_equal(placed(world, again).coordinates, coordinates)


def damage(world: World, blob: str, way: str) -> None:
    if way == "removed":
        world.service.artifacts.remove(blob)
        return
    (path,) = [
        path for path in world.service.settings.home.rglob("*") if path.is_file() and blob[2:] in path.as_posix()
    ]
    path.chmod(0o644)
    path.write_bytes(b"x" * path.stat().st_size)


# --- asking for what cannot be ------------------------------------------------------------------------------------


def test_without_rows_the_answer_is_on_record(world: World) -> None:
    version = world.version(64)
    run = ask(world, version)
    assert (run.state, run.method, run.message) == (RunState.NO_DATA, METHOD, "No production data.")
    append(world, version, {**table(0, 2), "_hs_error": ["timeout", "timeout"]})
    run = ask(world, version)
    assert run.state is RunState.NO_DATA
    assert "no rows without errors" in str(run.message)
    assert world.service.all_rows.job(run.id).plan.state is RunState.NO_DATA


def test_an_unknown_method_is_refused(world: World, version: ModelVersion) -> None:
    with pytest.raises(InvalidInput, match="tarot is not implemented"):
        ask(world, version, method="tarot")


def test_another_run_is_no_projection_of_all_rows(world: World, version: ModelVersion) -> None:
    plan = projected(world, version)
    plot = world.service.projections.plottable(version, "pca", ADA)
    for other in (plot.id, steps(world, plan)["fit"]):
        with pytest.raises(NotFound, match="not a projection of all rows"):
            world.service.all_rows.job(other)
    with pytest.raises(NotFound, match="is not a projection"):
        world.service.projections.job(plan.id)


@pytest.mark.parametrize(
    ("sizes", "problem"),
    [
        ({"fit_rows": 10}, "fit_rows: 10 is not between 20 and 50000"),
        ({"partition_rows": 500}, "partition_rows: 500 is not between 1000 and 1e\\+06"),
        ({"partition_rows": 1_500}, "partition_rows: 1500 is not a multiple of 1000"),
        ({"fit_rows": 1, "partition_rows": 1}, "fit_rows.*\npartition_rows"),
    ],
)
def test_sizes_outside_their_limits_are_refused(sizes: dict[str, int], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        AllRowsOptions(**sizes)


def test_too_many_partitions_are_refused_with_what_would_do() -> None:
    with pytest.raises(InvalidInput, match=r"partition_rows: 1000 would cut 700000 rows into 700; .* 2000 or more"):
        partitions(700_000, 1_000)
    assert len(partitions(700_000, 2_000)) == 350


@given(rows=st.integers(1, 10**9), thousands=st.none() | st.integers(1, 1000))
def test_partitions_are_all_rows_once(rows: int, thousands: int | None) -> None:
    size = None if thousands is None else thousands * BLOCK_ROWS
    if size is not None and rows > size * PARTITIONS_MAX:
        return
    cut = partitions(rows, size)
    assert len(cut) <= PARTITIONS_MAX
    assert [part.start for part in cut] == [0, *(part.stop for part in cut[:-1])]
    assert cut[-1].stop == rows
    assert all(part.start % BLOCK_ROWS == 0 and part.stop > part.start for part in cut)


def test_steps_give_way_to_plots(world: World, version: ModelVersion) -> None:
    plan = ask(world, version)
    lease = world.runs.lease(steps(world, plan)["fit"])
    assert lease is not None
    assert lease.priority is Priority.BACKGROUND
