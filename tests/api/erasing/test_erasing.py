"""A person's rows erased: on digits that have owners, with projections, all rows, vectors and training data."""

from contextlib import suppress

import numpy as np
import orjson
import pytest
from sklearn.datasets import load_digits

from arangovis.domain.catalogue import ModelVersion, Signature
from arangovis.domain.errors import Conflict, Gone, InvalidInput, NotFound, StoreUnavailable
from arangovis.domain.graph import Caller, Direction, Node
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.runs import RunState
from arangovis.services.datasets import production_id
from arangovis.services.erasing import ledger as ledger_module
from arangovis.services.erasing.erasures import Erasures, ErasureWanted
from arangovis.services.erasing.ledger import BEGUN, LEDGER_FILE, entries, read_file
from arangovis.services.projections.all_rows_plan import AllRowsOptions
from arangovis.services.projections.points import PointsWanted
from arangovis.services.stewardship.audit import Audit
from arangovis.services.verification import check_store
from arangovis.tabular import Rows, read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, from_arrow, to_arrow
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.erasing.traces import traces

ADA = Caller("ada", "request-7")
FIELDS: list[JsonValue] = [
    {"name": "embedding", "shape": [1, 64], "dtype": "float32", "profile": "NONE"},
    {"name": "class", "shape": [], "dtype": "string", "profile": "CATEGORICAL"},
]
OWNERS = [f"owner-{number:02d}@example.org" for number in range(10)]
PERSON = OWNERS[3]
ROWS, TRAINING = 90, 60


class Stop(BaseException):
    """As if the process were killed."""


def digits(start: int, end: int, prefix: str) -> Rows:
    """Return digits; each tenth row is of the same owner."""
    found = load_digits()
    columns = {
        "_id": [f"{prefix}-{number:03d}x" for number in range(start, end)],
        "subject": [OWNERS[number % 10] for number in range(start, end)],
        "class": [str(label) for label in found.target[start:end]],
        "embedding": found.data[start:end].astype(np.float32),
    }
    return read_rows(to_arrow(columns), MEDIA_TYPE)


def personal(*prefixes: str) -> list[str]:
    """Return what names the person: the value, and the ids of the rows."""
    return [PERSON, *(f"{prefix}-{number:03d}x" for prefix in prefixes for number in range(3, 300, 10))]


@pytest.fixture
def version(service: Arangovis) -> ModelVersion:
    catalogue = service.catalogue
    catalogue.register_project("demo", ADA)
    catalogue.register_model("demo", "digits", ADA)
    signature = Signature.of({"inputs": [], "outputs": FIELDS})
    found = catalogue.version(catalogue.register_version("demo", "digits", signature, ADA).number)
    for start in range(0, ROWS, 30):
        service.datasets.append_production(found, digits(start, start + 30, "row"), ADA)
    service.datasets.put_training(found, digits(100, 100 + TRAINING, "known"), ADA)
    sizes = {"production_data_sample_size": 40, "training_data_sample_size": 30, "visualization_metrics": []}
    service.projections.set_params(found, "pca", {"parameters": {"n_components": 2}, **sizes}, ADA)
    return found


def project(service: Arangovis, version: ModelVersion) -> NodeId:
    run = service.projections.plottable(version, "pca", ADA)
    drain(worker_context(service))
    assert service.runs.get(run.id).state is RunState.SUCCESS
    return run.id


def made(service: Arangovis, run: NodeId, role: str) -> Node:
    edges = service.store.edges_of((run,), Direction.DOWNSTREAM, ("generated",))
    return service.store.get(next(edge.id.target for edge in edges if edge.id.role == role))


def result_of(service: Arangovis, run: NodeId) -> dict[str, object]:
    return orjson.loads(service.blobs.read(str(made(service, run, "result").attributes["digest"])))


def erasures(service: Arangovis) -> Erasures:
    return service.operations.erasures


WANTED = ErasureWanted("subject", PERSON)


