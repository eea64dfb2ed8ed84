"""Find odd rows: from a file to a detector, to scores, to a scorer that needs no service, to a picture.

Run it as it is: it keeps everything in a folder of its own and needs no server. The data are the breast cancer rows
that scikit-learn ships; the detector sees benign ones only, and is asked about all.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer

import arangovis as av


def csv_of(names: list[str], rows: np.ndarray) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows.tolist())
    return out.getvalue().encode()


def main(folder: Path) -> None:
    data = load_breast_cancer()
    names, benign = [str(name) for name in data.feature_names], data.target == 1
    everything = csv_of(names, data.data)

    with av.connect(home=folder / "home") as client:
        # 1. A file becomes a frame: types are guessed, figures and warnings are kept.
        frame = client.anomaly.frame(csv_of(names, data.data[benign]), "benign.csv")
        print(f"{frame} has {client.anomaly.describe(frame)['rows']} rows")

        # 2. A detector learns what is normal. Its threshold is a quantile of rows that it did not learn from.
        detector = client.anomaly.train(frame, "cancer", parameters={"hidden": [20, 10, 20], "epochs": 100}, seed=1)

        # 3. Scores, and the deep features of the middle layer, in one call; kept with their lineage.
        found = client.anomaly.score(detector.number, everything, layers=[1], persist=True, name="all.csv")
        odd, malignant = found.anomalies, ~benign
        print(
            f"{(odd & malignant).sum()} of {malignant.sum()} malignant rows are odd, {(odd & benign).sum()} benign ones"
        )
        assert found.run is not None
        scores = client.anomaly.prediction(found.run)
        print(f"{scores} comes from", sorted({visit.node.id.kind for visit in client.lineage(scores).visits}))

        # 4. The detector as a zip that scores anywhere: here in an isolated Python without any library.
        scorer = folder / "cancer.zip"
        scorer.write_bytes(client.anomaly.export(detector.number))
        with zipfile.ZipFile(scorer) as archive:
            archive.extractall(folder / "scorer")
        (folder / "all.csv").write_bytes(everything)
        command = [sys.executable, "-I", "-S", str(folder / "scorer" / "scorer.py"), str(folder / "all.csv")]
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        elsewhere = [float(line.split(",")[1]) for line in lines[1:]]
        print(f"the scorer differs by {np.abs(np.array(elsewhere) - found.scores).max():.1e}")

        # 5. A picture: the deep features are the embedding, the detector a monitoring metric of every row.
        features = np.array([row["deep_features"]["1"] for row in found.rows], dtype=np.float32)
        client.register_project("cancer")
        client.register_model("cancer", "watched")
        outputs = [
            av.signature_field("embedding", shape=(1, features.shape[1]), dtype="float32"),
            av.signature_field("class", dtype="int64", profile="NOMINAL"),
        ]
        version = client.register_model_version("cancer", "watched", av.Signature(outputs=tuple(outputs)))
        client.anomaly.attach(detector.number, version)
        columns = dict(zip(names, data.data.T, strict=True))
        client.append_production_data(version, {**columns, "embedding": features, "class": data.target})
        picture = client.project(version, "pca")
        print(f"{picture.plot} shows {len(picture.coordinates)} rows, coloured by their scores")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as here:
        main(Path(here))
