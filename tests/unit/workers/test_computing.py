"""What a compute process loads, and that it computes every method."""

import subprocess
import sys
from contextlib import closing

from arangovis.artifacts.registry import open_artifacts
from arangovis.computing import context_over
from arangovis.services.copying.opening import usable_store
from arangovis.services.methods import PARSE
from arangovis.settings import Settings
from arangovis.wiring import build, worker_context

PROJECTION_ALONE = """
import sys
from arangovis.computing import context_from_environment
context = context_from_environment()
assert context.handlers["projection.umap"] is context.handlers["projection.pca"]
assert context.handlers["projection.fit"] is context.handlers["projection.transform"]
context.store.close()
print(*(name for name in sys.modules if name == "arangovis.wiring" or name.startswith("arangovis.exchange")))
"""


def test_every_method_has_the_handler_that_the_service_has(settings: Settings) -> None:
    with closing(build(settings)) as service, closing(usable_store(settings)) as store:
        wanted = worker_context(service).handlers
        found = context_over(settings, store, open_artifacts(settings.artifacts_url)).handlers
        assert set(found) == set(wanted)
        assert {name: type(found[name]) for name in found} == {name: type(wanted[name]) for name in wanted}
        assert len(found) == len(wanted)
        assert "toy.done" not in found


def test_other_methods_do_not_replace_what_computes_projections(settings: Settings) -> None:
    with closing(usable_store(settings)) as store:
        handlers = context_over(settings, store, open_artifacts(settings.artifacts_url)).handlers
        before = handlers["projection.umap"]
        assert handlers[PARSE] is handlers[PARSE] is not before
        assert handlers["projection.umap"] is before


def test_projections_load_nothing_of_the_rest(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROJECTION_ALONE],
        env=settings.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == []
