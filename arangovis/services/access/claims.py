"""What somebody may do, by what a provider of identities says of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arangovis.domain.access import Role, Scope
from arangovis.domain.errors import Fault, Forbidden, InvalidInput, NotFound
from arangovis.services.catalogue.names import find_project
from arangovis.settings import Settings
from arangovis.stores.base import GraphStore

ACCOUNT_LENGTH_MAX = 128


@dataclass(frozen=True, slots=True)
class Rule:
    """What one value of the role's claim gives: a role, in projects of these names, or in all."""

    value: str
    role: Role
    projects: tuple[str, ...] | None


def read_rules(text: str) -> tuple[Rule, ...]:
    """Read `value=role` and `value=role:project;project`, separated by commas.

    Raises:
        InvalidInput: it is of another form.

    """
    return tuple(_rule(part.strip()) for part in text.split(",") if part.strip())


def _rule(text: str) -> Rule:
    value, equals, given = text.rpartition("=")
    name, colon, listed = given.partition(":")
    projects = tuple(project.strip() for project in listed.split(";") if project.strip()) if colon else None
    if not equals or not value.strip() or name not in list(Role) or projects == ():
        raise InvalidInput.of(Fault("oidc_roles", f"{text[:80]!r} is not of the form value=role[:project;project]"))
    if name == Role.ADMIN and projects is not None:
        raise InvalidInput.of(Fault("oidc_roles", f"{text[:80]!r}: the role admin is for all projects"))
    return Rule(value.strip(), Role(name), projects)


def account_of(settings: Settings, claims: Mapping[str, Any]) -> str:
    """Return who acts.

    Raises:
        Forbidden: the claim is missing, or an address that nobody checked.

    """
    name = settings.oidc_account_claim
    account = claims.get(name)
    if not isinstance(account, str) or not account.strip() or not account.isprintable():
        raise Forbidden(f"the provider does not say who you are: there is no claim {name!r}")
    if name == "email" and claims.get("email_verified") is False:
        raise Forbidden("the provider did not check your address")
    return account.strip()[:ACCOUNT_LENGTH_MAX]


def scope_of(settings: Settings, claims: Mapping[str, Any], store: GraphStore) -> Scope:
    """Return what they may do: the highest role that a value of theirs gives, in all projects that give it.

    Raises:
        Forbidden: nothing.

    """
    given = claims.get(settings.oidc_role_claim)
    values = {given} if isinstance(given, str) else set(map(str, given)) if isinstance(given, list) else set()
    rules = [rule for rule in read_rules(settings.oidc_roles) if rule.value in values]
    if not rules:
        raise Forbidden("your account has no role here; ask whoever runs this service")
    role = max((rule.role for rule in rules), key=list(Role).index)
    projects = [rule.projects for rule in rules if rule.role is role]
    if any(some is None for some in projects):
        return Scope(role)
    keys = {key for some in projects for name in some or () if (key := _key(store, name)) is not None}
    return Scope(role, frozenset(keys))


def _key(store: GraphStore, name: str) -> str | None:
    try:
        return find_project(store, name).id.key
    except NotFound:  # it is not made yet
        return None
