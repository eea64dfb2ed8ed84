"""Tokens and sign-ins in requests."""

from dataclasses import dataclass
from typing import ClassVar

from marshmallow import fields, post_load, validate

from arangovis.domain.access import Role
from arangovis.services.access.tokens import PROJECTS_MAX, TokenWanted
from arangovis_api.schemas.base import LoadedSchema, Moment, Name

SECRET_LENGTH_MAX = 1000


class TokenSchema(LoadedSchema):
    """A token to be made."""

    target: ClassVar[type] = TokenWanted

    name = Name("What it is for.", required=True)
    role = fields.String(
        required=True,
        validate=validate.OneOf([role.value for role in Role]),
        metadata={"description": "What it may do; each role includes the ones before."},
    )
    account = Name("Who acts with it; its name if left out.")
    projects = fields.List(
        fields.String(validate=validate.Length(1, 256)),
        validate=validate.Length(1, PROJECTS_MAX),
        metadata={"description": "Names of the projects that it is for; all if left out."},
    )
    expires = Moment(metadata={"description": "When it ends; never if left out."})

    @post_load
    def _build(self, data: dict[str, object], **_: object) -> object:
        projects = data.pop("projects", None)
        named = None if projects is None else tuple(dict.fromkeys(projects))  # type: ignore[call-overload]
        return TokenWanted(**{**data, "role": Role(str(data["role"])), "projects": named})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class SignInBody:
    """What the page is opened with."""

    token: str


class SignInSchema(LoadedSchema):
    """A bearer token, for a sign-in of the page."""

    target: ClassVar[type] = SignInBody

    token = fields.String(required=True, validate=validate.Length(1, SECRET_LENGTH_MAX), load_only=True)
