"""Projections of all rows of a model without embeddings: its inputs are encoded as the fitted rows have them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arangovis.domain.catalogue import ModelVersion, Profile, Signature, SignatureField
from arangovis.domain.graph import Direction
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import text
from arangovis.projections.registry import projector
from arangovis.projections.table_encoder import TableEncoder
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.tabular import read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow
from arangovis.tabular.bundle import ArrayBundle, from_bytes
from arangovis.wiring import worker_context
from arangovis.workers.inline import drain
from tests.pixel_rows import PIXELS, pixel_rows
from tests.unit.services.world import ADA, World

ROWS = 1_500
MIDDLE = PIXELS[18:46]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


@pytest.fixture
def version(world: World) -> ModelVersion:
    """Return a model version that takes pixels and a digit's name, with training data and 1,500 rows of traffic."""
    catalogue = world.service.catalogue
    catalogue.register_project("demo", ADA)
    catalogue.register_model("demo", "digits", ADA)
    inputs = tuple(SignatureField(name, (), "float64", Profile.NUMERICAL) for name in MIDDLE)
    inputs += (SignatureField("class", (), "str", Profile.CATEGORICAL),)
    made = catalogue.version(catalogue.register_version("demo", "digits", Signature(inputs), ADA).number)
    world.service.datasets.put_training(made, read_rows(to_arrow(rows(1_497, 1_797)), MEDIA_TYPE), ADA)
    for start in (0, 800):
        stop = min(start + 800, ROWS)
        world.service.datasets.append_production(made, read_rows(to_arrow(rows(start, stop)), MEDIA_TYPE), ADA)
    return made


def rows(start: int, stop: int) -> dict[str, Any]:
    held = pixel_rows(start, stop)
    return {**{name: held[name] for name in ("_id", *MIDDLE)}, "class": [f"digit {n}" for n in held["class"]]}


def projected(world: World, version: ModelVersion, method: str, partition_rows: int = 1_000) -> Run:
    world.clock.now += 1
    plan = world.service.all_rows.request(version, method, AllRowsOptions(None, partition_rows), ADA)
    drain(worker_context(world.service))
    done = world.runs.get(plan.id)
    assert done.state is RunState.SUCCESS, done.message
    world.check()
    return done


def coordinates(world: World, plan: Run) -> np.ndarray:
    manifest = world.service.all_rows.manifest(plan.id)
    return np.concatenate([part.coordinates for part in world.service.all_rows.rows(manifest, 0, manifest.rows)])


def transformer(world: World, plan: Run) -> ArrayBundle:
    artifact = world.made(world.service.plans.steps(plan.id)["fit"].id)["transformer"]
    return from_bytes(world.service.blobs.read(text(world.service.store.get(artifact).attributes, "digest")))


def test_rows_lie_where_the_encoder_of_the_training_data_and_the_fit_put_them(
    world: World, version: ModelVersion
) -> None:
    plan = projected(world, version, "pca")
    fitted = transformer(world, plan)
    encoded = TableEncoder.from_bundle(fitted).encode(read_rows(to_arrow(rows(0, ROWS)), MEDIA_TYPE))
    placed = projector("pca").transform(fitted, encoded.matrix, seed=42, progress=lambda fraction: None)
    np.testing.assert_allclose(coordinates(world, plan), placed, atol=1e-5)
    quality = world.service.all_rows.manifest(plan.id).quality
    assert float(str(quality["trustworthiness"])) > 0.8


def test_numbers_and_categories_are_both_heeded_and_the_cut_is_not(world: World, version: ModelVersion) -> None:
    whole = coordinates(world, projected(world, version, "umap", 2_000))
    parts = coordinates(world, projected(world, version, "umap", 1_000))
    np.testing.assert_array_equal(whole, parts)
    names = np.array(rows(0, ROWS)["class"])
    centres = np.stack([whole[names == name].mean(axis=0) for name in np.unique(names)])
    nearest = np.linalg.norm(whole[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (np.unique(names)[nearest] == names).mean() > 0.9, "categories hold their rows together"


def test_the_encoder_is_a_stage_of_its_own(world: World, version: ModelVersion) -> None:
    first, second = projected(world, version, "pca"), projected(world, version, "umap")
    made = world.made(world.service.plans.steps(first.id)["fit"].id)
    fit = world.service.plans.steps(second.id)["fit"].id
    edges = world.service.store.edges_of((fit,), Direction.UPSTREAM, ("input_to",))
    assert {edge.id.role: edge.id.source for edge in edges}["encoder"] == made["encoder"]
