"""What is to be captured."""

import os
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput

CAPTURE_VARIABLE = "ARANGOVIS_CAPTURE"
_OFF = frozenset({"0", "off", "no", "false"})


@dataclass(frozen=True, slots=True)
class Capture:
    """What is recorded by itself, each with a switch of its own.

    Args:
        code: the git commit, the branch, and a digest of what is not committed.
        libraries: the versions of Python and of the libraries that are loaded.
        process: host, user, process id and command line, secrets masked.
        exceptions: type and message of what ended the run; never values of variables.
        output: the last 64 kB of what is printed, as a file of the run; off if not asked for.

    """

    code: bool = True
    libraries: bool = True
    process: bool = True
    exceptions: bool = True
    output: bool = False

    @classmethod
    def of(cls, given: "Capture | bool | None") -> "Capture":
        """Return what is meant: True all but the output, False nothing, None what ARANGOVIS_CAPTURE says.

        Raises:
            InvalidInput: it is something else.

        """
        if isinstance(given, Capture):
            return given
        if given is not None and not isinstance(given, bool):
            problem = f"{type(given).__name__} is neither True, False nor a Capture"
            raise InvalidInput.of(Fault("capture", problem))
        is_on = os.environ.get(CAPTURE_VARIABLE, "").strip().lower() not in _OFF if given is None else given
        return cls() if is_on else NOTHING


NOTHING = Capture(code=False, libraries=False, process=False, exceptions=False)
