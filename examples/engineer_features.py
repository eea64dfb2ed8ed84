"""Which features help? A scikit-learn pipeline with feature sets that know which columns they are made of.

Breast cancer rows. Four feature sets are derived from one table: with and without logarithms, with and without the
worst value of the concave points. A logistic regression is trained on each, with several splits. Then the graph is
asked what the logarithm gained, what the added feature gained, and where a column comes from.

    python examples/engineer_features.py [FOLDER]

FOLDER keeps the store; without one it is a temporary folder.
"""

import sys
import tempfile

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import arangovis as av

SEEDS = 7
PLAIN = ("mean_texture", "mean_smoothness")
SKEWED = ("mean_area", "area_error")
ADDED = "worst_concave_points"


def features_of(logarithms: bool, added: bool) -> list[tuple[str, str, str | None]]:
    """Return the features as (name, column that it is made of, transformation)."""
    skewed = [(f"log_{name}" if logarithms else name, name, "log" if logarithms else None) for name in SKEWED]
    plain = [(name, name, None) for name in (*PLAIN, *((ADDED,) if added else ()))]
    return [*skewed, *plain]


def auc(columns: dict[str, np.ndarray], classes: np.ndarray, seed: int) -> float:
    """Train on two thirds and return the area under the ROC curve of the rest."""
    rows = np.column_stack(list(columns.values()))
    x_train, x_test, y_train, y_test = train_test_split(rows, classes, test_size=1 / 3, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(x_train, y_train)
    return float(roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))


def main(home: str) -> None:
    """Register, train, ask."""
    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names]
    table = dict(zip(names, data.data.T, strict=True))

    with av.connect(home=home, actor="ada") as client:
        client.register_project("clinic")
        source = client.register_dataset("clinic", "cells", columns=dict.fromkeys(names, "number"), rows=len(data.data))
        client.register_model("clinic", "malignant", attributes={"task": "diagnosis"})
        signature = av.Signature(outputs=(av.signature_field("score", "float64", "NUMERICAL"),))
        version = client.register_model_version("clinic", "malignant", signature)
        made = {}
        for logarithms in (False, True):
            for added in (False, True):
                features = features_of(logarithms, added)
                mapped = tuple(av.ColumnLineage(to, (column,), how) for to, column, how in features)
                made[logarithms, added] = client.register_featureset(
                    "clinic",
                    f"cells{', logarithms' if logarithms else ''}{', concave points' if added else ''}",
                    [av.Feature(to, "float64", how) for to, _, how in features],
                    derived_from=av.Derivation(source, "selection", mapped),
                )
                values = {to: np.log(table[column]) if how else table[column] for to, column, how in features}
                for seed in range(SEEDS):
                    client.log_run(
                        av.LoggedRun(
                            "training",
                            project="clinic",
                            params={"seed": seed},
                            evaluation={"auc": auc(values, data.target, seed)},
                            attributes={"technique": "logistic regression"},
                            inputs=(av.Input(made[logarithms, added], "features"), av.Input(version.node, "model")),
                        )
                    )

        for effect in client.transformation_effects("auc", project="clinic").effects:
            if effect.difference is not None:
                print(f"{effect.transformation}: median auc {effect.unused.median:.4f} -> {effect.used.median:.4f}")
        gains = client.feature_gains(ADDED, "auc", project="clinic")
        print(f"{ADDED}: better in {gains.better} of {len(gains.pairs)} pairs, by {gains.gain.median:.4f} (median)")
        print(f"  sign test p = {gains.p_value:.1e}")
        trace = client.column_lineage(made[True, True], "log_mean_area")
        print("log_mean_area comes from", ", ".join(f"{end.column} of {end.node.kind}" for end in trace.ends))
        used = client.column_lineage(source, ADDED, direction="downstream")
        print(f"{ADDED} went into {len({link.target.node for link in used.links})} feature sets")
        best = client.model_ranking("auc", project="clinic").candidates[0]
        print(f"best run of {best.version}: {best.value:.4f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
