"""Taking over what other trackers recorded: read in this process, written wherever the client's service is."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlencode

from arangovis.client.asking import API, Asking
from arangovis.client.import_parts import ImportReport, NotImported, Tally, body_of, model_parts, run_parts
from arangovis.client.problems import raise_for
from arangovis.domain.errors import ArangovisError
from arangovis.exchange.imported import ImportedRun, ImportPart
from arangovis.services.importing.values import ImportAnswer

Progress = Callable[[str, int, int | None], None]
"""Told the stage, how many things are done, and of how many, if that is known."""
TENSORBOARD_PROJECT = "tensorboard"
_BYTES = {"Content-Type": "application/octet-stream"}


class Importing(Asking):
    """The part of the client that takes over what was recorded elsewhere. The same import again adds what is new."""

    def import_mlflow(
        self,
        source: str | Path,
        *,
        project: str | None = None,
        artifacts: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Take over a tracking store of MLflow: its SQLite file, its `mlruns` folder, or a folder that holds one.

        Args:
            source: the file or folder, on this machine. It is opened for reading only.
            project: the project that all of it goes to; by default each experiment is a project of its own name.
            artifacts: whether the bytes of artifacts that lie on this machine are copied; their list always is.
            dry_run: say what would be done, and do nothing.
            progress: told how far it is.

        Raises:
            NotFound: there is no such file or folder.
            InvalidContent: it is no store of MLflow.
            ArangovisError: as the service refuses it.

        """
        from arangovis.exchange.mlflow.opening import open_store
        from arangovis.exchange.mlflow.taking import Taking

        store = open_store(Path(source))
        try:
            taking = Taking(store, project)
            tally = Tally()
            report = _counting(progress, "runs", store.count())
            self._send_all(run_parts(report(taking.runs())), tally, dry_run=dry_run)
            versions, models = taking.models()
            self._send_all(model_parts(versions, models), tally, dry_run=dry_run)
            if artifacts and not dry_run:
                self._send_files(taking.files(), tally, progress)
            tally.skipped += [NotImported(one.what, one.name, one.reason) for one in store.skipped]
        finally:
            store.close()
        return tally.report(dry_run=dry_run)

    def import_tensorboard(
        self,
        logdir: str | Path,
        *,
        project: str = TENSORBOARD_PROJECT,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Take over event files of TensorBoard: each folder that holds some is a run, each tag a series.

        Args:
            logdir: the folder, on this machine, with the folders in it.
            project: the project that the runs go to; it is made if it is not there.
            dry_run: say what would be done, and do nothing.
            progress: told how far it is.

        Raises:
            NotFound: there is no such folder.
            InvalidContent: there is no event file in it.
            ArangovisError: as the service refuses it.

        """
        from arangovis.exchange.tensorboard.logdir import Logdir

        folder, tally = Logdir(Path(logdir)), Tally()
        report = _counting(progress, "runs", len(folder.places))
        self._send_all(run_parts(report(folder.runs(project))), tally, dry_run=dry_run)
        tally.skipped += [NotImported("file", name, reason) for name, reason in folder.skipped]
        return tally.report(dry_run=dry_run)

    def take_over(self, part: ImportPart, *, dry_run: bool = False) -> ImportAnswer:
        """Take over what some other reader made of another tracker, in one action: each thing whole, or refused.

        Raises:
            InvalidInput: a thing cannot be read, or there are too many.

        """
        return self._ask(ImportAnswer, "POST", "/imports", body_of(part, dry_run=dry_run))

    def _send_all(self, parts: Iterable[ImportPart], tally: Tally, *, dry_run: bool) -> None:
        for part in parts:
            if part.size:
                tally.add(self.take_over(part, dry_run=dry_run).items)

    def _send_files(self, files: "Iterable[tuple[str, str, Path]]", tally: Tally, progress: Progress | None) -> None:
        """Send the bytes of files, each with the key of its run and its name; one that cannot be read is noted."""
        for key, name, path in files:
            if not tally.took("run", key):
                continue
            query = urlencode({"name": name, "role": "file"})
            try:
                body = path.read_bytes()
                raise_for(
                    self._backend.api().send("POST", f"{API}/runs/{key}/artifacts?{query}", body=body, headers=_BYTES)
                )
                tally.files += 1
            except OSError as error:
                tally.skipped.append(NotImported("file", name, error.strerror or type(error).__name__))
            except ArangovisError as error:
                tally.skipped.append(NotImported("file", name, error.detail))
            if progress is not None:
                progress("files", tally.files, None)


def _counting(
    progress: Progress | None, stage: str, total: int
) -> Callable[[Iterable[ImportedRun]], Iterator[ImportedRun]]:
    """Return what tells how many runs have passed."""

    def passing(runs: Iterable[ImportedRun]) -> Iterator[ImportedRun]:
        for number, run in enumerate(runs, 1):
            yield run
            if progress is not None:
                progress(stage, number, total)

    return passing