def test_nothing_of_a_person_is_left_and_the_rest_is_as_it_was(service: Arangovis, version: ModelVersion) -> None:
    run = project(service, version)
    before = result_of(service, run)
    words = personal("row", "known")
    assert traces(service, words)
    planned = erasures(service).plan(WANTED, ADA)
    assert traces(service, words), "a plan changes nothing"
    done = erasures(service).erase(WANTED, ADA)
    assert (planned.rows, planned.datasets) == (done.rows, done.datasets)
    assert done.rows == (ROWS + TRAINING) // 10
    assert traces(service, words) == []
    assert check_store(service.store, service.artifacts) == []
    after = result_of(service, run)
    gone = [place for place, row in enumerate(before["requests_ids"]) if row in words]  # type: ignore[arg-type, var-annotated]
    assert gone, "the sample held some of them"
    kept = [place for place in range(len(before["requests_ids"])) if place not in gone]  # type: ignore[arg-type]
    for name in ("requests_ids", "data"):
        assert after[name] == [before[name][place] for place in kept]  # type: ignore[index]
    ids_before, ids_after = before["requests_ids"], after["requests_ids"]
    for place, old in enumerate(kept):
        near = [ids_before[number] for number in before["top_N"][old] if number not in gone]  # type: ignore[index]
        found = [ids_after[number] for number in after["top_N"][place]]  # type: ignore[index]
        assert found == near[: len(found)]
        assert found
    assert len(after["output_info"]["class"]["data"]) == len(kept)  # type: ignore[index]
    plot = from_arrow(service.blobs.read(str(made(service, run, "plot").attributes["digest"])))
    assert [row for row in plot["id"] if row] == ids_after
    assert len(plot["x"]) == len(ids_after) + len(after["training_data"])  # type: ignore[arg-type]


def test_what_is_computed_next_is_computed_without_the_rows(service: Arangovis, version: ModelVersion) -> None:
    project(service, version)
    erasures(service).erase(WANTED, ADA)
    again = service.projections.recompute(version, "pca", ADA, refit=True)
    assert again is not None
    drain(worker_context(service))
    assert service.runs.get(again.id).state is RunState.SUCCESS, service.runs.get(again.id).message
    assert len(result_of(service, again.id)["requests_ids"]) == 40  # type: ignore[arg-type]
    assert traces(service, personal("row", "known")) == []
    assert check_store(service.store, service.artifacts) == []


def test_a_plot_that_lost_files_is_shown_and_can_be_made_anew(service: Arangovis, version: ModelVersion) -> None:
    run = project(service, version)
    erasures(service).erase(ErasureWanted("subject", PERSON, (production_id(version),)), ADA)
    job = service.projections.job(run)
    assert made(service, run, "coordinates").version.deleted
    assert len(service.plot_points.table(job, PointsWanted(of_set="production")).table) < 40
    with pytest.raises(NotFound, match="erased"):
        service.plot_points.table(job, PointsWanted(neighbours=3))
    assert service.projections.plottable(version, "pca", ADA).id == run
    again = service.projections.recompute(version, "pca", ADA, refit=True)
    drain(worker_context(service))
    assert service.runs.get(again.id).state is RunState.SUCCESS, service.runs.get(again.id).message
    assert len(service.plot_points.table(service.projections.job(again.id), PointsWanted(neighbours=3)).table) == 70


def test_samples_still_say_where_their_rows_are(service: Arangovis, version: ModelVersion) -> None:
    run = project(service, version)
    erasures(service).erase(WANTED, ADA)
    sample = service.datasets.find(NodeId.parse(str(service.runs.get(run).options["production"])))
    assert sample is not None
    columns = from_arrow(service.blobs.read(str(sample.selection)))
    assert service.snapshots.rows(sample).ids == list(columns["id"])


def test_a_projection_of_all_rows_goes_with_the_rows(service: Arangovis, version: ModelVersion) -> None:
    plan = service.all_rows.request(version, "pca", AllRowsOptions(fit_rows=50, partition_rows=1_000), ADA)
    drain(worker_context(service))
    manifest = service.all_rows.manifest(plan.id)
    done = erasures(service).erase(WANTED, ADA)
    assert {part.artifact for part in manifest.parts} <= set(done.erased)
    assert traces(service, personal("row")) == []
    assert check_store(service.store, service.artifacts) == []
    again = service.all_rows.request(version, "pca", AllRowsOptions(fit_rows=50, partition_rows=1_000), ADA)
    drain(worker_context(service))
    assert service.all_rows.manifest(again.id).rows == ROWS - ROWS // 10


def test_the_time_before_answers_without_the_rows_and_says_so(service: Arangovis, version: ModelVersion) -> None:
    run = project(service, version)
    stream, before = production_id(version), service.store.now()
    old = made(service, run, "result")
    erasures(service).erase(WANTED, ADA)
    then = service.lineage.node(stream, at=before)
    assert then.attributes["rows"] == ROWS
    assert then.attributes["extra"]["erased"]["rows"] == ROWS // 10  # type: ignore[index, call-overload]
    ids = orjson.loads(service.blobs.read(str(old.attributes["digest"])))["requests_ids"]
    assert not set(ids) & set(personal("row"))
    assert service.lineage.node(old.id, at=before).attributes["facts"]["erased"] is True  # type: ignore[index, call-overload]


def test_the_audit_names_the_erasure_and_nobody(service: Arangovis, version: ModelVersion) -> None:
    done = erasures(service).erase(WANTED, ADA)
    trail = Audit(service.store).trail(production_id(version))
    (entry,) = [entry for entry in trail.entries if entry.deed == "erased"]
    assert (entry.actor, entry.other) == ("ada", done.runs[0])
    run = service.runs.get(done.runs[0])
    assert PERSON not in orjson.dumps(run.document(), default=dict).decode()
    assert run.metrics["rows"] == done.rows


def test_rows_that_were_erased_do_not_come_back(service: Arangovis, version: ModelVersion) -> None:
    erasures(service).erase(WANTED, ADA)
    with pytest.raises(Conflict, match="erased"):
        service.datasets.append_production(version, digits(0, 30, "row"), ADA)
    with pytest.raises(Conflict, match="erased"):
        service.datasets.put_training(version, digits(100, 100 + TRAINING, "known"), ADA)
    service.datasets.append_production(version, digits(60, 95, "row"), ADA)  # others, among them one of the person
    (again,) = erasures(service).replay((), ADA)
    assert again.rows == 4
    assert traces(service, personal("row")) == []


def test_the_ledger_keeps_a_hash_and_no_name(service: Arangovis, version: ModelVersion) -> None:
    erasures(service).erase(WANTED, ADA)
    ledger = service.settings.home / LEDGER_FILE
    (entry,) = read_file(ledger)
    assert PERSON not in ledger.read_text()
    assert entry.subject.is_named_by(PERSON)
    assert not entry.subject.is_named_by(OWNERS[4])
    (told,) = erasures(service).ledger()
    assert (told.key, told.state, told.column) == (entry.key, "done", "subject")


def test_the_file_names_an_erasure_that_was_stopped_before_it_did(
    service: Arangovis, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = service.settings.home / LEDGER_FILE
    with monkeypatch.context() as patched:
        patched.setattr(ledger_module, "_add", _killed)
        with suppress(Stop):
            erasures(service).erase(WANTED, ADA)
    assert read_file(ledger) == []
    erasures(service).resume(ADA)
    (entry,) = read_file(ledger)
    assert entry.subject.is_named_by(PERSON)
    erasures(service).replay((), ADA)
    assert len(read_file(ledger)) == 1, "each once"


def _killed(*_: object) -> None:
    raise Stop


def test_half_a_line_in_the_file_goes_and_the_others_stay(service: Arangovis, version: ModelVersion) -> None:
    ledger = service.settings.home / LEDGER_FILE
    for owner in OWNERS[:2]:
        erasures(service).erase(ErasureWanted("subject", owner), ADA)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[:-20])  # the disk was full, or the power went
    assert [entry.subject.is_named_by(OWNERS[0]) for entry in read_file(ledger)] == [True]
    erasures(service).erase(ErasureWanted("subject", OWNERS[2]), ADA)
    assert [entry.subject.is_named_by(OWNERS[2]) for entry in read_file(ledger)] == [False, True]
    erasures(service).replay((), ADA)
    assert len(read_file(ledger)) == 3, "the store's own ledger has what the file lost"


def test_a_file_that_cannot_be_written_is_said(service: Arangovis, version: ModelVersion) -> None:
    (service.settings.home / LEDGER_FILE).mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="in the home cannot be written"):
        erasures(service).erase(WANTED, ADA)
    assert [problem.code for problem in check_store(service.store, service.artifacts)] == ["unfinished-erasure"]


def test_rows_that_no_data_set_names_yet_go_too(service: Arangovis, version: ModelVersion) -> None:
    with_person, without = (digits(start, start + 3, "new").to_parquet() for start in (201, 204))
    staged = [service.blobs.save(data, ADA).digest for data in (with_person, without)]
    erasures(service).erase(WANTED, ADA)

    assert traces(service, personal("row", "known", "new")) == []
    assert [service.artifacts.exists(digest) for digest in staged] == [False, True]
    assert check_store(service.store, service.artifacts) == []
    assert service.blobs.save(with_person, ADA).digest == staged[0], "another erasure may have to write them"


