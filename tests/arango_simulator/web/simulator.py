"""`/_simulator/...`: what a test may ask of the simulator. Nothing of this is ArangoDB's.

* `GET /_simulator/requests`: how often each method and path was asked for; `DELETE` begins to count anew.
* `POST /_simulator/faults` with the fields of `faults.Fault`; `DELETE` forgets the faults still to come.
* `POST /_simulator/restart`: open transactions, cursors, tokens and connections are gone, committed data stays. The
  process is not started again, so this shows what a client sees of a restart, not what a disk survives.
* `POST /_simulator/lose-cursors`, `/_simulator/expire-tokens`, `/_simulator/abort-transactions`.
* `POST /_simulator/copies` with `{"source": database, "target": database}`: the second, if empty, becomes as the first.
* `POST /_simulator/clock` with `{"advance": seconds}`: what depends on time need not be waited for.
"""

import falcon

from tests.arango_simulator.copies import copy
from tests.arango_simulator.errors import error
from tests.arango_simulator.server import Server
from tests.arango_simulator.web.connections import SOCKET, Connections
from tests.arango_simulator.web.context import body_of, send, succeed


class Simulator:
    """The resources for tests."""

    def __init__(self, server: Server, connections: Connections) -> None:
        self._server = server
        self._connections = connections
        self._actions = {
            "lose-cursors": server.lose_cursors,
            "expire-tokens": server.users.forget_tokens,
            "abort-transactions": self._abort_transactions,
        }

    def on_get_requests(self, request: falcon.Request, response: falcon.Response) -> None:
        send(response, 200, self._server.faults.counts())

    def on_delete_requests(self, request: falcon.Request, response: falcon.Response) -> None:
        self._server.faults.reset_counts()
        succeed(response)

    def on_post_faults(self, request: falcon.Request, response: falcon.Response) -> None:
        self._server.faults.add(body_of(request))
        succeed(response, 201)

    def on_delete_faults(self, request: falcon.Request, response: falcon.Response) -> None:
        self._server.faults.clear()
        succeed(response)

    def on_post_clock(self, request: falcon.Request, response: falcon.Response) -> None:
        self._server.clock.advance(float(body_of(request)["advance"]))
        succeed(response)

    def on_post_copies(self, request: falcon.Request, response: falcon.Response) -> None:
        names = body_of(request)
        copy(self._server.database(names["source"]), self._server.database(names["target"]))
        succeed(response, 201)

    def on_post_restart(self, request: falcon.Request, response: falcon.Response) -> None:
        self._server.restart()
        self._connections.cut_all(but=request.env.get(SOCKET))
        succeed(response)

    def on_post(self, request: falcon.Request, response: falcon.Response, action: str) -> None:
        if action not in self._actions:
            raise error(404)
        self._actions[action]()
        succeed(response)

    def _abort_transactions(self) -> None:
        for name in self._server.databases():
            self._server.database(name).streams.abort_all()
