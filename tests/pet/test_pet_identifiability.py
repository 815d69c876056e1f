"""A small version of the study of what FLT and RGD scans determine."""

import pytest
from benchmarks.pet_identifiability import MINUTES, arterial, measure

from biomarkers import pet


@pytest.fixture(scope="module")
def source():
    return arterial(60.0 * max(MINUTES))


def test_the_flux_of_flt_is_determined_and_its_rates_less_so(source):
    row = measure("FLT, k4 = 0.02", 90, source, 80)
    tracer = pet.TRACERS["FLT"]
    strong = max(row[f"{name}_sd_%"] for name in tracer.determined)
    weak = min(row[f"{name}_sd_%"] for name in tracer.weak)
    assert row["Ki_sd_%"] < 7.0
    assert strong < weak * 1.2
    assert row["k4_refuted_%"] > 90.0
    assert row["Ki_bias_Patlak_%"] < -45.0


def test_the_volume_of_rgd_is_determined_and_its_binding_less_so(source):
    row = measure("RGD, BPND = 5.87", 90, source, 80)
    tracer = pet.TRACERS["RGD"]
    assert row["VT_sd_%"] < 8.0
    assert max(row[f"{name}_sd_%"] for name in tracer.determined) < min(
        row[f"{name}_sd_%"] for name in tracer.weak
    )
    assert row["Ki_bias_irreversible_%"] < -40.0
