import pytest

from arangovis.projections.base import Projector
from arangovis.projections.registry import names, projector
from arangovis.testing.projections import ProjectorSuite


class TestPca(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls) -> Projector:
        return projector("pca")


class TestUmap(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls) -> Projector:
        return projector("umap")


def test_every_method_is_checked_here() -> None:
    assert set(names()) == {"pca", "umap"}
