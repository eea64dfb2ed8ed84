"""Which columns a column was made of, both ways; what nobody recorded is unknown, never everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.anomaly.scoring import ScoringOptions
from arangovis.domain.errors import InvalidInput, NotFound
from arangovis.domain.graph import Caller, Direction, EdgeId
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Search
from arangovis.services.anomaly.scoring import FrameScoring
from arangovis.services.lineage.columns import ColumnLineages, ColumnQuestion, ColumnRef, ColumnTrace
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore
from arangovis.stores.memory import MemoryStore
from arangovis.stores.transaction import Transaction
from arangovis.wiring import Arangovis, build
from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.detecting import Detecting, everything
from tests.api.visualization import World, digits, training_digits

ADA = Caller("ada")
RAW, OTHER, FEATURES, MODEL = (
    NodeId("dataset", "raw"),
    NodeId("dataset", "other"),
    NodeId("featureset", "features"),
    NodeId("model_version", "model"),
)
FIT = NodeId("run", "fit")


def recorded(transaction: Transaction) -> None:
    """Two data sets become a feature set: of one it is recorded how, of the other only for one column."""
    table = {"form": "external", "name": "raw"}
    transaction.create(RAW, None, {**table, "columns": {"price": "number", "tax": "number", "note": "text"}})
    transaction.create(OTHER, None, {**table, "columns": {"day": "text"}})
    features = [{"name": name, "dtype": "float64"} for name in ("total", "weekday", "noise")]
    transaction.create(FEATURES, None, {"name": "features", "features": features})
    total = {"to": "total", "from": ["price", "tax"], "transform": "sum"}
    transaction.link(EdgeId("derived_into", RAW, FEATURES), {"columns": [total]})
    transaction.link(EdgeId("derived_into", OTHER, FEATURES), {"columns": [{"to": "weekday", "from": ["day"]}]})
    transaction.create(FIT, None, {"method": "train", "state": "SUCCESS", "executor": "external"})
    transaction.create(MODEL, None, {"name": "m", "version": "1", "number": 1, "model": "model/m"})
    transaction.link(EdgeId("input_to", FEATURES, FIT, "features"))
    transaction.link(EdgeId("generated", FIT, MODEL, "model"))


@pytest.fixture
def store() -> GraphStore:
    made = MemoryStore()
    made.transact(recorded, ADA)
    return made


def trace(store: GraphStore, node: NodeId, column: str | None = None, **fields: object) -> ColumnTrace:
    lineages = ColumnLineages(store, None, None)  # type: ignore[arg-type]  # no bytes and no detector are asked for
    return lineages.ask(ColumnQuestion(node, column, **fields))  # type: ignore[arg-type]


def pairs(found: ColumnTrace) -> set[tuple[str, str]]:
    return {(link.source.column, link.target.column) for link in found.links}


def test_recorded_columns_are_followed_up_and_down(store: GraphStore) -> None:
    up = trace(store, FEATURES, "total")
    assert pairs(up) == {("price", "total"), ("tax", "total")}
    assert {link.transform for link in up.links} == {"sum"}
    assert (up.unknown, set(up.ends)) == ((), {ColumnRef(RAW, "price"), ColumnRef(RAW, "tax")})
    down = trace(store, RAW, "price", direction=Direction.DOWNSTREAM)
    assert pairs(down) == {("price", "total")}
    assert [(gap.column, gap.other, gap.run) for gap in down.unknown] == [(ColumnRef(FEATURES, "total"), MODEL, FIT)]
    assert "does not say which columns it used" in down.unknown[0].reason


def test_a_column_that_no_record_speaks_of_is_unknown_not_made_of_all(store: GraphStore) -> None:
    found = trace(store, FEATURES, "noise")
    assert found.links == ()
    assert {gap.other for gap in found.unknown} == {RAW, OTHER}
    unused = trace(store, RAW, "note", direction=Direction.DOWNSTREAM)
    assert (unused.links, unused.unknown) == ((), ()), "the record says what was made of the others"


def test_an_edge_that_says_nothing_is_unknown_beside_one_that_does(store: GraphStore) -> None:
    bare = NodeId("dataset", "bare")

    def action(transaction: Transaction) -> None:
        transaction.create(bare, None, {"name": "bare", "form": "external"})
        transaction.link(EdgeId("derived_into", bare, FEATURES))

    store.transact(action, ADA)
    found = trace(store, FEATURES, "weekday")
    assert pairs(found) == {("day", "weekday")}
    assert [gap.other for gap in found.unknown] == [bare]


def test_a_model_of_an_external_run_is_unknown(store: GraphStore) -> None:
    found = trace(store, MODEL, "anything")
    assert [(gap.other, gap.run) for gap in found.unknown] == [(FEATURES, FIT)]


def test_all_columns_budget_and_refusals(store: GraphStore) -> None:
    assert trace(store, FEATURES).columns == ("total", "weekday", "noise")
    assert trace(store, FEATURES, links_max=1).partial_reasons == ("limit",)
    with pytest.raises(NotFound, match="has no column 'colour'"):
        trace(store, FEATURES, "colour")
    with pytest.raises(NotFound):
        trace(store, NodeId("dataset", "none"))
    for wrong in ({"direction": Direction.BOTH}, {"links_max": 0}, {"column": ""}):
        with pytest.raises(InvalidInput):
            trace(store, FEATURES, **wrong)  # type: ignore[arg-type]


def test_the_past(store: GraphStore) -> None:
    then = store.get(FEATURES).version.valid_from
    store.transact(lambda t: t.unlink(EdgeId("derived_into", RAW, FEATURES)), ADA)
    assert pairs(trace(store, FEATURES, "total", at=then)) == {("price", "total"), ("tax", "total")}
    assert pairs(trace(store, FEATURES, "total")) == set()


# --- what our own methods do ------------------------------------------------------------------------------------------


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Arangovis]:
    built = build(Settings(home=tmp_path))
    yield built
    built.close()


def ask(service: Arangovis, node: NodeId, column: str | None = None, **fields: object) -> ColumnTrace:
    return service.stewardship.columns.ask(ColumnQuestion(node, column, **fields))  # type: ignore[arg-type]


def test_the_axes_of_a_plot_are_made_of_embeddings_and_its_colours_taken_over(service: Arangovis) -> None:
    world = World(service, ContractClient(create_app(service)))
    number = world.model(production=digits(0, 40), training=training_digits(100, 140), metric=True)
    run = service.projections.plottable(world.version(number), "pca", ADA)
    world.work()
    made = service.store.search(Search("artifact", limit=1000)).items
    plot = next(node.id for node in made if node.attributes["role"] == "plot")
    x = ask(service, plot, "x")
    production, training = (NodeId.parse(str(service.runs.get(run.id).options[r])) for r in ("production", "training"))
    assert {link.source for link in x.links if link.target.node == plot} == {
        ColumnRef(production, "embedding"),
        ColumnRef(training, "embedding"),
    }
    streams = {service.store.get(node).attributes["source"] for node in (production, training)}
    assert {str(ref.node) for ref in x.ends} == streams
    assert {ref.column for ref in x.ends} == {"embedding"}
    colour = ask(service, plot, "anomaly")
    assert next((link.source, link.known_by) for link in colour.links) == (
        ColumnRef(production, "anomaly"),
        "projection",
    )
    stream = next(ref.node for ref in colour.ends)
    down = ask(service, stream, "class", direction=Direction.DOWNSTREAM)
    assert ColumnRef(plot, "class") in {link.target for link in down.links}
    assert all(link.target.column == "class" for link in down.links)
    assert down.unknown == ()


def test_the_encoder_of_a_detector_and_its_scores(service: Arangovis) -> None:
    detecting = Detecting(service, ContractClient(create_app(service)))
    frame = NodeId.parse(detecting.frame(everything(80)))
    number = detecting.train(str(frame))
    version = service.catalogue.version(number).id
    up = ask(service, version, "mean radius")
    assert ColumnRef(frame, "mean radius") in {link.source for link in up.links}
    upload = next(ref for ref in up.ends)
    assert (upload.node.kind, upload.column) == ("artifact", "mean radius")
    slots = {link.target.column for link in ask(service, version).links if link.target.node == version}
    assert {"mean radius", "worst area"} <= slots
    down = ask(service, frame, "mean radius", direction=Direction.DOWNSTREAM)
    assert ColumnRef(version, "mean radius") in {link.target for link in down.links}
    assert ColumnRef(version, "worst area") not in {link.target for link in down.links}


def test_scores_are_made_of_what_the_detector_reads(service: Arangovis) -> None:
    detecting = Detecting(service, ContractClient(create_app(service)))
    frame = NodeId.parse(detecting.frame(everything(80)))
    detector = service.detectors.load(detecting.train(str(frame)))
    wanted = FrameScoring(detector, frame, "scores", ScoringOptions(squared_errors=True))
    run, _ = service.scoring.record(wanted, ADA)
    scores = NodeId.parse(detecting.product(str(run.id), "dataset"))
    one = ask(service, scores, "reconstr_mean radius.SE")
    assert {link.source.column for link in one.links if link.target.node == scores} == {"mean radius"}
    score = ask(service, scores, "Reconstruction.MSE")
    read = {link.source.column for link in score.links if link.target.node == scores}
    assert read == {spec.name for spec in detector.model.expansion.columns}
    down = ask(service, frame, "worst area", direction=Direction.DOWNSTREAM)
    made = {link.target.column for link in down.links if link.target.node == scores}
    assert {"reconstr_worst area.SE", "Reconstruction.MSE", "is_anomaly", "status"} == made
