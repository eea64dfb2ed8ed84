import subprocess
import sys

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.projections.registry import names, projector


def test_methods_by_name() -> None:
    assert names() == ("umap", "densmap", "tsne", "trimap", "pacmap", "pca")
    assert [projector(name).name for name in names()] == list(names())
    assert projector("pca") is projector("pca")


@pytest.mark.parametrize("name", ["foo", "", "UMAP", "__init__"])
def test_an_unknown_method_is_not_implemented(name: str) -> None:
    with pytest.raises(InvalidInput, match="not implemented"):
        projector(name)


def test_the_parameters_of_umap_are_those_of_the_old_service() -> None:
    umap = projector("umap")
    assert list(umap.parameters.defaults().items()) == [
        ("metric", "euclidean"),
        ("min_dist", 0.1),
        ("n_components", 2),
        ("n_neighbours", 15),
    ]
    optional = [p.name for p in umap.parameters.parameters if p.optional]
    assert optional[:2] == ["engine", "label_weight"]
    values, faults = umap.parameters.check({"n_neighbors": 30.0, "min_dist": 0, "extra": 1})
    assert (dict(values), faults) == ({"min_dist": 0.0, "n_neighbours": 30}, ())
    for low in ({"n_neighbours": 1}, {"n_neighbours": 201}, {"min_dist": 1.0}, {"n_components": 4}, {"metric": "x"}):
        assert len(umap.parameters.check(low)[1]) == 1


def test_neighbours_needed_count_the_others() -> None:
    umap = projector("umap")
    assert umap.neighbours_needed({}, 1000) == 14
    assert umap.neighbours_needed({"n_neighbours": 2}, 1000) == 1
    assert umap.neighbours_needed({"n_neighbours": 200}, 100) == 98
    assert projector("pca").neighbours_needed({}, 1000) == 0
    assert projector("tsne").neighbours_needed({"perplexity": 20.0}, 1000) == 60
    assert projector("trimap").neighbours_needed({}, 1000) == 62
    assert projector("pacmap").neighbours_needed({}, 1000) == 60


def test_an_optional_parameter_at_its_default_counts_as_left_out() -> None:
    umap = projector("umap")
    complete = dict(umap.parameters.defaults())
    values, faults = umap.parameters.check({**complete, "engine": "auto", "label_weight": 0}, complete=True)
    assert (dict(values), faults) == (complete, ())
    values, faults = umap.parameters.check({**complete, "engine": "umap-learn"}, complete=True)
    assert (values["engine"], faults) == ("umap-learn", ())
    assert dict(umap.parameters.filled({"min_dist": 0.3}))["label_weight"] == 0.0
    (fault,) = umap.parameters.check({"label_weight": 2}, complete=False)[1]
    assert fault.field == "parameters.label_weight"


def test_asking_for_a_method_loads_no_heavy_library() -> None:
    program = (
        "import sys; from arangovis.projections.registry import names, projector\n"
        "print([projector(n).engine() for n in names()])\n"
        "import arangovis.projections.quality, arangovis.projections.neighbours\n"
        "print(sorted({'umap', 'fastumap', 'openTSNE', 'numba', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    engines, loaded = done.stdout.splitlines()
    assert all(f"{name} " in engines for name in ("fastumap", "umap-learn", "openTSNE", "numpy"))
    assert loaded == "[]"
