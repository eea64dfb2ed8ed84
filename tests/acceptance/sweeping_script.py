"""A user's script: sweeps over digits in this process, with children; says which points it trained."""

import sys

import arangovis as av
from arangovis.client.sweep_arguments import SweepArguments
from arangovis.client.sweep_training import LocalSweep, prepare
from tests.unit.services.sweep_world import batches, new_model, old_model


def main(home: str, epochs: int) -> None:
    with av.connect(home=home, actor="ada") as client:
        arguments = SweepArguments(
            None,
            epochs,
            old_model(),
            new_model(),
            batches(0, 400),
            batches(400, 600),
            optimizer_kwargs={"lr": 0.01},
            lambda_c_stepsize=0.25,
            workers=2,
            client=client,
        )
        local = LocalSweep(prepare(arguments), client, workers=2)
        record = local._record

        def told(trained):  # type: ignore[no-untyped-def]
            answer = record(trained)
            print("trained", trained.point.index, flush=True)
            return answer

        local._record = told  # type: ignore[method-assign]
        print("sweep", local.run().run, local.sweep.state, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
