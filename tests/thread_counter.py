"""A child process that computes as runs do, and says how many threads that took: `python -m tests.thread_counter`."""

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_info

from arangovis.projections.base import no_progress
from arangovis.projections.registry import projector
from tests.onnx_embedders import digits_encoder


def main() -> None:
    """Multiply, lay out digits, run a graph; print the threads of the process and those of the pools."""
    import pyarrow as pa

    from arangovis.embedders.onnx_file import OnnxEmbedder

    pixels = np.asarray(load_digits().data[:600] / 16, dtype=np.float32)
    OnnxEmbedder(digits_encoder())({"pixels": pixels.astype(np.float64)})
    engine = projector("umap")
    engine.fit(pixels, engine.parameters.defaults(), neighbours=None, seed=1, progress=no_progress)
    pools = [int(pool["num_threads"]) for pool in threadpool_info()]
    print(len(list(Path("/proc/self/task").iterdir())), max(pools), pa.cpu_count())
    sys.stdout.flush()


if __name__ == "__main__":
    main()
