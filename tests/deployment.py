"""What the tests of the deployment share: the Dockerfile taken apart, the compose file, our command line."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click
import yaml

from arangovis.cli import group

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: Mapping[str, Any] = COMPOSE["services"]
USER = 10001


@dataclass(frozen=True)
class Stage:
    """One stage of the Dockerfile: its instructions as (word, rest), the FROM left out."""

    name: str
    base: str
    instructions: Sequence[tuple[str, str]]

    def of(self, word: str) -> list[str]:
        return [rest for instruction, rest in self.instructions if instruction == word]


def stages_of(text: str) -> list[Stage]:
    without_comments = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = [line for line in re.sub(r"\\\n\s*", "", without_comments).splitlines() if line.strip()]
    stages: list[Stage] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(name, base, []))
        else:
            stages[-1] = Stage(stages[-1].name, stages[-1].base, [*stages[-1].instructions, (word, rest.strip())])
    return stages


STAGES = stages_of(DOCKERFILE)
BY_NAME = {stage.name: stage for stage in STAGES if stage.name}
FINAL = STAGES[-1]


@dataclass(frozen=True)
class Copy:
    """A COPY instruction: from another stage or, with `stage` empty, from the build context."""

    stage: str
    sources: Sequence[str]
    target: str


def copies_of(stage: Stage) -> list[Copy]:
    copies = []
    for rest in stage.of("COPY"):
        words = shlex.split(rest)
        taken = next((word.removeprefix("--from=") for word in words if word.startswith("--from=")), "")
        *sources, target = (word for word in words if not word.startswith("--"))
        copies.append(Copy(taken, sources, target))
    return copies


def is_ignored(path: str) -> bool:
    """Say whether .dockerignore keeps a path out of the build context; the last rule that fits decides."""
    ignored = False
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = Path(path).parts
        anywhere = "**/" in rule and any(fnmatch(part, pattern) for part in parts)
        prefixes = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        if anywhere or any(fnmatch(prefix, pattern) for prefix in prefixes):
            ignored = not rule.startswith("!")
    return ignored


def parse_command(arguments: Sequence[str]) -> None:
    """Let our command line read the arguments of the image, without running them."""
    name, *rest = arguments
    command = group.get_command(click.Context(group), name)
    assert command is not None, name
    command.make_context(name, list(rest)).close()
