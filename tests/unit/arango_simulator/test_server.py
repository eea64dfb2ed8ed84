"""Databases, users, permissions and tokens (pages "Databases", "Users", "HTTP authentication")."""

from collections.abc import Iterator

import jwt
import pytest
import requests
from arango import ArangoClient
from arango.database import StandardDatabase
from arango.exceptions import (
    ArangoServerError,
    DatabaseCreateError,
    DatabaseDeleteError,
    DocumentGetError,
    DocumentInsertError,
    JWTAuthError,
    ServerConnectionError,
    UserCreateError,
    UserGetError,
)

from tests.arango_simulator.process import Simulator, running_simulator


@pytest.fixture
def own() -> Iterator[Simulator]:
    """A simulator for the test alone: tokens and users belong to the whole server."""
    with running_simulator(root_password="geheim", token_lifetime=100) as simulator:
        yield simulator


def number_of(error: pytest.ExceptionInfo[ArangoServerError]) -> tuple[int, int]:
    return int(error.value.http_code), int(error.value.error_code)


def test_databases(client: ArangoClient, system: StandardDatabase, simulator: Simulator) -> None:
    assert system.create_database("first")
    assert {"_system", "first"} <= set(system.databases())
    with pytest.raises(DatabaseCreateError) as taken:
        system.create_database("first")
    assert number_of(taken) == (409, 1207)
    first = client.db("first", "root", simulator.root_password)
    assert first.properties()["name"] == "first"
    first.create_collection("docs")
    assert not system.has_collection("docs")
    with pytest.raises(DatabaseCreateError) as elsewhere:
        first.create_database("second")
    assert number_of(elsewhere) == (403, 1230)
    assert system.delete_database("first")
    with pytest.raises(DatabaseDeleteError) as gone:
        system.delete_database("first")
    assert number_of(gone) == (404, 1228)
    with pytest.raises(DocumentGetError) as unknown:
        first.collection("docs").get("a")
    assert number_of(unknown) == (404, 1228)


@pytest.mark.parametrize("name", ["", "1a", "a/b", " a", "a" * 129, "_own", 7])
def test_bad_database_names(simulator: Simulator, name: object) -> None:
    url, auth = f"{simulator.url}/_api/database", ("root", simulator.root_password)
    answer = requests.post(url, json={"name": name}, auth=auth, timeout=10)
    assert (answer.status_code, answer.json()["errorNum"]) == (400, 1229)


def test_a_database_with_a_name_of_many_letters(simulator: Simulator) -> None:
    client = ArangoClient(hosts=simulator.url)
    system = client.db("_system", "root", simulator.root_password)
    assert system.create_database("maße")
    assert client.db("maße", "root", simulator.root_password).create_collection("docs").count() == 0
    assert system.delete_database("maße")
    client.close()


def test_facts_of_the_server(system: StandardDatabase) -> None:
    assert system.version().startswith("3.12.")
    assert system.engine()["name"] == "rocksdb"
    assert system.role() == "SINGLE"
    assert system.time().year >= 2024


def test_wrong_credentials(simulator: Simulator) -> None:
    client = ArangoClient(hosts=simulator.url)
    with pytest.raises(ServerConnectionError):
        client.db("_system", "root", "wrong", verify=True)
    with pytest.raises(DocumentGetError) as error:
        client.db("_system", "nobody", "x").collection("docs").get("a")
    assert number_of(error) == (401, 11)
    with pytest.raises(JWTAuthError) as login:
        client.db("_system", "root", "wrong", auth_method="jwt")
    assert login.value.http_code == 401
    bare = requests.get(f"{simulator.url}/_api/version", timeout=10)
    assert bare.status_code == 401
    assert "WWW-Authenticate" in bare.headers
    half = requests.post(f"{simulator.url}/_open/auth", json={"username": "root"}, timeout=10)
    assert half.status_code == 400
    client.close()


def test_tokens(own: Simulator) -> None:
    answer = requests.post(f"{own.url}/_open/auth", json={"username": "root", "password": "geheim"}, timeout=10)
    token = answer.json()["jwt"]
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["preferred_username"], claims["exp"] - claims["iat"]) == ("arangodb", "root", 100)
    headers = {"Authorization": f"bearer {token}"}
    assert requests.get(f"{own.url}/_api/version", headers=headers, timeout=10).status_code == 200
    forged = {"Authorization": f"bearer {token[:-2]}AA"}
    assert requests.get(f"{own.url}/_api/version", headers=forged, timeout=10).status_code == 401
    own.advance(101)
    expired = requests.get(f"{own.url}/_api/version", headers=headers, timeout=10)
    assert (expired.status_code, expired.json()["errorNum"]) == (401, 11)


def test_a_refused_token_is_fetched_again(own: Simulator) -> None:
    client = ArangoClient(hosts=own.url)
    database = client.db("_system", "root", "geheim", auth_method="jwt")
    database.create_collection("docs").insert({"_key": "a"})
    own.expire_tokens()
    own.reset_requests()
    assert database.collection("docs").get("a") is not None
    assert own.requests()["POST", "/_open/auth"] == 1
    client.close()


def test_users(own: Simulator) -> None:
    client = ArangoClient(hosts=own.url)
    system = client.db("_system", "root", "geheim")
    system.create_user("ada", "pw", active=True, extra={"team": "x"})
    with pytest.raises(UserCreateError) as taken:
        system.create_user("ada", "pw")
    assert number_of(taken) == (409, 1702)
    assert system.user("ada") == {"username": "ada", "active": True, "extra": {"team": "x"}}
    assert [user["username"] for user in system.users()] == ["root", "ada"]
    system.update_user("ada", active=False)
    with pytest.raises(ServerConnectionError):
        client.db("_system", "ada", "pw", verify=True)
    system.replace_user("ada", "other", active=True)
    assert system.user("ada")["extra"] == {}
    assert system.delete_user("ada")
    with pytest.raises(UserGetError) as gone:
        system.user("ada")
    assert number_of(gone) == (404, 1703)
    client.close()


def test_permissions(own: Simulator) -> None:
    client = ArangoClient(hosts=own.url)
    system = client.db("_system", "root", "geheim")
    system.create_database("lab", users=[{"username": "ada", "password": "pw", "active": True}])
    ada = client.db("lab", "ada", "pw")
    ada.create_collection("docs").insert({"_key": "a"})  # who comes with a database may write there
    assert system.permission("ada", "lab") == "rw"
    assert ada.databases_accessible_to_user() == ["lab"]
    system.update_permission("ada", "ro", "lab")
    assert ada.collection("docs").has("a")
    with pytest.raises(DocumentInsertError) as read_only:
        ada.collection("docs").insert({})
    assert number_of(read_only) == (403, 1004)
    with pytest.raises(ArangoServerError) as forbidden:
        ada.create_collection("more")
    assert number_of(forbidden) == (403, 11)
    system.update_permission("ada", "rw", "lab", "docs")
    assert ada.collection("docs").insert({"_key": "b"})
    assert system.permission("ada", "lab", "docs") == "rw"
    system.update_permission("ada", "none", "lab")
    with pytest.raises(DocumentGetError) as outside:
        ada.collection("docs").get("a")
    assert number_of(outside) == (401, 11)
    system.reset_permission("ada", "lab", "docs")
    assert system.permission("ada", "lab", "docs") == "none"
    client.close()
