"""Files into frames: ImportFiles, PostFile, ParseSetup, Parse."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import falcon

from arangovis.domain.access import Role
from arangovis.domain.errors import Fault, InvalidContent, InvalidInput, NotFound
from arangovis.domain.graph import Caller
from arangovis.domain.runs import Run
from arangovis.services.frames.frames import Also, ParseRequest, Upload
from arangovis.tabular.frames.types import ColumnKind, ColumnType, GuessHints, ParseSetup
from arangovis.wiring import Arangovis
from arangovis_api.middleware import caller_of
from arangovis_api.operation import Body, operation
from arangovis_api.resources.h2o.bodies import MEDIA_TYPES, Fields, fields_of
from arangovis_api.resources.h2o.shapes import FRAME_TYPES, SETUP_TYPES, answer, job, key
from arangovis_api.resources.h2o.tags import ANSWER, TAG

BLOCKING_BYTES_MAX = 64 << 20
"""A larger file is parsed by a worker, also where the client asked to wait."""
AT_ONCE_BYTES_MAX = 32 << 20
"""A file up to here is parsed before the answer, which costs less than a worker's turn; its job is done then."""
CHUNK_BYTES = 4 << 20
_NAME_MAX = 256
_MULTIPART = "multipart/form-data"
_ADDRESSES = ("http://", "https://", "s3://")
"""A file there may be another one by now, though its address is the key of what was imported from it before."""
_KINDS = {
    "numeric": ColumnKind.REAL,
    "real": ColumnKind.REAL,
    "int": ColumnKind.INTEGER,
    "enum": ColumnKind.CATEGORICAL,
    "factor": ColumnKind.CATEGORICAL,
    "categorical": ColumnKind.CATEGORICAL,
    "string": ColumnKind.TEXT,
    "time": ColumnKind.TIME,
    "uuid": ColumnKind.UUID,
}
_SETUP_FIELDS = (
    *("source_frames", "parse_type", "separator", "single_quotes", "check_header", "number_columns"),
    *("number_of_columns", "column_names", "columns_names", "column_types", "columns_types", "na_strings"),
    *("column_offset", "column_count", "chunk_size", "total_filtered_column_count", "custom_non_data_line_markers"),
    *("decrypt_tool", "partition_by", "escapechar", "force_col_types", "tz_adjust_to_local", "skipped_columns"),
    *("column_name_filter", "data", "warnings", "destination_frame", "header_lines"),
)
_PARSE_FIELDS = (*_SETUP_FIELDS, "delete_on_done", "blocking", "domains", "job", "rows", "decrypt")
_SEPARATORS_MAX = 127


