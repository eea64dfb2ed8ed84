"""Runs as jobs."""

import falcon

from arangovis.domain.errors import NotFound
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.search import AnyOf, Comparison, Operator, Search
from arangovis.services.methods import FRAME_METHODS
from arangovis.services.runs import run_of
from arangovis.wiring import Arangovis
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.h2o.bodies import MEDIA_TYPES
from arangovis_api.resources.h2o.path import unquoted
from arangovis_api.resources.h2o.shapes import answer, job
from arangovis_api.resources.h2o.tags import ANSWER, TAG

JOBS_SHOWN_MAX = 100
_OURS = AnyOf(tuple(Comparison("method", Operator.EQUAL, method) for method in FRAME_METHODS))
_SCHEMA = ("JobsV3", "Jobs")


class Jobs:
    """Jobs of this sequence."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("List the newest jobs", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer up to a hundred of them."""
        found = self._service.store.search(Search("run", _OURS, limit=JOBS_SHOWN_MAX)).items
        self._answer(req, resp, [run_of(node) for node in found])

    @operation("Watch a job", answers=ANSWER, tag=TAG)
    def on_get_one(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer how far it is."""
        self._answer(req, resp, [self._run(unquoted(name))])

    @operation("Cancel a job", body=Body(media_types=MEDIA_TYPES, optional=True), answers=ANSWER, tag=TAG)
    def on_post_cancel(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Cancel it; one that has ended stays as it is."""
        run = self._run(unquoted(name))
        if run.state.is_open:
            run = self._service.runs.cancel(run.id, caller_of(req))
        self._answer(req, resp, [run])

    def _run(self, name: str) -> Run:
        try:
            run = self._service.runs.get(NodeId.of("run", name.removeprefix("run/")))
        except ValueError as error:
            raise NotFound(f"there is no job {name[:80]!r}") from error
        if run.method not in FRAME_METHODS:
            raise NotFound(f"there is no job {name[:80]!r}")
        return run

    def _answer(self, req: falcon.Request, resp: falcon.Response, runs: list[Run]) -> None:
        service = self._service
        jobs = [job(run, service.runs.lease(run.id), service.h2o_names.name_of_run(run.id)) for run in runs]
        answer(req, resp, _SCHEMA, {"jobs": jobs})