def test_only_the_named_data_set_is_touched(service: Arangovis, version: ModelVersion) -> None:
    done = erasures(service).erase(ErasureWanted("subject", PERSON, (production_id(version),)), ADA)
    assert done.rows == ROWS // 10
    training = service.datasets.training(version)
    assert training is not None
    assert training.rows == TRAINING
    assert check_store(service.store, service.artifacts) == []


def test_a_column_or_a_data_set_that_is_not_there_is_named(service: Arangovis, version: ModelVersion) -> None:
    with pytest.raises(InvalidInput, match="no column 'owner'"):
        erasures(service).erase(ErasureWanted("owner", PERSON, (production_id(version),)), ADA)
    with pytest.raises(InvalidInput, match="has no rows that are kept here"):
        erasures(service).plan(ErasureWanted("subject", PERSON, (NodeId("dataset", "0" * 32),)), ADA)
    assert erasures(service).ledger() == []


def test_a_run_that_reads_the_rows_is_cancelled(service: Arangovis, version: ModelVersion) -> None:
    run = service.projections.plottable(version, "pca", ADA)
    claim = service.runs.claim(("projection.pca",), "worker", lease_us=60_000_000)
    assert claim is not None
    done = erasures(service).erase(WANTED, ADA)
    assert done.cancelled == (run.id,)
    assert service.runs.get(run.id).state is RunState.CANCELLED
    with pytest.raises((Conflict, NotFound)):
        service.runs.succeed(claim, _nothing(), ADA)


def _nothing():  # type: ignore[no-untyped-def]
    from arangovis.domain.work import Outcome

    return Outcome()


def test_a_sample_that_was_being_taken_is_not_written(service: Arangovis, version: ModelVersion) -> None:
    stream = service.datasets.production(version)
    assert stream is not None
    frozen = service.snapshots.freeze(stream, size=40, seed=1, generation=0, caller=ADA)
    erasures(service).erase(WANTED, ADA)
    with pytest.raises(Conflict, match="erased from"):
        service.store.transact(lambda tx: service.snapshots.write(tx, frozen), ADA)


@pytest.mark.parametrize("after", range(0, 40, 3))
def test_wherever_it_stops_it_can_be_gone_on_with(
    service: Arangovis, version: ModelVersion, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(service, version)
    left = [after]

    def counted(call):  # type: ignore[no-untyped-def]
        def stopping(*given: object, **named: object) -> object:
            if left[0] == 0:
                raise Stop
            left[0] -= 1
            return call(*given, **named)

        return stopping

    with monkeypatch.context() as patched:
        patched.setattr(service.store, "transact", counted(service.store.transact))
        patched.setattr(service.artifacts, "erase", counted(service.artifacts.erase))
        patched.setattr(service.artifacts, "put", counted(service.artifacts.put))
        with suppress(Stop):
            erasures(service).erase(WANTED, ADA)
    begun = list(entries(service.store, BEGUN))
    if begun:
        problems = check_store(service.store, service.artifacts)
        assert {problem.code for problem in problems} <= {"unfinished-erasure"}
        erasures(service).resume(ADA)
    if erasures(service).ledger():
        assert traces(service, personal("row", "known")) == []
    assert check_store(service.store, service.artifacts) == []


def test_bytes_that_went_as_a_whole_are_gone(service: Arangovis, version: ModelVersion) -> None:
    plan = service.all_rows.request(version, "pca", AllRowsOptions(fit_rows=50, partition_rows=1_000), ADA)
    drain(worker_context(service))
    part = service.all_rows.manifest(plan.id).parts[0]
    erasures(service).erase(WANTED, ADA)
    with pytest.raises(Gone, match="erased"):
        service.blobs.read(part.digest)


def test_what_is_written_all_the_time_is_said(
    service: Arangovis, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arangovis.services.erasing.writing import Moved, Writer

    def moved(*_: object) -> NodeId:
        raise Moved("again")

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", moved)
        with pytest.raises(StoreUnavailable, match="resume"):
            erasures(service).erase(WANTED, ADA)
    assert [problem.code for problem in check_store(service.store, service.artifacts)] == ["unfinished-erasure"]
    (done,) = erasures(service).resume(ADA)
    assert done.rows == (ROWS + TRAINING) // 10
