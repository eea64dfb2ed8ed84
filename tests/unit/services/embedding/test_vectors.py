"""Vectors of rows that bring none: who makes them, what is found again, and what the lineage says."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arangovis.artifacts.local import LocalArtifactStore
from arangovis.domain.catalogue import ModelVersion, Profile, Signature, SignatureField
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import text
from arangovis.services.embedding.embedder import Embedder, EmbedderKind
from arangovis.services.embedding.vectors import EMBED
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.settings import Settings
from arangovis.stores.memory import MemoryStore
from arangovis.tabular import Rows, read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.wiring import compose, worker_context
from arangovis.workers.inline import drain
from tests.embedding_functions import halves
from tests.onnx_embedders import DIMENSIONS, axes, digits_encoder
from tests.pixel_rows import PIXELS, pixel_rows
from tests.unit.services.world import ADA, Clock, World

MODULE = "tests.embedding_functions"
FUNCTIONS = ("halves", "too_few", "unfinished", "broken")
ROWS = 300


@pytest.fixture
def world(tmp_path: Path) -> World:
    clock = Clock()
    settings = Settings(home=tmp_path, embedder_functions=", ".join(f"{MODULE}:{name}" for name in FUNCTIONS))
    return World(clock, compose(settings, MemoryStore(clock=clock), LocalArtifactStore(tmp_path / "artifacts")))


@pytest.fixture
def version(world: World) -> ModelVersion:
    """Return a model version that takes pixels, with 300 digits as its traffic."""
    made = registered(world)
    append(world, made, pixel_rows(0, ROWS))
    return made


def registered(world: World, *, embedding: int | None = None) -> ModelVersion:
    catalogue = world.service.catalogue
    catalogue.register_project("demo", ADA)
    catalogue.register_model("demo", "digits", ADA)
    inputs = tuple(SignatureField(name, (), "float64", Profile.NUMERICAL) for name in PIXELS)
    outputs = (SignatureField("class", (), "int64", Profile.NOMINAL),)
    if embedding is not None:
        outputs += (SignatureField("embedding", (1, embedding), "float32", Profile.NUMERICAL),)
    number = catalogue.register_version("demo", "digits", Signature(inputs, outputs), ADA).number
    return catalogue.version(number)


def rows_of(columns: Mapping[str, Any]) -> Rows:
    return read_rows(to_arrow(columns), MEDIA_TYPE)


def append(world: World, version: ModelVersion, columns: Mapping[str, Any]) -> None:
    world.service.datasets.append_production(version, rows_of(columns), ADA)


def function(name: str = "halves", **more: Any) -> Embedder:
    return Embedder(EmbedderKind.PYTHON, function=f"{MODULE}:{name}", **more)


def uploaded(world: World, version: ModelVersion, **more: Any) -> Embedder:
    file, _ = world.service.embedders.upload(version, digits_encoder(), ADA)
    return Embedder(EmbedderKind.ONNX, artifact=file.artifact, **more)


def set_embedder(world: World, version: ModelVersion, embedder: Embedder) -> NodeId:
    world.clock.now += 1
    return world.service.embedders.set(version, embedder, ADA)[0].node


def ended(world: World, version: ModelVersion, method: str = "pca") -> Run:
    world.clock.now += 1
    run = world.service.projections.plottable(version, method, ADA)
    drain(worker_context(world.service))
    return world.runs.get(run.id)


def projected(world: World, version: ModelVersion, method: str = "pca") -> Run:
    run = ended(world, version, method)
    assert run.state is RunState.SUCCESS, run.message
    world.check()
    return run


def read_by(world: World, run: NodeId) -> dict[str, NodeId]:
    edges = world.service.store.edges_of((run,), Direction.UPSTREAM, ("input_to",))
    return {edge.id.role: edge.id.source for edge in edges}


def maker_of(world: World, artifact: NodeId) -> Run:
    (edge,) = world.service.store.edges_of((artifact,), Direction.UPSTREAM, ("generated",))
    return world.runs.get(edge.id.source)


def vectors(world: World, run: Run, role: str = "production") -> np.ndarray:
    artifact = read_by(world, run.id)[f"{role} embeddings"]
    digest = text(world.service.store.get(artifact).attributes, "digest")
    found = Rows.from_parquet(world.service.blobs.read(digest)).embedding
    assert found is not None
    return found


# --- lineage ------------------------------------------------------------------------------------------------------


def test_the_lineage_leads_from_the_embedder_over_its_vectors_to_the_plot(world: World, version: ModelVersion) -> None:
    node = set_embedder(world, version, wanted := uploaded(world, version))
    run = projected(world, version)
    read = read_by(world, run.id)
    assert read["embedder"] == node
    made = maker_of(world, read["production embeddings"])
    assert (made.method, made.state, made.environment["engine"]) == (EMBED, RunState.SUCCESS, engine())
    assert read_by(world, made.id) == {
        "embedder": node,
        "embedder_file": wanted.artifact,
        "model": version.id,
        "production": read["production"],
    }
    mean, components = axes()
    pixels = np.stack([pixel_rows(0, ROWS)[name] for name in PIXELS], axis=1).astype(np.float32)
    np.testing.assert_allclose(vectors(world, run), (pixels - mean) @ components, atol=1e-5)
    spawned = world.service.store.edges_of((run.id,), Direction.DOWNSTREAM, ("spawned",))
    assert [edge.id.target for edge in spawned] == [made.id]


def engine() -> str:
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}"


def test_vectors_are_made_once(world: World, version: ModelVersion) -> None:
    set_embedder(world, version, function())
    first = projected(world, version)
    again = projected(world, version, "tsne")
    world.service.projections.set_params(version, "pca", {"parameters": {"n_components": 3}}, ADA)
    third = projected(world, version)
    assert len({read_by(world, run.id)["production embeddings"] for run in (first, again, third)}) == 1


def test_what_does_not_decide_the_vectors_makes_none_anew(world: World, version: ModelVersion) -> None:
    one = set_embedder(world, version, uploaded(world, version))
    first = projected(world, version)
    assert set_embedder(world, version, uploaded(world, version)) == one
    other = set_embedder(world, version, uploaded(world, version, batch_rows=7))
    second = projected(world, version)
    assert other != one
    assert (first.id, read_by(world, first.id)["embedder"]) != (second.id, read_by(world, second.id)["embedder"])
    assert read_by(world, first.id)["production embeddings"] == read_by(world, second.id)["production embeddings"]


def test_another_revision_makes_them_anew_and_the_plot_with_them(world: World, version: ModelVersion) -> None:
    set_embedder(world, version, function())
    first = projected(world, version)
    set_embedder(world, version, function(revision="2"))
    second = projected(world, version)
    assert read_by(world, first.id)["production embeddings"] != read_by(world, second.id)["production embeddings"]
    history = world.service.params.history(version, "embedder")
    assert [(revision.actor, revision.params.values.get("revision")) for revision in history] == [
        ("ada", None),
        ("ada", "2"),
    ]


def test_neighbours_and_fits_of_other_vectors_are_not_taken_for_these(world: World, version: ModelVersion) -> None:
    set_embedder(world, version, function())
    first = projected(world, version, "umap")
    set_embedder(world, version, uploaded(world, version))
    second = projected(world, version, "umap")
    one, other = world.made(first.id), world.made(second.id)
    assert {"transformer", "neighbours"} <= one.keys() & other.keys(), "both were made anew"
    assert vectors(world, second).shape == (ROWS, DIMENSIONS)


def test_damaged_vectors_are_made_again(world: World, version: ModelVersion, tmp_path: Path) -> None:
    set_embedder(world, version, function())
    first = projected(world, version)
    digest = text(world.service.store.get(read_by(world, first.id)["production embeddings"]).attributes, "digest")
    (tmp_path / "artifacts" / "blobs" / digest[:2] / digest).write_bytes(b"damaged")
    second = projected(world, version, "tsne")
    np.testing.assert_allclose(vectors(world, second), halves_of(0, ROWS), rtol=1e-6)


def test_vectors_that_were_erased_with_a_row_are_made_again(world: World, version: ModelVersion) -> None:
    set_embedder(world, version, function())
    first = projected(world, version)
    made = read_by(world, first.id)["production embeddings"]
    world.service.store.transact(lambda transaction: transaction.delete(made, force=True), ADA)
    second = projected(world, version, "tsne")
    assert read_by(world, second.id)["production embeddings"] != made
    np.testing.assert_allclose(vectors(world, second), halves_of(0, ROWS), rtol=1e-6)


def halves_of(start: int, stop: int) -> np.ndarray:
    held = pixel_rows(start, stop)
    return halves({name: held[name] for name in PIXELS})


# --- which rows ---------------------------------------------------------------------------------------------------


def test_training_and_production_rows_are_embedded_alike(world: World, version: ModelVersion) -> None:
    world.service.datasets.put_training(version, rows_of(pixel_rows(600, 900)), ADA)
    set_embedder(world, version, function())
    run = projected(world, version)
    np.testing.assert_allclose(vectors(world, run, "training"), halves_of(600, 900), rtol=1e-6)
    assert {"production embeddings", "training embeddings"} <= read_by(world, run.id).keys()


def test_rows_that_bring_embeddings_keep_them(world: World) -> None:
    version = registered(world, embedding=16)
    append(world, version, {**pixel_rows(0, 60), "embedding": halves_of(0, 60)})
    set_embedder(world, version, function("broken"))
    assert "embedder" not in read_by(world, projected(world, version).id)


def test_a_signature_with_an_embedding_asks_no_rows_for_it_once_there_is_an_embedder(world: World) -> None:
    version = registered(world, embedding=16)
    with pytest.raises(InvalidInput, match="embedding"):
        append(world, version, pixel_rows(0, 60))
    set_embedder(world, version, function())
    append(world, version, pixel_rows(0, 60))
    assert vectors(world, projected(world, version)).shape == (60, 16)


def test_without_an_embedder_such_a_version_is_not_plotted(world: World) -> None:
    version = registered(world)
    append(world, version, {"_id": ["a", "b"], "text": ["no", "numbers"]})
    assert ended(world, replace(version, signature=Signature())).state is RunState.NOT_SUPPORTED


def test_all_rows_are_embedded_part_by_part(world: World, version: ModelVersion) -> None:
    append(world, version, pixel_rows(ROWS, 1_797))
    set_embedder(world, version, function(batch_rows=500))
    options = AllRowsOptions(fit_rows=400, partition_rows=1_000)
    plan = world.service.all_rows.request(version, "pca", options, ADA)
    drain(worker_context(world.service))
    assert world.runs.get(plan.id).state is RunState.SUCCESS, world.runs.get(plan.id).message
    world.check()
    steps = world.service.plans.steps(plan.id)
    assert all("production embeddings" in read_by(world, run.id) for run in steps.values())
    manifest = world.service.all_rows.manifest(plan.id)
    assert manifest.rows == 1_797
    found = np.concatenate([part.coordinates for part in world.service.all_rows.rows(manifest, 0, 1_797)])
    everything = halves_of(0, 1_797)
    spread = np.linalg.svd(everything - everything.mean(axis=0), compute_uv=False)
    assert float(found.var(axis=0).sum()) == pytest.approx((spread[:2] ** 2).sum() / 1_797, rel=0.02)
    np.testing.assert_allclose(vectors(world, steps["transform-2"]), everything[1_000:], rtol=1e-6)


# --- what goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("too_few", "gave 255 x 16 numbers for 256 rows"),
        ("unfinished", "not finite, for the rows 'digit-1', 'digit-257'"),
        ("broken", "failed with RuntimeError; the worker's log has more"),
    ],
)
def test_a_failure_ends_the_run_with_what_went_wrong(
    world: World, version: ModelVersion, name: str, message: str
) -> None:
    set_embedder(world, version, function(name))
    run = ended(world, version)
    assert run.state is RunState.ERROR
    assert message in str(run.message)
    assert "embeddings" not in " ".join(read_by(world, run.id))


def test_a_column_that_the_rows_lack_is_named(world: World, version: ModelVersion) -> None:
    set_embedder(world, version, function(columns=("pixel_0", "ink")))
    run = ended(world, version)
    assert (run.state, run.message) == (
        RunState.NOT_SUPPORTED,
        "the rows have no column ink, which the embedder reads",
    )


@pytest.mark.parametrize(
    ("embedder", "fault"),
    [
        (Embedder(EmbedderKind.ONNX), "artifact: is missing"),
        (Embedder(EmbedderKind.HTTP, function=f"{MODULE}:halves"), "url: is missing"),
        (Embedder(EmbedderKind.PYTHON, function="os:system"), "function: 'os:system' is not among the functions"),
        (Embedder(EmbedderKind.HTTP, url="http://169.254.169.254/latest"), "url: .* is not below an address"),
        (function(columns=("a", "a")), "columns: has a name twice"),
        (function(batch_rows=0), "batch_rows: 0 is not between 1 and"),
    ],
)
def test_an_embedder_that_cannot_be_is_refused(
    world: World, version: ModelVersion, embedder: Embedder, fault: str
) -> None:
    with pytest.raises(InvalidInput, match=fault):
        world.service.embedders.set(version, embedder, ADA)
    with pytest.raises(NotFound, match="has no embedder"):
        world.service.embedders.of(version)


def test_a_file_that_is_not_there_is_refused(world: World, version: ModelVersion) -> None:
    missing = NodeId.of("artifact", "0" * 32)
    with pytest.raises(NotFound, match="there is no artifact"):
        world.service.embedders.set(version, Embedder(EmbedderKind.ONNX, artifact=missing), ADA)
