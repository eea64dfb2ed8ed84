"""What an erasure removes as a precaution may be computed again from rows that are left, and by nobody else."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.errors import Conflict, IntegrityError
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document
from arangovis.domain.runs import RunState
from arangovis.services.blobs import Blobs
from arangovis.services.copying.backups import back_up, restore
from arangovis.services.copying.copying import Place
from arangovis.services.datasets import production_id
from arangovis.services.erased import ERASED
from arangovis.services.erasing.erasures import ErasureWanted
from arangovis.services.erasing.ledger import LEDGER_FILE, read_file
from arangovis.services.erasing.restoring import erase_again
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.verification import check_store
from arangovis.stores.transaction import Transaction
from arangovis.tabular import Rows
from arangovis.tabular.bundle import from_bytes
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.erasing import test_erasing
from tests.api.erasing.test_erasing import ADA, PERSON, WANTED, Stop, erasures, made, personal, project
from tests.api.erasing.traces import traces
from tests.backends import build_service, settings_of

version = test_erasing.version
STREAM_IDS = personal("row")[1:]


def plotted(service: Arangovis, version: ModelVersion) -> dict[str, bytes]:
    """Project with a sample that takes all training rows; return the bytes of each stage."""
    params: Document = {"n_components": 2, "n_neighbours": 10, "min_dist": 0.1, "metric": "euclidean"}
    sizes: Document = {"production_data_sample_size": 40, "training_data_sample_size": 1_000}
    body: Document = {"parameters": params, "visualization_metrics": [], **sizes}
    service.projections.set_params(version, "umap", body, ADA)
    run = service.projections.plottable(version, "umap", ADA)
    drain(worker_context(service))
    edges = service.store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",))
    files = (service.store.get(edge.id.target).attributes for edge in edges if edge.id.target.kind == "artifact")
    return {str(facts["role"]): service.blobs.read(str(facts["digest"])) for facts in files if facts.get("stage_key")}


def erased_from_production(service: Arangovis, version: ModelVersion) -> dict[str, bytes]:
    """Project, and erase the person from production alone; return the bytes that stages had, which are gone."""
    before = plotted(service, version)
    erasures(service).erase(ErasureWanted("subject", PERSON, (production_id(version),)), ADA)
    assert not any(service.blobs.exists(sha256(data).hexdigest()) for data in before.values())
    return before


def computed_again(service: Arangovis, version: ModelVersion, *, refit: bool = True) -> NodeId:
    again = service.projections.recompute(version, "umap", ADA, refit=refit)
    drain(worker_context(service))
    assert service.runs.get(again.id).state is RunState.SUCCESS, service.runs.get(again.id).message
    return again.id


def vectors_kept(service: Arangovis) -> set[bytes]:
    """Return every vector of the length of a digit that files of arrays keep."""
    found: set[bytes] = set()
    for blob in service.artifacts.blobs():
        with suppress(IntegrityError):
            arrays = from_bytes(service.artifacts.read(blob.digest)).arrays.values()
            wide = (array for array in arrays if array.ndim == 2 and array.shape[1] == 64)
            found |= {row.tobytes() for array in wide for row in array.astype(np.float32)}
    return found


def vectors_of(rows: Rows) -> list[bytes]:
    embedding = rows.embedding
    assert embedding is not None
    return [row.tobytes() for row in embedding]


@pytest.mark.parametrize("refit", [False, True])
def test_what_is_learnt_again_of_rows_that_are_left_may_have_the_same_bytes(
    service: Arangovis, version: ModelVersion, refit: bool
) -> None:
    before = erased_from_production(service, version)
    again = computed_again(service, version, refit=refit)
    made_again = made(service, again, "fit_neighbours")
    assert service.blobs.read(str(made_again.attributes["digest"])) == before["fit_neighbours"]
    seen = service.lineage.node(made_again.id, at=service.store.now())
    assert "erased" not in seen.attributes.get("facts", {}), "it is there, as it was"  # type: ignore[operator]
    assert traces(service, STREAM_IDS) == []
    kept = vectors_kept(service)
    assert kept.issuperset(vectors_of(test_erasing.digits(100, 160, "known"))), "the fit has its training rows"
    assert kept.isdisjoint(vectors_of(test_erasing.digits(0, 90, "row"))[3::10])
    assert check_store(service.store, service.artifacts) == []
    assert [done.rows for done in erasures(service).replay((), ADA)] == [0]
    assert service.blobs.exists(str(made_again.attributes["digest"])), "erasing again finds nothing in it"
    assert check_store(service.store, service.artifacts) == []


def test_nobody_but_a_run_brings_back_what_went_as_a_precaution(service: Arangovis, version: ModelVersion) -> None:
    before = erased_from_production(service, version)
    for _ in ("erased", "made again"):
        with pytest.raises(Conflict, match="erased"):
            service.frames.upload(BytesIO(before["fit_neighbours"]), "learnt.npz", ADA)
        with pytest.raises(Conflict, match="erased"):
            service.blobs.save(before["fit_neighbours"], ADA)
        computed_again(service, version)
        assert service.blobs.exists(sha256(before["fit_neighbours"]).hexdigest())


def test_a_run_that_began_before_the_erasure_brings_nothing_back(service: Arangovis, version: ModelVersion) -> None:
    began = service.store.now()
    before = erased_from_production(service, version)
    with pytest.raises(Conflict, match="erased"):
        service.blobs.save_many([before["fit_neighbours"]], ADA, begun=began)
    service.blobs.save_many([before["fit_neighbours"]], ADA, begun=service.store.now() + 1)


def test_bytes_that_held_the_rows_are_refused_from_runs_too(service: Arangovis, version: ModelVersion) -> None:
    plan = service.all_rows.request(version, "pca", AllRowsOptions(fit_rows=90, partition_rows=1_000), ADA)
    drain(worker_context(service))
    stage = service.blobs.read(service.all_rows.manifest(plan.id).parts[0].digest)
    plot = service.blobs.read(str(made(service, project(service, version), "plot").attributes["digest"]))
    segment = next(iter(service.store.all_records("segment", production_id(version).key)))
    rows = service.blobs.read(str(segment.data["digest"]))
    erasures(service).erase(WANTED, ADA)
    for held in (stage, plot, rows):
        with pytest.raises(Conflict, match="erased"):
            service.blobs.save_many([held], ADA, begun=service.store.now() + 1)


def test_a_record_without_the_note_is_of_bytes_that_held_the_rows(service: Arangovis, version: ModelVersion) -> None:
    before = erased_from_production(service, version)
    old = [replace(record, data={"became": None}) for record in service.store.all_records(ERASED)]
    for record in old:
        service.store.transact(partial(Transaction.put_record, record=record), ADA)
    with pytest.raises(Conflict, match="erased"):
        service.blobs.save_many([before["fit_neighbours"]], ADA, begun=service.store.now() + 1)


def test_what_was_made_again_goes_again_when_its_own_rows_are_erased(service: Arangovis, version: ModelVersion) -> None:
    before = erased_from_production(service, version)
    computed_again(service, version)
    erasures(service).erase(WANTED, ADA)
    digest = sha256(before["fit_neighbours"]).hexdigest()
    assert not service.blobs.exists(digest)
    assert traces(service, personal("row", "known")) == []
    assert check_store(service.store, service.artifacts) == []


def test_what_is_made_again_while_an_erasure_is_stopped_stays(
    service: Arangovis, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> int:
        raise Stop

    before = plotted(service, version)
    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "erase", stopped)
        with suppress(Stop):
            erasures(service).erase(ErasureWanted("subject", PERSON, (production_id(version),)), ADA)
    computed_again(service, version)
    erasures(service).resume(ADA)
    digest = sha256(before["fit_neighbours"]).hexdigest()
    (entry,) = erasures(service).ledger()
    assert service.blobs.erase([digest], ADA, entry.key) == 0, "it is the run's now"
    assert service.blobs.read(digest) == before["fit_neighbours"]
    assert not service.blobs.exists(sha256(before["coordinates"]).hexdigest())
    assert traces(service, STREAM_IDS) == []
    assert check_store(service.store, service.artifacts) == []


def test_a_backup_from_before_loses_it_all_again(service: Arangovis, version: ModelVersion, tmp_path: Path) -> None:
    before = plotted(service, version)
    back_up(Place(service.store, service.artifacts), tmp_path / "backup")
    erasures(service).erase(ErasureWanted("subject", PERSON, (production_id(version),)), ADA)
    computed_again(service, version)
    other = build_service(settings_of(tmp_path / "other"))
    try:
        place = Place(other.store, other.artifacts)
        restore(tmp_path / "backup", place)
        assert traces(other, STREAM_IDS)
        assert erase_again(place, read_file(service.settings.home / LEDGER_FILE)) == 1
        assert not any(other.blobs.exists(sha256(data).hexdigest()) for data in before.values())
        assert traces(other, STREAM_IDS) == []
        computed_again(other, version)
        assert check_store(other.store, other.artifacts) == []
    finally:
        other.close()
