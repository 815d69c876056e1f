"""Peak memory of a call, of arrays alone, is at most three times the float32 series."""

import tracemalloc

import numpy as np
import pytest

from benchmarks import memory
from biomarkers import cbv, dce, dwi, pet, study
from biomarkers.images import Image, ScaledArray
from biomarkers.study.memory import BASE
from biomarkers.timing import Frames

SHAPE, VOLUMES = (40, 40, 20), 60  # 7 MiB: slabs of voxels take several
MOST = 3.0


def peak_over_series(work, *given, volumes=VOLUMES):
    """Peak of what is allocated meanwhile, over the bytes of the series."""
    tracemalloc.start()
    try:
        work(*given)
        return tracemalloc.get_traced_memory()[1] / (4 * np.prod(SHAPE) * volumes)
    finally:
        tracemalloc.stop()


@pytest.fixture(autouse=True)
def small_slabs(monkeypatch):
    """Take slabs that are as small, beside the series, as they are in practice.

    On one thread, as in the processes of a study: each works on slabs of its own.
    """
    monkeypatch.setattr("numba.config.NUMBA_NUM_THREADS", 1)
    monkeypatch.setattr("biomarkers.estimates.voxels.SLAB_BYTES", 1 << 20)
    for room in ("cbv.bolus.perfusion", "cbv.bolus.signal", "dce.shape_maps"):
        monkeypatch.setattr(f"biomarkers.{room}.CHUNK", 256)


def whole(series):
    """Return a series as it lies in memory, and as a file with a slope would leave it."""
    slope = float(series.max()) / 32000.0
    return [series, ScaledArray(np.round(series / slope).astype(np.int16), slope)]


def dce_maps(series, time, source):
    scan = dce.Scan(series, time, t10=np.full(SHAPE, memory.T1), r1=4.0, **memory.DYNAMIC)
    scan.maps(source)
    scan.semiquantitative(source)
    region = np.ones(SHAPE, dtype=bool)
    scan.fit(region, source)
    scan.misfit(source, mask=region)


def test_maps_of_a_dynamic_series():
    time, curves, blood = memory.dce_curves(VOLUMES)
    series = memory.noisy(curves, SHAPE)
    artery = memory.regions(SHAPE) == memory.REGIONS["artery"]
    series[artery] = blood
    how = {"t10_blood": 1.7, "hct": 0.42, "r1": 4.0}
    source = dce.measured_input(series, time, artery, **how, **memory.DYNAMIC)
    for each in whole(series):
        assert peak_over_series(dce_maps, each, time, source) + 1.0 <= MOST


def test_perfusion():
    time, curves, blood = memory.dsc_curves(VOLUMES)
    series = memory.noisy(curves, SHAPE)
    artery = memory.regions(SHAPE) == memory.REGIONS["artery"]
    series[artery] = blood
    for each in whole(series):
        assert peak_over_series(perfusion, each, time, artery) + 1.0 <= MOST


def perfusion(series, time, artery):
    scan = cbv.BolusScan(series, time, te=memory.TE_DSC)
    scan.maps(scan.input(artery))


def test_kinetics_of_positron_emission():
    start, length, source, curves = memory.pet_curves(VOLUMES)
    series = memory.noisy(curves, SHAPE)
    frames = Frames(start, length)
    for each in whole(series):
        image = Image(each, np.eye(4), "simulated", unit="kBq/mL")
        scan = pet.Scan(image, frames, pet.nuclide("F18"))
        regions = {"all": np.ones(SHAPE, dtype=bool)}
        assert peak_over_series(pet.maps, scan, source) + 1.0 <= MOST
        assert peak_over_series(pet.tacs, scan, regions) + 1.0 <= MOST


def test_diffusion():
    b, _, curves = memory.dwi_curves(VOLUMES)
    for each in whole(memory.noisy(curves, SHAPE)):
        assert peak_over_series(dwi.adc, each, b) + 1.0 <= MOST


def test_a_session_with_maps_of_a_dynamic_series(tmp_path):
    volumes = 120  # the maps of all steps are there at its end, and weigh as they do in practice
    for name, shape in (("small", memory.TINY), ("study", SHAPE)):  # imports and compiles first
        session = memory.Session(tmp_path / name, shape, "int16.nii.gz")
        memory.write_dce(session, volumes)
        session.labels()
        planned = study.plan_measuring(tmp_path / name)
        paths = tmp_path / name, tmp_path / f"out-{name}"
        peak = peak_over_series(study.measure, *paths, volumes=volumes)
    assert len(list((tmp_path / "out-study").rglob("*_Ktrans.nii.gz"))) == 1
    assert peak <= MOST
    assert peak * 4 * np.prod(SHAPE) * volumes < planned.needs[0] - BASE
