"""The life of a run, by the clock of the test."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from arangovis.domain.errors import Conflict, Gone, LeaseLost, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.plans import Step
from arangovis.domain.runs import ATTEMPTS_MAX, Priority, Reason, Run, RunState
from arangovis.domain.work import Claim, Input, Outcome, RunRequest
from arangovis.services.run_log import LoggedRun
from arangovis.services.verification import check_store
from tests.unit.services.world import ADA, BOB, LEASE_US, World

_UP, _DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World.at(tmp_path)


def lost(world: World, claim: Claim) -> None:
    """Assert that a claim can do nothing any more."""
    before = world.service.store.change_number()
    for act in (
        lambda: world.runs.check_held(claim),
        lambda: world.runs.renew(claim, lease_us=LEASE_US, progress=0.5, stage=""),
        lambda: world.runs.release(claim, counted=True),
        lambda: world.succeed(claim, "plot"),
        lambda: world.runs.fail(claim, RunState.ERROR, reason=Reason.FAILED, message="no"),
    ):
        with pytest.raises(LeaseLost):
            act()
    assert world.service.store.change_number() == before


# --- sharing ------------------------------------------------------------------------------------------------------


def test_pending_started_and_succeeded_runs_are_shared(world: World) -> None:
    first = world.ask(run_key="k")
    assert world.ask(run_key="k").id == first.id
    claim = world.claim()
    assert world.ask(run_key="k").id == first.id
    world.succeed(claim, "plot")
    assert world.ask(run_key="k").id == first.id
    assert world.try_claim() is None


@pytest.mark.parametrize("state", [RunState.ERROR, RunState.NO_DATA, RunState.NOT_SUPPORTED])
def test_a_run_without_success_is_not_shared(world: World, state: RunState) -> None:
    first = world.ask(run_key="k")
    world.runs.fail(world.claim(), state, reason=Reason.FAILED, message="no")
    second = world.ask(run_key="k")
    assert second.id != first.id
    assert world.ask(run_key="k").id == second.id


def test_a_cancelled_or_deleted_run_is_not_shared(world: World) -> None:
    first = world.ask(run_key="k")
    world.runs.cancel(first.id, ADA)
    second = world.ask(run_key="k")
    assert second.id != first.id
    world.service.store.transact(lambda tx: tx.delete(second.id), ADA)
    assert world.ask(run_key="k").id not in (first.id, second.id)


def test_runs_without_a_key_are_never_shared(world: World) -> None:
    assert world.ask().id != world.ask().id


def test_one_key_asked_for_by_many_threads_is_one_run(world: World) -> None:
    found: list[NodeId] = []
    threads = [threading.Thread(target=lambda: found.append(world.ask(run_key="k").id)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert len(set(found)) == 1


def test_a_run_that_reads_nothing_that_exists_is_not_written(world: World) -> None:
    with pytest.raises(NotFound):
        world.ask(inputs=(Input(NodeId("dataset", "none"), "data"),), run_key="k")
    assert world.try_claim() is None
    world.check()


# --- claiming -----------------------------------------------------------------------------------------------------


def test_claims_go_by_priority_then_age(world: World) -> None:
    wanted = [Priority.NORMAL, Priority.BACKGROUND, Priority.URGENT, Priority.NORMAL, Priority.URGENT]
    asked = [world.ask(("toy", "other")[i % 2], priority=priority) for i, priority in enumerate(wanted)]
    claimed = [world.claim("toy", "other").run.id for _ in wanted]
    assert claimed == [asked[i].id for i in (2, 4, 0, 3, 1)]


def test_an_urgent_run_is_found_behind_any_number_of_others(world: World) -> None:
    for _ in range(150):
        world.ask(priority=Priority.BACKGROUND)
    urgent = world.ask(priority=Priority.URGENT)
    assert world.claim().run.id == urgent.id


def test_only_declared_methods_are_claimed(world: World) -> None:
    run = world.ask("projection.umap")
    assert world.try_claim("projection.pca", "projection") is None
    assert world.claim("projection.umap").run.id == run.id


def test_runs_of_others_and_plans_are_never_claimed(world: World) -> None:
    world.service.run_log.log(LoggedRun("toy", state=RunState.STARTED), ADA)
    world.service.plans.start("plan", None, [Step("a", "other")], ADA)
    assert world.try_claim("toy", "plan") is None


def test_a_run_is_claimed_once(world: World) -> None:
    world.ask()
    claim = world.claim()
    assert (claim.attempt, claim.run.state, claim.run.started) == (1, RunState.STARTED, world.clock.now)
    assert world.try_claim(owner="worker-2") is None


def test_many_workers_claim_each_run_once(world: World) -> None:
    asked = {world.ask().id for _ in range(40)}
    claimed: list[NodeId] = []

    def work(owner: str) -> None:
        while (claim := world.try_claim(owner=owner)) is not None:
            claimed.append(claim.run.id)

    threads = [threading.Thread(target=work, args=(f"worker-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 40
    assert set(claimed) == asked


def test_looking_for_work_where_there_is_none_writes_nothing(world: World) -> None:
    before = world.service.store.change_number()
    assert world.try_claim() is None
    assert world.service.store.change_number() == before


# --- leases and fencing -------------------------------------------------------------------------------------------


def test_an_expired_lease_is_claimed_again(world: World) -> None:
    world.ask()
    first = world.claim()
    world.clock.now += LEASE_US - 1
    assert world.try_claim(owner="worker-2") is None
    world.clock.now += 1
    second = world.claim(owner="worker-2")
    assert (second.attempt, second.run.started) == (2, first.run.started)
    world.check()


def test_a_late_attempt_writes_nothing(world: World) -> None:
    world.ask()
    late = world.claim()
    world.expire()
    current = world.claim(owner="worker-2")
    lost(world, late)
    done = world.succeed(current, "plot")
    assert done.state is RunState.SUCCESS
    assert set(world.made(done.id)) == {"plot"}
    lost(world, late)
    lost(world, current)
    world.check()


def test_the_same_owner_claiming_again_is_another_holder(world: World) -> None:
    """A worker that gave a run back and took it again must not be mistaken for its own earlier attempt."""
    world.ask()
    first = world.claim()
    world.runs.release(first, counted=False)
    second = world.claim()
    assert (second.owner, second.attempt) == (first.owner, 2)
    lost(world, first)
    world.runs.check_held(second)


def test_renewing_moves_the_end_of_the_lease_and_shows_progress(world: World) -> None:
    run = world.ask()
    claim = world.claim()
    world.clock.now += LEASE_US - 1
    world.runs.renew(claim, lease_us=LEASE_US, progress=0.25, stage="fit")
    lease = world.runs.lease(run.id)
    assert lease is not None
    assert (lease.progress, lease.stage, lease.heartbeat) == (0.25, "fit", world.clock.now)
    world.clock.now += LEASE_US - 1
    assert world.try_claim(owner="worker-2") is None
    world.runs.check_held(claim)


def test_a_lease_that_ran_out_but_was_not_taken_is_still_held(world: World) -> None:
    world.ask()
    claim = world.claim()
    world.expire()
    world.runs.renew(claim, lease_us=LEASE_US, progress=0.1, stage="")
    assert world.try_claim(owner="worker-2") is None
    assert world.succeed(claim).state is RunState.SUCCESS


def test_a_clock_that_jumps_ahead_costs_an_attempt_and_nothing_else(world: World) -> None:
    world.ask()
    first = world.claim()
    world.clock.now += 10 * 365 * 24 * 3600 * 1_000_000
    second = world.claim(owner="worker-2")
    lost(world, first)
    assert world.succeed(second, "plot").state is RunState.SUCCESS
    world.check()


def test_a_clock_that_was_set_back_delays_the_takeover_only(world: World) -> None:
    run = world.ask()
    claim = world.claim()
    world.clock.now -= 3600 * 1_000_000
    assert world.try_claim(owner="worker-2") is None
    world.runs.renew(claim, lease_us=LEASE_US, progress=0.1, stage="")
    world.expire()
    assert world.claim(owner="worker-2").run.id == run.id


def test_attempts_that_die_are_limited(world: World) -> None:
    run = world.ask()
    for attempt in range(1, ATTEMPTS_MAX + 1):
        assert world.claim(owner=f"worker-{attempt}").attempt == attempt
        world.expire()
    following = world.ask()
    assert world.claim().run.id == following.id
    ended = world.runs.get(run.id)
    assert (ended.state, ended.reason, ended.attempt) == (RunState.ERROR, "lost", ATTEMPTS_MAX)
    world.check()


def test_crashes_count_and_send_to_the_end_of_the_queue(world: World) -> None:
    poison, other = world.ask(), world.ask()
    world.runs.release(world.claim(), counted=True)
    assert world.runs.get(poison.id).state is RunState.PENDING
    world.clock.now += 1
    assert world.claim().run.id == other.id
    for _ in range(ATTEMPTS_MAX - 1):
        claim = world.claim()
        assert claim.run.id == poison.id
        world.runs.release(claim, counted=True)
    ended = world.runs.get(poison.id)
    assert (ended.state, ended.reason) == (RunState.ERROR, "lost")
    assert world.runs.lease(poison.id) is None
    world.check()


def test_shutdowns_do_not_count_and_keep_the_place_in_the_queue(world: World) -> None:
    first, second = world.ask(), world.ask()
    for _ in range(ATTEMPTS_MAX + 2):
        claim = world.claim()
        assert claim.run.id == first.id
        world.runs.release(claim, counted=False)
        world.clock.now += 1
    world.succeed(world.claim())
    assert world.claim().run.id == second.id
    world.check()


def test_giving_back_keeps_what_was_written_meanwhile(world: World) -> None:
    run = world.ask()
    claim = world.claim()
    world.service.store.transact(lambda tx: tx.update(run.id, {**tx.get(run.id).attributes, "tags": ["kept"]}), BOB)
    world.runs.release(claim, counted=False)
    assert world.runs.get(run.id).rest["tags"] == ["kept"]


# --- ending -------------------------------------------------------------------------------------------------------


def test_success_is_one_action(world: World) -> None:
    run = world.ask()
    done = world.succeed(world.claim(), "plot", "result")
    node = world.service.store.get(run.id)
    for artifact in world.made(done.id).values():
        made = world.service.store.get(artifact)
        assert made.version.action_id == node.version.action_id
        assert world.service.blobs.read(str(made.attributes["digest"])).endswith(str(run.id).encode())
    world.check()


def test_state_and_lease_agree_at_every_moment(world: World) -> None:
    run = world.ask()
    claim = world.claim()
    world.runs.release(claim, counted=False)
    world.succeed(world.claim(), "plot")
    states = [node.attributes["state"] for node in world.service.store.history(run.id)]
    assert states == ["PENDING", "STARTED", "PENDING", "STARTED", "SUCCESS"]
    for version in world.service.store.history(run.id):
        at = version.version.valid_from
        made = world.service.store.edges_of((run.id,), _DOWN, ("generated",), at=at)
        assert bool(made) == (version.attributes["state"] == "SUCCESS")


def test_what_was_found_is_an_input(world: World) -> None:
    world.ask()
    first = world.succeed(world.claim(), "transformer")
    artifact = world.made(first.id)["transformer"]
    second = world.ask()
    world.runs.succeed(world.claim(), Outcome(found=(Input(artifact, "transformer"),)), ADA)
    (edge,) = world.service.store.edges_of((second.id,), _UP, ("input_to",))
    assert (edge.id.source, edge.id.role) == (artifact, "transformer")


def test_success_with_something_deleted_meanwhile_writes_nothing(world: World) -> None:
    world.ask()
    artifact = world.made(world.succeed(world.claim(), "transformer").id)["transformer"]
    run = world.ask()
    claim = world.claim()
    world.service.store.transact(lambda tx: tx.delete(artifact), ADA)
    with pytest.raises(Gone):
        world.runs.succeed(claim, Outcome(found=(Input(artifact, "transformer"),)), ADA)
    world.runs.check_held(claim)
    assert world.made(run.id) == {}


def test_failing_says_why(world: World) -> None:
    world.ask()
    ended = world.runs.fail(world.claim(), RunState.NO_DATA, reason=Reason.FAILED, message="There are no rows.")
    assert (ended.state, ended.message, ended.ended) == (RunState.NO_DATA, "There are no rows.", world.clock.now)
    world.check()


def test_a_refused_run_keeps_what_was_asked(world: World) -> None:
    wanted = RunRequest("toy", None, (), {"n": 5}, name="why", question="q")
    run = world.service.store.transact(
        lambda tx: world.runs.refuse(tx, wanted, RunState.NOT_SUPPORTED, message="no"), ADA
    )
    kept = world.runs.get(run.id)
    assert (kept.state, kept.params, kept.name, kept.question) == (RunState.NOT_SUPPORTED, {"n": 5}, "why", "q")
    world.check()


# --- cancelling ---------------------------------------------------------------------------------------------------


def test_cancelling_a_pending_run(world: World) -> None:
    run = world.ask()
    cancelled = world.runs.cancel(run.id, BOB)
    assert (cancelled.state, cancelled.reason, cancelled.message) == (
        RunState.CANCELLED,
        "cancelled",
        "cancelled by bob",
    )
    assert world.try_claim() is None
    assert world.runs.cancel(run.id, BOB).state is RunState.CANCELLED
    world.check()


def test_a_cancelled_run_cannot_be_finished(world: World) -> None:
    run = world.ask()
    claim = world.claim()
    world.runs.cancel(run.id, BOB)
    lost(world, claim)
    assert world.made(run.id) == {}
    world.check()


def test_what_has_ended_cannot_be_cancelled(world: World) -> None:
    run = world.ask()
    world.succeed(world.claim())
    with pytest.raises(Conflict, match="SUCCESS"):
        world.runs.cancel(run.id, BOB)


@pytest.mark.parametrize("node", [NodeId("run", "none"), NodeId("dataset", "none")])
def test_only_runs_can_be_read_and_cancelled(world: World, node: NodeId) -> None:
    with pytest.raises(NotFound):
        world.runs.cancel(node, BOB)
    with pytest.raises(NotFound):
        world.runs.get(node)


def test_what_is_not_a_run_cannot_be_cancelled(world: World) -> None:
    project = world.service.catalogue.register_project("demo", ADA).node
    with pytest.raises(NotFound, match="not a run"):
        world.runs.cancel(project, BOB)


def test_cancelling_and_finishing_at_once_ends_it_once(world: World) -> None:
    for _ in range(30):
        run = world.ask()
        claim = world.claim()
        outcomes: list[str] = []
        barrier = threading.Barrier(2)

        def finish(claim: Claim = claim, outcomes: list[str] = outcomes, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                outcomes.append(world.succeed(claim, "plot").state.value)
            except LeaseLost:
                outcomes.append("lost")

        def cancel(run: Run = run, outcomes: list[str] = outcomes, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                outcomes.append(world.runs.cancel(run.id, BOB).state.value)
            except Conflict:
                outcomes.append("too late")

        threads = [threading.Thread(target=finish), threading.Thread(target=cancel)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) in (["SUCCESS", "too late"], ["CANCELLED", "lost"])
        assert bool(world.made(run.id)) == ("SUCCESS" in outcomes)
    world.check()


# --- what is deleted ----------------------------------------------------------------------------------------------


def test_a_deleted_run_does_not_stop_the_queue(world: World) -> None:
    gone, next_one = world.ask(), world.ask()
    world.service.store.transact(lambda tx: tx.delete(gone.id), ADA)
    assert [problem.code for problem in check_store(world.service.store, world.service.artifacts)] == [
        "lease-without-run"
    ]
    assert world.claim().run.id == next_one.id
    assert world.runs.lease(gone.id) is None
    world.check()


def test_a_run_deleted_while_it_computes_cannot_be_finished(world: World) -> None:
    run = world.ask()
    claim = world.claim()
    world.service.store.transact(lambda tx: tx.delete(run.id), ADA)
    with pytest.raises(Gone):
        world.succeed(claim, "plot")
    with pytest.raises(Gone):
        world.runs.release(claim, counted=True)
    world.expire()
    assert world.try_claim(owner="worker-2") is None
    world.check()


def test_a_claim_of_another_owner_is_not_ours(world: World) -> None:
    world.ask()
    claim = world.claim()
    lost(world, replace(claim, owner="worker-2"))
    lost(world, replace(claim, attempt=2))
    assert world.runs.get(claim.run.id, at=world.clock.now).state is RunState.STARTED
