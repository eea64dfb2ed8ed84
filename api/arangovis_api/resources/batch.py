"""Many actions in one request."""

from collections.abc import Sequence
from typing import Any

import falcon

from arangovis.services.batch import Action, Answer
from arangovis.wiring import Arangovis
from arangovis_api.encode import send
from arangovis_api.errors import problem_of, request_id_of
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.schemas.answers import BatchAnswer
from arangovis_api.schemas.reading import read_actions
from arangovis_api.schemas.runs import BatchSchema


class Batches:
    """Projects, models, links and runs, many at a time."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Do up to 1,000 actions", body=Body(BatchSchema, read=read_actions), answers={200: BatchAnswer})
    def on_post(self, req: falcon.Request, resp: falcon.Response, *, body: Sequence[Action]) -> None:
        """Answer each action's own status; one that fails leaves the others alone."""
        answers = self._service.batch.run(body, caller_of(req))
        request_id = request_id_of(req)
        send(resp, {"answers": [_answer_document(answer, request_id) for answer in answers]})


def _answer_document(answer: Answer, request_id: str) -> dict[str, Any]:
    if answer.error is not None:
        problem = problem_of(answer.error, request_id)
        return {"status": problem["status"], "error": problem}
    if answer.registered is None:
        raise AssertionError("an action has neither succeeded nor failed")
    return {"status": 201 if answer.registered.created else 200, "node": str(answer.registered.node)}
