"""A study measured by the workers of a Dask scheduler: as by one process, byte by byte."""

import pytest
from toy_study import done, make_toy_study, measure_toys, order, tree

from biomarkers import sample_data
from biomarkers.cluster import Cluster
from biomarkers.errors import ClusterError
from biomarkers.study import MeasureSettings, measure

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


def local(workers, threads=1, **how):
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=threads, dashboard_address="127.0.0.1:0", **how
    )


@pytest.fixture(scope="module")
def cluster():
    with local(2) as running:
        yield running


@pytest.fixture
def root(tmp_path):
    return make_toy_study(tmp_path / "study")


@pytest.fixture
def address(cluster):
    return cluster.scheduler_address


def test_results_are_those_of_one_process(tmp_path, monkeypatch, address) -> None:
    monkeypatch.chdir(tmp_path)
    sample_data.write_study("rats", subjects=["01"])  # below this folder
    table = measure("rats", "out", settings=MeasureSettings(scheduler=address)).table
    assert len(table) == 60
    measure("rats", "undisturbed")
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_an_interrupt_takes_back_what_is_not_done_and_leaves_the_workers(
    tmp_path, monkeypatch, cluster, address
) -> None:
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    settings, rats = MeasureSettings(scheduler=address), sample_data.write_study("rats")
    with pytest.raises(KeyboardInterrupt):
        measure(rats, "out", settings=settings, progress=interrupt)
    assert not (tmp_path / "out/measurements.tsv").exists()
    with distributed.Client(address, set_as_default=False) as client:
        assert len(client.nthreads()) == 2
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0


def test_few_items_are_handed_over_at_a_time(tmp_path, address) -> None:
    class Seen(list):
        count = 0

        def __getitem__(self, index):
            self.count += 1
            return super().__getitem__(index)

    items = Seen(range(-20, 0))
    with Cluster(address, dict, tmp_path) as executor:
        results = executor.results(abs, items)
        first = next(results)
        assert items.count <= 4
        assert sorted([first, *results]) == [(at, 20 - at) for at in range(20)]


def test_workers_of_another_program_are_refused(root, tmp_path, address, monkeypatch) -> None:
    monkeypatch.setattr("biomarkers.study.keys._sources", lambda: "another")
    with pytest.raises(ClusterError, match=r"worker tcp://.* has another biomarkers than this run"):
        measure_toys(root, tmp_path / "out", scheduler=address)
    assert done(root) == []


def test_a_session_that_kills_its_worker_twice_is_named(root, tmp_path, address) -> None:
    order(root, "01", "die")
    out = tmp_path / "out"
    measured = measure_toys(root, out, scheduler=address)
    (failure,) = measured.failures
    assert failure.session == "sub-01 ses-a"
    assert "was lost with its worker, twice, the second time with no other" in failure.reason
    assert done(root) == ["01", "01", "02", "03"]
    (root / "sourcedata/01").unlink()
    measure_toys(root, out, resume=True)
    assert done(root) == ["01"]
    measure_toys(root, tmp_path / "undisturbed")
    assert tree(out) == tree(tmp_path / "undisturbed")


@pytest.mark.parametrize(
    ("workers", "threads", "says"),
    [(0, 1, "has no worker; start some with `dask worker "), (1, 2, "has 2 threads; expected")],
)
def test_a_cluster_that_cannot_work_is_refused(
    tmp_path, monkeypatch, workers, threads, says
) -> None:
    monkeypatch.setattr("biomarkers.cluster._FIRST_WORKER", 1.0)
    with (
        local(workers, threads, processes=False) as running,
        pytest.raises(ClusterError, match=says),
    ):
        Cluster(running.scheduler_address, dict, tmp_path).__enter__()


def test_a_scheduler_that_goes_ends_the_run_with_what_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("biomarkers.cluster._CONNECTING", 3.0)
    with local(1) as running, Cluster(running.scheduler_address, dict, tmp_path) as executor:
        results = executor.results(abs, [-1, -2, -3])
        next(results)
        running.close()
        with pytest.raises(ClusterError, match=r"is gone .* go on with --resume"):
            list(results)
