"""Reading events: what the standard asks for is asked for, and whatever comes, only InvalidInput is raised."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.errors import InvalidInput
from arangovis.exchange.openlineage.accounts import Account, first_account
from arangovis.exchange.openlineage.events import EventType, moment_of, read_event
from arangovis.exchange.openlineage.meaning import column_sources, dataset_attributes, run_meaning
from tests.unit.exchange.events import NOON_US, PARENT, RUN, dataset, facet, job_event, run_event


def faults(document: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_event(document)
    return {fault.field: fault.problem for fault in caught.value.faults}


def test_a_run_event_is_read() -> None:
    event = read_event(run_event("COMPLETE", inputs=[dataset()], outputs=[]))
    assert (event.type, event.at) == (EventType.COMPLETE, NOON_US)
    assert event.run is not None
    assert event.run.id == RUN
    assert [(said.namespace, said.name) for said in event.inputs] == [("postgres://host:5432", "rides")]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"eventTime": None}, "eventTime", "is missing"),
        ({"eventTime": "yesterday"}, "eventTime", "'yesterday' is not a time in ISO 8601"),
        ({"eventTime": "1969-12-31T23:59:59Z"}, "eventTime", "is not a time"),
        ({"eventTime": 7}, "eventTime", "7 is not a time"),
        ({"eventType": "STOP"}, "eventType", "'STOP' is not one of START, RUNNING, COMPLETE, FAIL, ABORT, OTHER"),
        ({"producer": None}, "producer", "is missing"),
        ({"schemaURL": 1}, "schemaURL", "1 is not a text"),
        ({"run": None}, "run", "is missing"),
        ({"run": {"runId": "17"}}, "run.runId", "'17' is not a UUID"),
        ({"run": {"runId": RUN, "facets": []}}, "run.facets", "a list is not an object of facets"),
        ({"run": {"runId": RUN, "facets": {"x": 1}}}, "run.facets.x", "1 is not an object"),
        ({"job": {"namespace": "", "name": "n"}}, "job.namespace", "'' is not a text of 1 to 2000"),
        ({"job": {"namespace": "n"}}, "job.name", "is missing"),
        ({"inputs": {}}, "inputs", "an object is not a list"),
        ({"inputs": ["rides"]}, "inputs.0", "'rides' is not a data set"),
        ({"outputs": [dataset(), {"namespace": "n"}]}, "outputs.1.name", "is missing"),
        ({"outputs": [{**dataset(), "outputFacets": 5}]}, "outputs.0.outputFacets", "5 is not an object"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], field: str, said: str) -> None:
    found = faults({**run_event(), **change})
    assert said in found[field]
    assert len(found) == 1


def test_a_parent_is_looked_at_too() -> None:
    parent = facet(run={"runId": "x"}, job={"namespace": "n"})
    assert faults(run_event(facets={"parent": parent})).keys() == {
        "run.facets.parent.run.runId",
        "run.facets.parent.job.name",
    }
    own = facet(run={"runId": RUN}, job={"namespace": "n", "name": "j"})
    assert "is the run itself" in faults(run_event(facets={"parent": own}))["run.facets.parent.run.runId"]


def test_an_event_is_of_something() -> None:
    base = {name: value for name, value in run_event().items() if name in ("eventTime", "producer", "schemaURL")}
    assert "a run and a job, a job, or a dataset" in faults(base)["run"]
    assert faults([1]).keys() == {""}


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T13:00:00+01:00",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00.000000999Z",
    ],
)
def test_times_of_all_producers_are_read(text: str) -> None:
    assert moment_of(text) == NOON_US


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
KNOWN_FACETS = (
    *("errorMessage", "executionParameters", "environmentVariables", "processing_engine", "sourceCodeLocation", "tags"),
    *("ownership", "documentation", "schema", "version", "columnLineage", "lifecycleStateChange", "dataSource"),
)
FACETS = st.dictionaries(
    st.sampled_from(KNOWN_FACETS), st.dictionaries(st.text(max_size=5), JSON, max_size=2), max_size=3
)
KNOWN_FIELDS = ("message", "parameters", "version", "name", "fields", "tags", "owners", "key", "value", "inputFields")
NESTED = st.dictionaries(
    st.sampled_from(KNOWN_FACETS), st.dictionaries(st.sampled_from(KNOWN_FIELDS), JSON, max_size=3), max_size=3
)


@given(st.dictionaries(st.sampled_from(("eventTime", "eventType", "run", "job", "dataset", "inputs", "outputs")), JSON))
def test_any_json_is_read_or_refused(change: dict[str, Any]) -> None:
    with suppress(InvalidInput):
        event = read_event({**run_event(), **change})
        assert (event.run is None) == (event.type is None and "run" in change)


@given(FACETS | NESTED, FACETS | NESTED, FACETS | NESTED)
def test_facets_of_any_content_mean_something_or_nothing(run: Any, job: Any, said: Any) -> None:
    event = read_event(run_event(facets=run, job_facets=job, outputs=[dataset(**said)]))
    account = first_account(event)
    assert Account.of(account.document()) == account
    assert run_meaning(account).name == "daily.load"
    assert dataset_attributes(event.outputs[0])["attributes"]
    assert isinstance(column_sources(event.outputs[0]), tuple)


EVENTS = st.lists(
    st.builds(
        lambda kind, minute, facets, name, facts: run_event(
            kind, minute, facets=facets, inputs=[dataset(name, **facts)]
        ),
        st.sampled_from((*EventType, None)),
        st.integers(0, 5),
        st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.just("x"), st.integers(0, 2)), max_size=2),
        st.sampled_from(("one", "two")),
        st.dictionaries(st.sampled_from("cd"), st.dictionaries(st.just("x"), st.integers(0, 2)), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@given(EVENTS, st.randoms())
def test_the_order_of_events_does_not_matter_and_repeats_change_nothing(events: list[Any], random: Any) -> None:
    def told(documents: list[Any]) -> Account:
        first, *rest = [read_event(document) for document in documents]
        account = first_account(first)
        for event in rest:
            account = account.told(event)
        return account

    shuffled = [*events, *events[:2]]
    random.shuffle(shuffled)
    assert told(shuffled) == told(events)


def test_the_parent_is_known_by_its_uuid() -> None:
    parent = facet(run={"runId": PARENT.upper()}, job={"namespace": "airflow", "name": "daily"})
    account = first_account(read_event(run_event(facets={"parent": parent})))
    assert account.parent == (PARENT, "airflow", "daily")


def test_a_job_event_has_no_run() -> None:
    event = read_event(job_event(outputs=[dataset()]))
    assert (event.run, event.type) == (None, None)
