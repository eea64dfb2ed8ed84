"""Which model version a client of hydro-visualization means: by id or by names, in the body or in the query."""

import re
from collections.abc import Mapping

from arangovis.domain.catalogue import ModelVersion
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import JsonValue
from arangovis.services.catalogue import Catalogue
from arangovis_api.schemas.visualization import VersionKey

_NUMBER = re.compile(r"-?[0-9]{1,18}\Z")
_FIELD = "model_version_id"


def chosen_key(*given: VersionKey) -> VersionKey:
    """Return the key to look up: of several places the first that has one.

    Raises:
        InvalidInput: there is none, or two places name different ids.

    """
    numbered = [key for key in given if key.model_version_id is not None]
    if len({_comparable(key.model_version_id) for key in numbered}) > 1:
        raise InvalidInput.of(Fault(_FIELD, "is one in the body and another in the query"))
    named = [key for key in given if key.model_name is not None and key.model_version is not None]
    if not numbered and not named:
        raise InvalidInput(f"Expected '{_FIELD}' in body.", (Fault(_FIELD, "is required"),))
    return (numbered or named)[0]


def query_key(query: VersionKey, arguments: Mapping[str, object]) -> VersionKey:
    """Return the key of a query; `arguments` are all that it has.

    Raises:
        InvalidInput: it names no model version.

    """
    try:
        return chosen_key(query)
    except InvalidInput as error:
        provided = ", ".join(sorted(arguments)) or "none"
        raise InvalidInput(f"Expected args: '{_FIELD}'. Provided args: {provided[:200]}", error.faults) from error


def check_key(key: VersionKey) -> None:
    """Refuse an id or names of the wrong form.

    Raises:
        InvalidInput: they have another form.

    """
    if key.model_version_id is not None:
        _number(key.model_version_id)
    else:
        _names(key)


def find_version(catalogue: Catalogue, key: VersionKey) -> ModelVersion:
    """Return the model version.

    Raises:
        InvalidInput: the key has the wrong form.
        NotFound: there is none.

    """
    if key.model_version_id is not None:
        return catalogue.version(_number(key.model_version_id))
    return catalogue.version_named(*_names(key))


def _number(given: JsonValue) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and _NUMBER.match(given.strip()):
        return int(given)
    raise InvalidInput.of(Fault(_FIELD, f"Unable to find {_shown(given)}: it is not an integer"))


def _names(key: VersionKey) -> tuple[str, str]:
    name, version = key.model_name, key.model_version
    if not isinstance(name, str):
        raise InvalidInput.of(Fault("model_name", f"{_shown(name)} is not text"))
    if isinstance(version, bool) or not isinstance(version, str | int):
        raise InvalidInput.of(Fault("model_version", f"{_shown(version)} is not text"))
    return name, str(version)


def _comparable(given: JsonValue) -> str:
    try:
        return str(_number(given))
    except InvalidInput:
        return repr(given)


def _shown(given: JsonValue) -> str:
    return str(given)[:80]
