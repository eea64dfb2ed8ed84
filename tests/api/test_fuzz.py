"""schemathesis sends what the OpenAPI document allows, and what it does not: nothing may be our fault."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import schemathesis
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from arangovis_api.app import create_app
from tests.api.contract import ContractClient
from tests.api.samples import posted, register_with_data
from tests.backends import build_service, settings_of

SHARE = 4
"""Each operation gets this part of the examples of the Hypothesis profile."""
NATIVE = "/api/v1/"
KNOWN = {"number": 1, "kind": "run", "key": "first", "method": "umap"}
"""What stands in a path so that something is found there."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> schemathesis.BaseSchema:
    """Return the API over a service that has something to find."""
    service = build_service(settings_of(Path(tmp_path_factory.mktemp("fuzz"))))
    app = create_app(service)
    client = ContractClient(app)
    register_with_data(client)
    posted(client, "/api/v1/runs", {"method": "training", "key": "first", "params": {"layers": 2}})
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


def test_nothing_is_our_fault(api: schemathesis.BaseSchema, record_property: Callable[[str, object], None]) -> None:
    record_property("tried", sum(attempt(found.ok()) for found in api.get_all_operations()))


def attempt(operation: schemathesis.schemas.APIOperation) -> int:
    """Send requests that fit the declaration of an operation, and some that do not; return how many."""
    sent = itertools.count()
    modes = st.sampled_from((GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    @given(modes.flatmap(lambda mode: operation.as_strategy(generation_mode=mode)), st.booleans())
    @settings(max_examples=settings().max_examples // SHARE)
    def send(case: schemathesis.Case, something_known: bool) -> None:
        if something_known:
            case.path_parameters = {
                name: KNOWN.get(name, value) for name, value in (case.path_parameters or {}).items()
            }
        checks = [not_a_server_error]
        if case.path.startswith(NATIVE):
            checks += [response_schema_conformance, content_type_conformance]
        case.call_and_validate(checks=checks)
        next(sent)

    send()
    return next(sent)
