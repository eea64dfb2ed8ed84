"""Stream transactions (page "HTTP interface for Stream Transactions")."""

import falcon

from tests.arango_simulator.errors import not_implemented
from tests.arango_simulator.web.context import body_of, check_readable, check_writable, database_of, send, succeed


class Transactions:
    """`/_api/transaction` and `/_api/transaction/begin`."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        running = [{"id": number, "state": "running"} for number in database_of(request).streams.running()]
        send(response, 200, {"transactions": running})

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        raise not_implemented("JavaScript transactions")

    def on_post_begin(self, request: falcon.Request, response: falcon.Response) -> None:
        body, streams = body_of(request), database_of(request).streams
        declared = body.get("collections")
        names = declared if isinstance(declared, dict) else {}
        check_readable(request, _flat(names.get("read")))
        check_writable(request, [*_flat(names.get("write")), *_flat(names.get("exclusive"))])
        transaction = streams.begin(body)
        succeed(response, 201, result={"id": transaction.id, "status": "running"})


class OneTransaction:
    """`/_api/transaction/<id>`."""

    def on_get(self, request: falcon.Request, response: falcon.Response, number: str) -> None:
        self._answer(request, response, number)

    def on_put(self, request: falcon.Request, response: falcon.Response, number: str) -> None:
        database_of(request).streams.finish(number, "committed")
        self._answer(request, response, number)

    def on_delete(self, request: falcon.Request, response: falcon.Response, number: str) -> None:
        if number == "write":
            database_of(request).streams.abort_all()
            succeed(response)
            return
        database_of(request).streams.finish(number, "aborted")
        self._answer(request, response, number)

    def _answer(self, request: falcon.Request, response: falcon.Response, number: str) -> None:
        status = database_of(request).streams.status(number)
        succeed(response, result={"id": number, "status": status})


def _flat(names: object) -> list[str]:
    return [names] if isinstance(names, str) else names if isinstance(names, list) else []
