"""A Dask cluster that computes the runs: what its processes may do to it, and what must hold nevertheless."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run, RunState
from arangovis.domain.work import RunRequest
from arangovis.services.verification import check_store
from arangovis.wiring import Arangovis
from tests.acceptance.cluster import Cluster, a_cluster, kill_now, opened, running_cluster
from tests.acceptance.processes import kill, register, running_service, until
from tests.acceptance.test_kill_worker import Gated

pytestmark = pytest.mark.acceptance

ADA = Caller("ada")


@pytest.fixture
def service(home: Path) -> Iterator[Arangovis]:
    with opened(home) as service:
        yield service


def ask(service: Arangovis, method: str, count: int) -> Sequence[Run]:
    wanted = RunRequest(f"toy.{method}", None, (), {})
    return [service.store.transact(lambda tx: service.runs.request(tx, wanted)[0], ADA) for _ in range(count)]


def now(service: Arangovis, run: Run) -> Run:
    return service.runs.get(run.id)


def owner_of(service: Arangovis, run: Run) -> int:
    """Return the process id in the name of the owner that a run has."""
    lease = service.runs.lease(run.id)
    assert lease is not None
    return int(lease.owner.split(".")[-2])


def states_of(service: Arangovis, run: Run) -> Sequence[object]:
    return [node.attributes["state"] for node in service.store.history(run.id)]


def enders_of(service: Arangovis, runs: Sequence[Run]) -> set[int]:
    """Return the process ids in the names of the owners that ended these runs."""
    last = [list(service.store.history(run.id))[-1] for run in runs]
    return {int(node.version.actor.split(".")[-2]) for node in last}


def made_once(service: Arangovis, runs: Sequence[Run], *, attempts: int = 1) -> None:
    """Check that each run succeeded with one result, and that the store is whole."""
    for run in runs:
        done = now(service, run)
        assert (done.state, done.attempt) == (RunState.SUCCESS, attempts)
        edges = service.store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",))
        assert sorted(edge.id.role for edge in edges) == ["plot", "result"]
        assert states_of(service, run).count("SUCCESS") == 1
    assert check_store(service.store, service.artifacts) == []


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_more_runs_than_threads_are_computed_by_the_workers_of_the_cluster_exactly_once(
    home: Path, service: Arangovis
) -> None:
    with running_cluster(home, workers=(2, 1)) as cluster:
        runs = ask(service, "done", 24)
        until(lambda: not service.store.records("lease"), what="the end of all runs")
        made_once(service, runs)
        _, first, second, _ = cluster.processes
        assert enders_of(service, runs) == {first.pid, second.pid}
        assert all(states_of(service, run) == ["PENDING", "STARTED", "SUCCESS"] for run in runs)


def test_runs_that_wait_for_a_thread_are_held(home: Path, service: Arangovis, tmp_path: Path) -> None:
    """Of three dispatchers for one thread the second claims what must wait, and the third must not think it lost."""
    with running_cluster(home) as cluster:
        cluster.dispatcher()
        cluster.dispatcher()
        gated = Gated(service, tmp_path)
        gated.wait_for_attempt(1)
        (waiting,) = ask(service, "done", 1)
        until(lambda: now(service, waiting).state is RunState.STARTED, what="a claim")
        first = service.runs.lease(waiting.id)
        assert first is not None
        until(lambda: service.store.now() > first.due + 1_000_000, what="the end of the first lease")
        gated.open()
        until(lambda: not now(service, waiting).state.is_open)
        made_once(service, [gated.run, waiting])


def test_a_killed_worker_of_the_cluster_takes_its_compute_process_along_and_another_finishes(
    home: Path, service: Arangovis, tmp_path: Path
) -> None:
    with running_cluster(home, workers=(1, 1)) as cluster:
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        killed = next(process for process in cluster.processes if process.pid == compute.ppid())
        assert owner_of(service, gated.run) == killed.pid
        kill_now(killed)
        until(lambda: ended(compute), within_s=5, what="the end of the compute process")
        assert gated.wait_for_attempt(2).ppid() != killed.pid
        made_once(service, [gated.open()], attempts=2)
        assert states_of(service, gated.run) == ["PENDING", "STARTED", "STARTED", "SUCCESS"]


def test_a_worker_of_the_cluster_that_is_told_to_stop_gives_its_run_back(
    home: Path, service: Arangovis, tmp_path: Path
) -> None:
    with running_cluster(home) as cluster:
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        cluster.processes[1].terminate()
        assert cluster.processes[1].wait(20) is not None
        assert ended(compute)
        lease = service.runs.lease(gated.run.id)
        assert lease is not None
        assert (gated.run.state, lease.failures) == (RunState.PENDING, 0)
        cluster.worker()
        gated.wait_for_attempt(2)
        made_once(service, [gated.open()], attempts=2)


def test_a_killed_scheduler_that_comes_back_goes_on(home: Path, service: Arangovis, tmp_path: Path) -> None:
    with running_cluster(home, workers=(1, 1)) as cluster:
        scheduler, *workers, dispatcher = cluster.processes
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        kill_now(scheduler)
        for worker in workers:  # Dask's workers end with their scheduler; what starts them starts them again
            worker.wait(20)
        assert ended(compute)
        assert gated.run.state is RunState.PENDING
        later = ask(service, "done", 3)
        cluster.scheduler()
        cluster.worker()
        gated.wait_for_attempt(2)
        cluster.worker()
        until(lambda: not any(now(service, run).state.is_open for run in later), what="the end of the new runs")
        made_once(service, [gated.open()], attempts=2)
        made_once(service, later)
        assert dispatcher.poll() is None


def test_a_killed_dispatcher_is_replaced_and_its_run_goes_on(home: Path, service: Arangovis, tmp_path: Path) -> None:
    with running_cluster(home, workers=(1, 1)) as cluster:
        gated = Gated(service, tmp_path)
        gated.wait_for_attempt(1)
        kill_now(cluster.processes[-1])
        later = ask(service, "done", 3)
        cluster.dispatcher()
        until(lambda: not any(now(service, run).state.is_open for run in later), what="the end of the new runs")
        made_once(service, [gated.open(), *later])


def test_a_cancelled_run_leaves_no_compute_process(home: Path, service: Arangovis, tmp_path: Path) -> None:
    with running_cluster(home):
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        service.runs.cancel(gated.run.id, ADA)
        until(lambda: ended(compute), within_s=5, what="the end of the compute process")
        (after,) = ask(service, "done", 1)
        until(lambda: not now(service, after).state.is_open)
        made_once(service, [after])
        assert states_of(service, gated.run) == ["PENDING", "STARTED", "CANCELLED"]


def test_more_workers_than_runs_stop_at_once(home: Path, service: Arangovis) -> None:
    with running_cluster(home, workers=(4, 1, 1)):
        runs = ask(service, "done", 1)
        until(lambda: not service.store.records("lease"), what="the end of the run")
        made_once(service, runs)


def test_a_service_on_a_cluster_answers_as_any_other(home: Path) -> None:
    """`arangovis serve` with a scheduler in its settings: its local worker is the dispatcher."""
    with a_cluster(Cluster(home)) as cluster:
        cluster.scheduler()
        worker = cluster.worker()
        with running_service(home, scheduler=cluster.address) as server:
            number = register(server)
            task = server.task("plottable_embeddings/pca", number)
            until(lambda: server.state(task) not in ("PENDING", "STARTED"), what="the end of the projection")
            plot = server.get(f"/visualization/plottable_embeddings/pca?model_version_id={number}")
            assert server.state(task) == "SUCCESS", plot
        with opened(home) as service:
            assert enders_of(service, [service.runs.get(NodeId("run", task))]) == {worker.pid}
            assert check_store(service.store, service.artifacts) == []


@pytest.mark.slow
def test_a_worker_that_stalls_longer_than_its_lease_cannot_finish_twice(
    home: Path, service: Arangovis, tmp_path: Path
) -> None:
    with running_cluster(home, workers=(1, 1)):
        gated = Gated(service, tmp_path)
        compute = gated.wait_for_attempt(1)
        stalled = psutil.Process(compute.ppid())
        stalled.suspend()
        compute.suspend()
        assert gated.wait_for_attempt(2).ppid() != stalled.pid
        done = gated.open()
        compute.resume()
        stalled.resume()
        until(lambda: ended(compute), what="the end of the first attempt")
        made_once(service, [done], attempts=2)


@pytest.mark.slow
def test_workers_that_keep_dying_lose_nothing(home: Path, service: Arangovis) -> None:
    """Nannies start their workers again; each kill hits whatever that worker computes."""
    with a_cluster(Cluster(home)) as cluster:
        cluster.scheduler()
        for _ in range(2):
            cluster.worker("--nanny")
        cluster.dispatcher()
        runs = ask(service, "done", 60)
        for count in (15, 30, 45):
            until(lambda: sum(not now(service, run).state.is_open for run in runs) >= count, what=f"{count} runs")  # noqa: B023
            for process in cluster.processes[1:3]:
                for child in psutil.Process(process.pid).children():
                    kill(child)
        until(lambda: not any(now(service, run).state.is_open for run in runs), what="the end of all runs")
        for run in runs:
            made_once(service, [run], attempts=now(service, run).attempt)


@pytest.mark.slow
def test_a_cluster_that_speaks_tls_only(home: Path, service: Arangovis, tmp_path: Path) -> None:
    cluster = Cluster(home)
    cluster.scheme = "tls"
    cluster.environment = certificates(tmp_path)
    with a_cluster(cluster):
        cluster.scheduler()
        cluster.worker()
        cluster.dispatcher()
        runs = ask(service, "done", 2)
        until(lambda: not service.store.records("lease"), what="the end of all runs")
        made_once(service, runs)


def certificates(folder: Path) -> Mapping[str, str]:
    """Make a certificate, and return the environment in which all of Dask uses it and refuses what is not encrypted."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command = ["openssl", "req", "-x509", *made, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    pairs = {
        f"{tls}{role}__{name}": str(path)
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for name, path in (("CERT", certificate), ("KEY", key))
    }
    return {**pairs, f"{tls}CA_FILE": str(certificate), "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
