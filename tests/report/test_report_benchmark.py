import pytest
from benchmarks.report_speed import analysed, drawn


@pytest.mark.parametrize(("figures", "files"), [("none", False), ("shown", True)])
def test_a_small_version_of_the_benchmark_runs(figures, files, tmp_path):
    assert analysed(8, 2, tmp_path) > 0
    found = drawn(tmp_path, figures)
    assert (found["files"] > 0) == files
    assert found["files"] % 3 == 0
    assert 0 < found["megabytes"] < 1
