"""All routes. What has none is not simulated, and says so."""

import logging

import falcon

from tests.arango_simulator.errors import ArangoError, error, not_implemented
from tests.arango_simulator.server import Options, Server
from tests.arango_simulator.web import collections, cursors, databases, documents, graphs, simulator, transactions
from tests.arango_simulator.web.connections import Connections
from tests.arango_simulator.web.context import send
from tests.arango_simulator.web.gate import Application, Gate

_log = logging.getLogger("tests.arango_simulator")

App = falcon.App[falcon.Request, falcon.Response]


def create_app(options: Options) -> Application:
    """Return the whole server as a WSGI application."""
    server, connections = Server(options), Connections()
    app = falcon.App()
    app.add_error_handler(Exception, _fail)
    app.add_error_handler(ArangoError, _refuse)
    app.add_error_handler(falcon.HTTPMethodNotAllowed, _not_simulated)
    app.add_sink(_sink, prefix="/")
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.keep_blank_qs_values = True
    _add_data(app)
    _add_queries(app)
    _add_graphs(app)
    _add_server(app, server)
    _add_simulator(app, simulator.Simulator(server, connections))
    return Gate(server, connections, app)


def _add_data(app: App) -> None:
    app.add_route("/_api/document/{collection}", documents.CollectionDocuments())
    app.add_route("/_api/document/{collection}/{key}", documents.SingleDocument())
    app.add_route("/_api/edges/{collection}", documents.Edges())
    app.add_route("/_api/collection", collections.Collections())
    app.add_route("/_api/collection/{name}", collections.OneCollection())
    app.add_route("/_api/collection/{name}/{part}", collections.OneCollection(), suffix="part")
    app.add_route("/_api/index", collections.Indexes())
    app.add_route("/_api/index/{name}/{index_id}", collections.OneIndex())


def _add_queries(app: App) -> None:
    app.add_route("/_api/cursor", cursors.NewCursor())
    app.add_route("/_api/cursor/{cursor_id}", cursors.OpenCursor())
    app.add_route("/_api/cursor/{cursor_id}/{batch}", cursors.OpenCursor())
    app.add_route("/_api/query", cursors.Queries())
    app.add_route("/_api/query/current", cursors.Queries(), suffix="current")
    app.add_route("/_api/query/{query_id}", cursors.Queries(), suffix="one")
    app.add_route("/_api/transaction", transactions.Transactions())
    app.add_route("/_api/transaction/begin", transactions.Transactions(), suffix="begin")
    app.add_route("/_api/transaction/{number}", transactions.OneTransaction())


def _add_graphs(app: App) -> None:
    app.add_route("/_api/gharial", graphs.Graphs())
    app.add_route("/_api/gharial/{name}", graphs.OneGraph())
    for kind, many, one in (
        ("vertex", graphs.VertexCollections(), graphs.Vertices()),
        ("edge", graphs.EdgeCollections(), graphs.Edges()),
    ):
        app.add_route(f"/_api/gharial/{{name}}/{kind}", many)
        app.add_route(f"/_api/gharial/{{name}}/{kind}/{{collection}}", many, suffix="one")
        app.add_route(f"/_api/gharial/{{name}}/{kind}/{{collection}}/{{key}}", one)


def _add_server(app: App, server: Server) -> None:
    app.add_route("/_open/auth", databases.Authentication(server))
    every = databases.Databases(server)
    app.add_route("/_api/database", every)
    app.add_route("/_api/database/user", every, suffix="user")
    app.add_route("/_api/database/current", every, suffix="current")
    app.add_route("/_api/database/{name}", every, suffix="one")
    permissions = databases.Permissions(server)
    app.add_route("/_api/user", databases.Users(server))
    app.add_route("/_api/user/{name}", databases.OneUser(server))
    app.add_route("/_api/user/{name}/database", permissions, suffix="all")
    app.add_route("/_api/user/{name}/database/{database}", permissions)
    app.add_route("/_api/user/{name}/database/{database}/{collection}", permissions)
    facts = databases.Facts(server)
    app.add_route("/_api/version", facts, suffix="version")
    app.add_route("/_api/engine", facts, suffix="engine")
    app.add_route("/_admin/time", facts, suffix="time")
    app.add_route("/_admin/server/role", facts, suffix="role")
    app.add_route("/_admin/server/mode", facts, suffix="mode")
    app.add_route("/_admin/server/availability", facts, suffix="availability")


def _add_simulator(app: App, resource: simulator.Simulator) -> None:
    app.add_route("/_simulator/requests", resource, suffix="requests")
    app.add_route("/_simulator/faults", resource, suffix="faults")
    app.add_route("/_simulator/clock", resource, suffix="clock")
    app.add_route("/_simulator/copies", resource, suffix="copies")
    app.add_route("/_simulator/restart", resource, suffix="restart")
    app.add_route("/_simulator/{action}", resource)


def _refuse(_request: object, response: falcon.Response, refusal: ArangoError, _parameters: object) -> None:
    if refusal.status == 412:
        response.set_header("ETag", f'"{refusal.extra["_rev"]}"')
    send(response, refusal.status, refusal.body())


def _fail(request: falcon.Request, response: falcon.Response, fault: Exception, _parameters: object) -> None:
    """A fault of the simulator itself: it must be seen, and must not look like one of ArangoDB's answers."""
    _log.error("%s %s", request.method, request.path, exc_info=fault)
    refusal = error(4, "the simulator failed")
    send(response, refusal.status, refusal.body())


def _not_simulated(request: falcon.Request, response: falcon.Response, _error: object, _parameters: object) -> None:
    refusal = not_implemented(f"{request.method} {request.path}")
    send(response, refusal.status, refusal.body())


def _sink(req: falcon.Request, resp: falcon.Response, **_parameters: object) -> None:
    raise not_implemented(f"{req.method} {req.path}")
