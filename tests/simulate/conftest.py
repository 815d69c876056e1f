"""One small cohort on disk, written once and only read by the tests."""

from pathlib import Path

import pytest

from biomarkers import simulate

SUBJECTS, SEED = 4, 3


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate.rat_glioma(tmp_path_factory.mktemp("rats"), subjects=SUBJECTS, seed=SEED)
