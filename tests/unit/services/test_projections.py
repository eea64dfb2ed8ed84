"""Asking for projections while somebody else changes what is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.errors import Conflict, InvalidInput
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.projections.registry import names, projector
from arangovis.services.projections.parameters import default_params, read_params
from arangovis.settings import Settings
from arangovis.tabular import read_rows
from arangovis.wiring import Arangovis, build

ADA, BEN = Caller("ada"), Caller("ben")
FIELD = {"name": "embedding", "shape": [1, 3], "dtype": "float32", "profile": "NONE"}
CSV = b"_id,embedding_0,embedding_1,embedding_2\n" + b"".join(b"r%d,%d,%d,1\n" % (i, i, i * i) for i in range(30))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Arangovis]:
    built = build(Settings(home=tmp_path))
    yield built
    built.close()


@pytest.fixture
def version(service: Arangovis) -> ModelVersion:
    catalogue = service.catalogue
    catalogue.register_project("demo", ADA)
    catalogue.register_model("demo", "digits", ADA)
    signature = Signature.of({"inputs": [], "outputs": [FIELD]})
    number = catalogue.register_version("demo", "digits", signature, ADA).number
    found = catalogue.version(number)
    service.datasets.append_production(found, read_rows(CSV, "text/csv"), ADA)
    return found


def components(service: Arangovis, version: ModelVersion, count: int) -> NodeId:
    return service.projections.set_params(version, "pca", {"parameters": {"n_components": count}}, ADA)


def parameters_of(service: Arangovis, run: Run) -> NodeId:
    edges = service.store.edges_of((run.id,), Direction.UPSTREAM, ("input_to",))
    (found,) = [edge.id.source for edge in edges if edge.id.role == "params"]
    return found


def test_parameters_set_in_the_midst_of_a_request_stay_in_force(service: Arangovis, version: ModelVersion) -> None:
    first = components(service, version, 2)
    ask = service.projections._ask(version, "pca", BEN)
    components(service, version, 3)
    run = service.projections._request(ask)
    assert parameters_of(service, run) == first
    assert run.params == {"n_components": 2}
    assert service.projections.params(version, "pca").values == {"n_components": 3}
    assert [revision.current for revision in service.params.history(version, "pca")] == [False, True]


def test_defaults_are_not_recorded_over_parameters_set_meanwhile(service: Arangovis, version: ModelVersion) -> None:
    ask = service.projections._ask(version, "pca", BEN)
    components(service, version, 3)
    with pytest.raises(Conflict, match="ask again"):
        service.projections._request(ask)
    assert service.projections.params(version, "pca").values == {"n_components": 3}
    assert service.projections.plottable(version, "pca", BEN).params == {"n_components": 3}


def test_the_defaults_are_the_first_revision_once_a_run_used_them(service: Arangovis, version: ModelVersion) -> None:
    assert service.params.history(version, "pca") == []
    run = service.projections.plottable(version, "pca", BEN)
    (revision,) = service.params.history(version, "pca")
    assert (revision.actor, revision.runs, revision.node) == ("ben", (run.id,), parameters_of(service, run))


def test_a_refused_request_is_on_record(service: Arangovis, version: ModelVersion) -> None:
    signature = Signature.of({"inputs": [], "outputs": []})
    number = service.catalogue.register_version("demo", "digits", signature, ADA, version="flat").number
    other = service.catalogue.version(number)
    service.datasets.append_production(other, read_rows(b"a\n1\n", "text/csv"), ADA)
    run = service.projections.plottable(other, "pca", BEN)
    assert run.state.value == "NOT_SUPPORTED"
    assert service.runs.get(run.id).message == service.projections.support(other).message
    assert service.runs.claim(("projection.pca",), "worker", lease_us=1) is None


@pytest.mark.parametrize("method", names())
def test_defaults_are_valid(method: str) -> None:
    engine = projector(method)
    assert read_params(engine, {"parameters": dict(engine.parameters.defaults())}) == default_params(engine)


def test_parameters_win_over_their_other_name() -> None:
    body = {"parameters": {"n_components": 3}, "properties": {"n_components": 2}}
    assert read_params(projector("pca"), body).values == {"n_components": 3}


def test_a_missing_wrapper_is_named() -> None:
    with pytest.raises(InvalidInput, match="parameters: is a required property"):
        read_params(projector("pca"), {})
