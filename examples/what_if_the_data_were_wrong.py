"""What if the data were wrong? What rests on them, what it takes to do it again, and a plan that does it.

A projection of handwritten digits rests on training data in which some images were upside down. The graph says what
is affected; the data are corrected; a dry run says what would be done again, in which order and for how long; then it
is done, and the new plot rests on the new data.

    python examples/what_if_the_data_were_wrong.py [FOLDER]

FOLDER keeps the store; without one it is a temporary folder.
"""

import sys
import tempfile

import numpy as np
from sklearn.datasets import load_digits

import arangovis as av

ROWS, TRAFFIC = 300, 200


def table(images: np.ndarray, first: int) -> dict[str, object]:
    """Return images as rows with ids."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    return {"_id": [f"digit-{first + number}" for number in range(len(rows))], "embedding": rows}


def main(home: str) -> None:
    """Project, find out, correct, do it again."""
    images = load_digits().images / 16
    wrong = images[:ROWS].copy()
    wrong[100:200] = wrong[100:200, ::-1]

    with av.connect(home=home, actor="ada") as client:
        client.register_project("post")
        client.register_model("post", "digits")
        signature = av.Signature(outputs=(av.signature_field("embedding", "float32", shape=(1, 64)),))
        version = client.register_model_version("post", "digits", signature)
        before = client.put_training_data(version, table(wrong, 0)).node
        client.append_production_data(version, table(images[ROWS : ROWS + TRAFFIC], ROWS))
        plot = client.project(version, "pca").plot
        client.log_run(av.LoggedRun("report", project="post", name="for the board", inputs=(av.Input(plot, "plot"),)))

        affected = client.impact(before)
        print("rests on the wrong data:", dict(affected.counts))
        held = [one.node for one in client.row_holders(before, "digit-150").results]
        print("digit 150 is in the plot:", plot in held)

        after = client.put_training_data(version, table(images[:ROWS], 0)).node
        stale = client.stale("post", kinds=["plot"]).stale
        print("stale now:", [one.node == plot for one in stale], "because of", stale[0].causes[0].why)
        dry = client.redo(before, dry_run=True)
        for step in dry.runs:
            what = "can be done again" if step.possible else f"cannot: {step.reason}"
            print(f"  {step.method}: {what}")
        print(f"{dry.possible} of {len(dry.runs)}, about {dry.estimated_s:.1f} s")

        for plan in client.redo(before).plans:
            client.wait(plan)
        (fresh,) = client.impact(after, kinds=["plot"]).affected
        print("a new plot rests on the corrected data:", fresh.node != plot)
        print(" -> ".join(node.id.kind for node in client.path(after, fresh.node).nodes))
        print("and it is not stale:", not client.staleness(fresh.node).stale)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
