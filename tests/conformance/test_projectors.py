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


class TestDensmap(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls) -> Projector:
        return projector("densmap")


class TestTsne(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls) -> Projector:
        return projector("tsne")


class TestTrimap(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls) -> Projector:
        return projector("trimap")


class TestPacmap(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls) -> Projector:
        return projector("pacmap")


SUITES = (TestPca, TestUmap, TestDensmap, TestTsne, TestTrimap, TestPacmap)


def test_every_method_is_checked_here() -> None:
    assert {suite.__name__.removeprefix("Test").lower() for suite in SUITES} == set(names())
