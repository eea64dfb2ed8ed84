"""`arangovis series log`: rows of a file or a pipe as a run, while they come."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from arangovis.cli.options import print_json, target_options
from arangovis.cli.row_lines import LINE_LENGTH_MAX, Format, Line, RowLines
from arangovis.domain.errors import ArangovisError, InvalidContent, InvalidInput, NotFound
from arangovis.domain.series import FieldKind

if TYPE_CHECKING:
    from arangovis.client import Client
    from arangovis.client.active_run import ActiveRun

FLUSH_EVERY_S = 1.0
_FORMATS = [str(form) for form in Format]
_SUFFIXES = {".csv": Format.CSV, ".json": Format.JSON, ".jsonl": Format.JSON, ".ndjson": Format.JSON}


@click.command("log")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), default="-")
@click.option("--project", default=None, help="The run's project, which is made if it is not there.")
@click.option("--series", default=None, help="A named series; the rows must have exactly its fields.")
@click.option("--run", default=None, help="Log to this run, behind what is in it; a new one if left out.")
@click.option("--name", default=None, help="The name of the run.")
@click.option("--tag", "tags", multiple=True, help="A tag of the run; may be repeated.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default=None, help="By default as the file's name says.")
@click.option("--kind", "kinds", multiple=True, help="The kind of a field, such as loss=float; may be repeated.")
@click.option("--skip-bad", is_flag=True, help="Report lines that cannot be taken, and go on.")
@click.option("--offline", is_flag=True, help="Only write to disk; `arangovis sync` sends it.")
@target_options
def log(
    file: str, project: str | None, series: str | None, run: str | None, name: str | None, tags: tuple[str, ...],
    form: str | None, kinds: tuple[str, ...], skip_bad: bool, offline: bool,
    home: str | None, url: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Log the rows of FILE, or of standard input, to a run: CSV with a header, or a JSON object a line.

    Lines are taken as they come, and sent every second.
    """
    import arangovis as av

    given, read_as = _kinds(kinds), _format(file, form)
    with _opened(file) as lines, _service(home, url, offline=offline) as place:
        known = {**_fields_of(place.get("client"), project), **given}
        declared = {field: str(kind) for field, kind in known.items()}
        facts: dict[str, Any] = {"run": run, "name": name, "tags": tags, "kinds": declared}
        with av.run(project, strict=True, flush_every_s=FLUSH_EVERY_S, **facts, **place) as active:
            click.echo(str(active.id), err=True)
            rows, bad = _log_all(active, series, RowLines(read_as, known).read(lines), skip_bad=skip_bad)
        waiting = active.connection.outbox.status.waiting_requests
    _say(active, rows, bad, waiting, as_json=as_json)
    if bad or (waiting and not offline):
        raise SystemExit(1)


def _log_all(run: "ActiveRun", series: str | None, lines: Iterator[Line], *, skip_bad: bool) -> tuple[int, int]:
    """Log rows; return how many, and how many lines could not be taken."""
    rows = bad = 0
    for line in lines:
        try:
            rows += _log_line(run, series, line)
        except InvalidContent as error:
            if not skip_bad:
                raise
            bad += 1
            click.echo(f"arangovis: {'; '.join(error.detail.splitlines())}", err=True)
    return rows, bad


def _log_line(run: "ActiveRun", series: str | None, line: Line) -> int:
    if line.faults:
        raise line.wrong(line.faults)
    try:
        if series is not None:
            return run.logger.write_columns(series, line.values)
        run.log(line.values)
    except InvalidInput as error:
        raise line.wrong(error.faults) from error
    return 1


def _say(run: "ActiveRun", rows: int, bad: int, waiting: int, *, as_json: bool) -> None:
    if as_json:
        print_json({"run": str(run.id), "rows": rows, "bad_lines": bad, "waiting_requests": waiting})
        return
    click.echo(f"{rows} rows logged to {run.id}" + (f", {bad} lines left out" if bad else ""))
    if waiting:
        click.echo(f"{waiting} requests wait on disk; `arangovis sync` sends them")


def _kinds(pairs: Sequence[str]) -> dict[str, FieldKind]:
    found = {}
    for text in pairs:
        name, equals, kind = text.rpartition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not of the form field=kind", param_hint="--kind")
        try:
            found[name] = FieldKind.of(kind)
        except InvalidInput as error:
            raise click.BadParameter(error.detail, param_hint="--kind") from error
    return found


@contextmanager
def _service(home: str | None, url: str | None, *, offline: bool) -> Iterator[dict[str, Any]]:
    """Give the options of a run that say where it is logged to."""
    from arangovis.client import connect
    from arangovis.client.connection import server_url

    address = server_url(url, home)
    if offline:
        yield {"url": address, "home": home, "offline": True}
        return
    with connect(address, home=home) as client:
        yield {"client": client}


def _fields_of(client: "Client | None", project: str | None) -> Mapping[str, FieldKind]:
    """Return the fields of a project by name; none if nobody can say."""
    if client is None or project is None:
        return {}
    try:
        return {field.name: field.kind for field in client.fields(project)}
    except NotFound:
        return {}
    except ArangovisError as error:
        click.echo(f"arangovis: {error.detail}; kinds of fields are taken from the rows", err=True)
        return {}


def _format(file: str, form: str | None) -> Format:
    if form is not None:
        return Format(form)
    found = _SUFFIXES.get(Path(file).suffix.lower())
    if found is None:
        raise click.UsageError("give --format csv or --format json; the file's name does not say it")
    return found


@contextmanager
def _opened(file: str) -> Iterator[Iterator[str]]:
    """Give the lines of a file or of standard input; what is no UTF-8 is an error."""
    with ExitStack() as stack:
        if file == "-":
            stream: TextIO = sys.stdin
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict", newline="")  # type: ignore[union-attr]
        else:
            stream = stack.enter_context(Path(file).open(encoding="utf-8-sig", newline=""))
        try:
            yield iter(partial(stream.readline, LINE_LENGTH_MAX + 1), "")
        except UnicodeDecodeError as error:
            raise InvalidContent("the rows are not UTF-8") from error