class ImportFiles:
    """Files below the allowed roots, and files that were uploaded."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Import a file by its path", body=Body(media_types=MEDIA_TYPES, optional=True), answers=ANSWER, tag=TAG)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the key of the file."""
        path = fields_of(req, ("path", "pattern")).needed("path")
        name = self._imported(req, path)
        document = {"path": path, "pattern": None, "files": [path], "destination_frames": [name]}
        answer(req, resp, ("ImportFilesV3", "ImportFiles"), {**document, "fails": [], "dels": []})

    @operation(
        "Import files by their paths", body=Body(media_types=MEDIA_TYPES, optional=True), answers=ANSWER, tag=TAG
    )
    def on_post_multi(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the keys of the files."""
        paths = fields_of(req, ("paths", "pattern")).keys("paths")
        if not paths:
            raise InvalidInput.of(Fault("paths", "is required"))
        names = [self._imported(req, path) for path in paths]
        document = {"paths": list(paths), "pattern": None, "files": list(paths), "destination_frames": names}
        answer(req, resp, ("ImportFilesMultiV3", "ImportFilesMulti"), {**document, "fails": [], "dels": []})

    def _imported(self, req: falcon.Request, path: str) -> str:
        names, caller = self._service.h2o_names, caller_of(req)
        if not path.startswith(_ADDRESSES):
            with suppress(NotFound):
                names.upload(path)
                return path
        name = path if "://" in path else f"nfs:/{path}"
        with self._service.import_roots.open(path) as stream:
            self._service.frames.upload(stream, _short(path), caller, also=names.giving(name))
        return name


class PostFile:
    """Uploads."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Upload a file",
        body=Body(media_types=(_MULTIPART, "application/octet-stream", "text/csv"), optional=True, untyped=True),
        answers=ANSWER,
        tag=TAG,
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer its key."""
        given = req.params.get("destination_frame")
        if not (req.content_type or "").lower().startswith(_MULTIPART):
            return self._stored(req, resp, str(given or f"upload_{req.context.request_id}"), req.bounded_stream)
        for part in req.get_media():
            if part.filename is None:
                given = part.text if part.name == "destination_frame" else given
            else:
                name = given or f"upload_{req.context.request_id}_{part.secure_filename}"
                return self._stored(req, resp, str(name), part.stream)
        raise InvalidInput.of(Fault("body", "has no file"))

    def _stored(self, req: falcon.Request, resp: falcon.Response, name: str, stream: Any) -> None:
        named = self._service.h2o_names.giving(name)
        upload = self._service.frames.upload(stream, _short(name), caller_of(req), also=named)
        answer(req, resp, ("PostFileV3", "PostFile"), {"destination_frame": name, "total_bytes": upload.bytes})


class Setup:
    """How files are best read."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation(
        "Guess how a file is read",
        body=Body(media_types=MEDIA_TYPES, optional=True),
        answers=ANSWER,
        tag=TAG,
        needs=Role.READ,
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer separator, header, names and types of columns, and the first rows."""
        fields = fields_of(req, _SETUP_FIELDS)
        source, upload = one_source(self._service, fields)
        setup = self._service.frames.guess(upload.node, _hints(fields))
        given = fields.keys("column_types", "columns_types"), fields.keys("column_names", "columns_names")
        setup = _changed(setup, *given, fields.lists("na_strings"))
        document = _setup_document(setup, source)
        answer(req, resp, ("ParseSetupV3", "ParseSetup"), document)


class Parse:
    """Parsing."""

    def __init__(self, service: Arangovis) -> None:
        self._service = service

    @operation("Parse a file into a frame", body=Body(media_types=MEDIA_TYPES, optional=True), answers=ANSWER, tag=TAG)
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the job; with `blocking`, or if the file is small, it is done already.

        The file stays, whatever `delete_on_done` says: the frame's lineage leads to it.
        """
        fields = fields_of(req, _PARSE_FIELDS)
        source, upload = one_source(self._service, fields)
        fields.boolean("delete_on_done")
        name = fields.text("destination_frame") or f"{source}.hex"
        named = self._service.h2o_names.giving(name)
        setup = self._service.frames.guess(upload.node, _hints(fields))
        given = fields.keys("column_types", "columns_types"), fields.keys("column_names", "columns_names")
        setup = _changed(setup, *given, fields.lists("na_strings"))
        wanted = ParseRequest(upload.node, setup, _short(name))
        run = self._run(wanted, upload, caller_of(req), named, blocking=fields.boolean("blocking"))
        rows = 0 if run.state.is_open else self._service.frames.made_by(run.id).dataset.rows
        document = {
            **_setup_document(setup, source),
            "destination_frame": key(name, "Frame", "Frames"),
            "job": job(run, self._service.runs.lease(run.id), name),
            "rows": rows,
        }
        answer(req, resp, ("ParseV3", "Parse"), document)

    def _run(self, wanted: ParseRequest, upload: Upload, caller: Caller, named: Also, *, blocking: bool) -> Run:
        """Parse now, or leave it to a worker. What cannot be parsed fails as a job unless the client asked to wait."""
        frames = self._service.frames
        if upload.bytes > (BLOCKING_BYTES_MAX if blocking else AT_ONCE_BYTES_MAX):
            return frames.parse(wanted, caller, named)
        try:
            return frames.parse_now(wanted, caller, named)
        except InvalidContent:
            if blocking:
                raise
            return frames.parse(wanted, caller, named)


def one_source(service: Arangovis, fields: Fields) -> tuple[str, Upload]:
    """Return the one file that a request names, and its key.

    Raises:
        InvalidInput: it names none, or several.
        NotFound: there is none of this key.

    """
    sources = fields.keys("source_frames")
    if not sources or len(sources) != 1:
        raise InvalidInput.of(Fault("source_frames", f"names {len(sources or ())} files; one is parsed at a time"))
    return sources[0], service.h2o_names.upload(sources[0])


def _hints(fields: Fields) -> GuessHints:
    header = fields.integer("check_header", 0)
    if header not in (-1, 0, 1):
        raise InvalidInput.of(Fault("check_header", f"{header} is not 1 (yes), -1 (no) or 0 (guess)"))
    return GuessHints(separator=_separator(fields), header={1: True, -1: False}.get(header))


def _separator(fields: Fields) -> str | None:
    given = fields.text("separator")
    if given is None or (len(given) == 1 and not given.isdecimal()):
        return given
    code = fields.integer("separator", 0)
    if not 0 <= code <= _SEPARATORS_MAX:
        raise InvalidInput.of(Fault("separator", f"{code} is not the code of an ASCII character"))
    return chr(code) if code else None


def _changed(
    setup: ParseSetup,
    types: Sequence[str] | None,
    names: Sequence[str] | None,
    missing: Sequence[Sequence[str]] | None,
) -> ParseSetup:
    columns = list(setup.columns)
    for field, values in (("column_types", types), ("column_names", names), ("na_strings", missing)):
        if values is not None and len(values) != len(columns):
            problem = f"has {len(values)} items; the file has {len(columns)} columns"
            raise InvalidContent.of(Fault(field, problem))
    if types is not None:
        columns = [_typed(column, kind) for column, kind in zip(columns, types, strict=True)]
    if names is not None:
        columns = [replace(column, name=name) for column, name in zip(columns, names, strict=True)]
    if missing is not None:
        pairs = zip(columns, missing, strict=True)
        columns = [replace(c, missing=tuple(dict.fromkeys((*c.missing, *words)))) for c, words in pairs]
    return replace(setup, columns=tuple(columns))


def _typed(column: ColumnType, given: str) -> ColumnType:
    if given.lower() == SETUP_TYPES[FRAME_TYPES[column.kind]].lower():
        return column
    kind = _KINDS.get(given.lower())
    if kind is None:
        raise InvalidInput.of(Fault("column_types", f"{given[:80]!r} is not one of {', '.join(SETUP_TYPES.values())}"))
    return ColumnType(column.name, kind, column.missing)


def _setup_document(setup: ParseSetup, source: str) -> Mapping[str, Any]:
    return {
        "source_frames": [key(source, "Frame", "Frames")],
        "parse_type": "CSV" if setup.format.value == "csv" else "PARQUET",
        "separator": ord(setup.dialect.separator),
        "single_quotes": setup.dialect.quote == "'",
        "check_header": 1 if setup.dialect.header else -1,
        "column_names": list(setup.names),
        "column_types": [SETUP_TYPES[FRAME_TYPES[column.kind]] for column in setup.columns],
        "na_strings": None,
        "number_columns": len(setup.columns),
        "destination_frame": f"{source.rpartition('/')[2] or source}.hex",
        "chunk_size": CHUNK_BYTES,
        "total_filtered_column_count": len(setup.columns),
        "data": [list(row) for row in setup.preview],
        "warnings": [warning.detail for warning in setup.warnings],
        "skipped_columns": None,
        "custom_non_data_line_markers": None,
        "partition_by": None,
        "escapechar": 0,
    }


def _short(name: str) -> str:
    """Return the end of a name that is too long for a node."""
    return "".join(c if c.isprintable() else "?" for c in name)[-_NAME_MAX:].strip() or "file"
