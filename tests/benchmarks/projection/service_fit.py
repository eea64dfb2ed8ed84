"""What the whole service adds to a plain umap-learn fit, and what a repeated request costs.

    python -m tests.benchmarks.projection.service_fit [--rows 5000] [--rounds 5]

A real `arangovis serve` projects 5,000 x 64 rows of production traffic (see `umap_fit.py`), without training data and
quality metrics. A first run is not counted: it warms the compute process and searches the neighbours, which later
runs find in the graph. Each round then asks for another `min_dist` and takes the run's own time, from its claim to
its stored end, beside a plain, warm `umap.UMAP(...).fit` of the same rows, neighbours and `min_dist` in this process.
"""

import argparse
import os
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np

from arangovis.client import Client, connect, signature_field
from arangovis.domain.catalogue import Signature
from arangovis.domain.ids import NodeId
from arangovis.projections.base import Matrix, Neighbours
from arangovis.projections.neighbours import nearest_neighbours
from tests.benchmarks.projection.umap_fit import GOAL, digits_with_jitter
from tests.benchmarks.service_process import running_service

SEED = 42
NEIGHBOURS = 15


def plain_fit(rows: Matrix, neighbours: Neighbours, min_dist: float) -> float:
    """Return the seconds of a plain fit."""
    import umap

    indices = np.column_stack([np.arange(len(rows)), neighbours.indices])
    distances = np.column_stack([np.zeros(len(rows), np.float32), neighbours.distances])
    begin = time.perf_counter()
    knn = (indices, distances, None)
    umap.UMAP(min_dist=min_dist, random_state=SEED, n_jobs=1, precomputed_knn=knn).fit(rows)
    return time.perf_counter() - begin


def service_run(client: Client, number: int, rows: int, min_dist: float) -> float:
    """Return the seconds of a run, from its claim to its stored end."""
    parameters = {"n_neighbours": NEIGHBOURS, "min_dist": min_dist}
    client.set_params(number, "umap", parameters=parameters, production_data_sample_size=rows, visualization_metrics=[])
    return run_seconds(client, client.project(number, "umap").run)


def run_seconds(client: Client, run: NodeId) -> float:
    """Return the time from the claim to the stored end of a run."""
    facts = client.node(run).attributes
    return (int(str(facts["ended"])) - int(str(facts["started"]))) / 1e6


def prepared(client: Client, rows: Matrix) -> int:
    """Register a model version with these rows as its traffic; return its number."""
    client.register_project("benchmark")
    client.register_model("benchmark", "digits")
    signature = Signature(outputs=(signature_field("embedding", "float32", shape=(1, rows.shape[1])),))
    version = client.register_model_version("benchmark", "digits", signature)
    client.append_production_data(version.number, {"embedding": rows})
    return version.number


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = digits_with_jitter(options.rows)
    neighbours = nearest_neighbours(rows, NEIGHBOURS - 1)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as home, running_service(Path(home)) as service, connect(service.url) as client:
        number = prepared(client, rows)
        plain_fit(rows, neighbours, 0.1)
        service_run(client, number, options.rows, 0.1)
        ours, plain, ratios = [], [], []
        for turn in range(options.rounds):
            min_dist = 0.15 + 0.05 * turn
            plain.append(plain_fit(rows, neighbours, min_dist))
            ours.append(service_run(client, number, options.rows, min_dist))
            ratios.append(ours[-1] / plain[-1])
        begin = time.perf_counter()
        again = client.project(number, "umap")
        repeated_s = time.perf_counter() - begin
        assert run_seconds(client, again.run) == ours[-1], "a repeated request was computed again"
    print(f"\n{options.rows} x {rows.shape[1]}, {options.rounds} rounds, load before {load:.1f}")
    print("| service run s | plain fit s | ratio, median (range) | goal | repeated request, with its result, s |")
    print("|---|---|---|---|---|")
    spread = f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    print(f"| {median(ours):.2f} | {median(plain):.2f} | {spread} | {GOAL} | {repeated_s:.2f} |")


if __name__ == "__main__":
    main()
