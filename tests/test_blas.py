"""Linear algebra is held to one thread while the package works, and not afterwards."""

from collections.abc import Iterator
from contextlib import suppress
from threading import Event, Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from biomarkers import mrs, sample_data
from biomarkers.blas import one_blas_thread
from biomarkers.estimates import in_chunks
from biomarkers.kinetics import MODELS, Input
from biomarkers.study import unit


def threads() -> set[int]:
    return {each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """The suite itself runs on one."""
    with threadpool_limits(limits=3, user_api="blas"):
        if threads() != {3}:
            pytest.skip("the number of threads of this BLAS cannot be set")
        yield


def test_the_limit_holds_within_a_block_and_is_gone_after():
    with one_blas_thread():
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {3}
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        _ = 1 / 0
    assert threads() == {3}


def test_blocks_of_two_threads_that_overlap_leave_what_was():
    inside, go_on = Event(), Event()

    def hold() -> None:
        with one_blas_thread():
            inside.set()
            go_on.wait(10)

    other = Thread(target=hold)
    with one_blas_thread():
        other.start()
        assert inside.wait(10)
    go_on.set()
    other.join()
    assert threads() == {3}


def test_chunks_are_worked_on_with_one_thread():
    seen = []
    in_chunks(lambda part: seen.append(threads()), 5, size=2)
    assert seen == [{1}] * 3
    assert threads() == {3}


def _fit_a_curve() -> None:
    curve = sample_data.dce_curve()
    plasma = Input(curve.time, plasma=curve.plasma)
    next(iter(MODELS.values())).fit(curve.tissue, curve.time, plasma)


def _preprocess() -> None:
    fid = np.exp(-20.0 * np.arange(64) * 1e-3)[None, None, None]
    mrs.preprocess(mrs.Scan(fid, 1e-3, 123.2))


def _measure() -> None:
    class Recipe:
        session = "sub-01"

    unit.measure_unit(unit.Unit(Recipe(), None, volumes_by_space=False))


@pytest.mark.parametrize(
    ("module", "name", "call"),
    [
        ("biomarkers.kinetics.engine", "reduce", _fit_a_curve),
        ("biomarkers.mrs.preprocessing", "correct_eddy_currents", _preprocess),
        ("biomarkers.study.unit", "_inputs_of", _measure),
    ],
)
def test_a_call_of_the_library_works_with_one_thread(monkeypatch, module, name, call):
    seen = []

    def look(*args: object, **named: object) -> None:
        seen.append(threads())
        raise InterruptedError

    monkeypatch.setattr(f"{module}.{name}", look)
    with suppress(InterruptedError):
        call()
    assert seen == [{1}]
    assert threads() == {3}
