"""Writes `src/test/digits.arrow`, the plot file that the page's unit tests read: `python web/dev/make_test_plot.py`."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

TRAINING_ROWS, PRODUCTION_ROWS = 60, 240
PRODUCTION_START = 500
COLUMNS = {
    "class": {"coloring_type": "class", "source": "output"},
    "confidence": {"coloring_type": "gradient", "source": "output"},
    "anomaly_score": {"coloring_type": "gradient", "source": "metric", "threshold": 0.3, "operation": "LessEq"},
}


def main() -> None:
    """Write some rows of the plot, in two batches, as a stream may come."""
    chosen = [*range(TRAINING_ROWS), *range(PRODUCTION_START, PRODUCTION_START + PRODUCTION_ROWS)]
    # Production first: the page must not rely on the order of rows.
    table = plot().take(chosen[TRAINING_ROWS:] + chosen[:TRAINING_ROWS])
    file = Path(__file__).resolve().parents[1] / "src" / "test" / "digits.arrow"
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=200)


def plot() -> pa.Table:
    """Return a plot file's rows: scikit-learn's digits under PCA."""
    data, labels = load_digits(return_X_y=True)
    model = LogisticRegression(max_iter=200).fit(data[:PRODUCTION_START], labels[:PRODUCTION_START])
    projection = PCA(2, random_state=0).fit(data)
    places = projection.transform(data).astype(np.float32)
    score = np.linalg.norm(data - projection.inverse_transform(projection.transform(data)), axis=1) / 90
    order = np.arange(len(data))
    is_training = order < PRODUCTION_START
    table = pa.table(
        {
            "x": places[:, 0],
            "y": places[:, 1],
            "id": [f"{'train' if row < PRODUCTION_START else 'req'}-{row:05d}" for row in order],
            "set": np.where(is_training, "training", "production"),
            "class": pa.array(model.predict(data), mask=is_training),
            "confidence": pa.array(model.predict_proba(data).max(axis=1), mask=is_training),
            "anomaly_score": pa.array(score, mask=is_training | (order % 37 == 0)),
        }
    )
    return table.replace_schema_metadata({"arangovis": json.dumps({"method": "umap", "columns": COLUMNS})})


if __name__ == "__main__":
    main()
