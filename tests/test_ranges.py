"""A number in another unit is refused or warned of; what laboratories have passes in silence."""

import warnings

import numpy as np
import pytest

from biomarkers.errors import InputError, StudyError, UnusualValueWarning
from biomarkers.quantities import QUANTITIES
from biomarkers.ranges import (
    INPUTS,
    beyond_usual,
    check_possible,
    known_species,
    unusual,
    usual_range,
)

# Sane values: species and what it has; the unit says by what it is mistaken.
EXAMPLES = {
    "body_weight": {"mouse": 25.0, "rat": 251.0, "human": 70000.0},
    "injected_dose": {"mouse": 5.0, "rat": 20.0, "human": 370.0},
    "dose_per_weight": {"mouse": 200.0, "rat": 80.0, "human": 5.0},
    "activity": {"mouse": 300.0, "rat": 200.0, "human": 30.0},
    "iron_dose": {"": 11.2}, "haematocrit": {"": 0.45}, "T1": {"": 1.8}, "blood_t1": {"": 2.171},
    "tr": {"": 0.005}, "train_tr": {"": 0.003}, "longest_te": {"": 0.02},
    "saturation_delay": {"": 0.15}, "inversion_delay": {"": 0.02},
    "te": {"": 0.003}, "spin_te": {"": 0.02},
    "B1": {"": 0.9}, "r1": {"": 4.5}, "r2": {"": 20.0}, "field_t": {"": 7.0},
    "flip_deg": {"": 20.0}, "plasma_peak": {"": 5.0}, "ADC": {"": 8e-4},
    "b_value": {"": 1000.0},
    "frame_duration": {"": 300.0},
    "blood_volume": {"": 64.0}, "iron_magnetisation": {"": 77.5}, "core_diameter": {"": 6.0},
    "delta_chi": {"": 2.4e-6}, "tissue_density": {"": 1.04}, "bolus_te": {"": 0.03},
    "bolus_peak": {"": 60.0},
    "recovery": {"": 1.2}, "mrs_te": {"": 0.03}, "mrs_tr": {"": 2.0}, "dwell": {"": 2.5e-4},
    "frequency_mhz": {"": 123.2}, "mixing_time": {"": 0.02},
    "series_span": {"": 400.0}, "bolus_span": {"": 90.0}, "body_height": {"human": 175.0},
}  # fmt: skip
# A short step may be one of another unit: the span of the series tells.
BY_ANOTHER = {"series_spacing", "bolus_spacing", "scan_end", "half_lives"}
ARBITRARY = {"signal", "weights"}
FACTORS = {"s": (60.0, 1000.0), "1/s": (60.0, 1000.0), "": (100.0,), "deg": (57.29578,),
           "cm": (100.0,)}  # fmt: skip


def test_every_input_quantity_is_examined():
    assert set(EXAMPLES) | BY_ANOTHER | ARBITRARY == set(INPUTS)
    assert {name for name, row in INPUTS.items() if not row.usual} == ARBITRARY


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_usual_value_passes_and_one_in_another_unit_does_not(name):
    for species, value in EXAMPLES[name].items():
        assert check_possible(name, value, source="here", species=species) == ""
        for factor in FACTORS.get(INPUTS[name].unit, (1000.0,)):
            for wrong in (value * factor, value / factor):
                if name == "flip_deg" and wrong > value:
                    continue  # degrees taken for radians: nobody's slip here
                with warnings.catch_warnings(record=True) as caught:
                    warnings.simplefilter("always")
                    try:
                        words = check_possible(name, wrong, source="here", species=species)
                    except InputError as error:
                        words = str(error)
                    else:
                        assert [each.category for each in caught] == [UnusualValueWarning]
                assert "here is" in words, (name, species, wrong)


def test_the_message_names_what_was_found_what_was_expected_and_the_unit_it_looks_like():
    for name, wrong, unit in (
        ("blood_t1", 2171, "ms"), ("body_weight", 0.251, "kg"), ("B1", 95.0, "%"),
        ("haematocrit", 45, "%"), ("field_t", 300, "MHz"), ("ADC", 800, "um^2/s"),
        ("te", 3.5, "ms"), ("r1", 0.0045, "1/(ms mM)"), ("injected_dose", 3.7e8, "Bq"),
    ):  # fmt: skip
        with pytest.raises(InputError, match="expected") as caught:
            check_possible(name, wrong, source="a.json: Key")
        assert f"a.json: Key is {wrong:.6g}" in str(caught.value)
        looks = str(caught.value).partition("looks like ")[2]
        assert unit in looks.split(" or "), looks
    with pytest.warns(UnusualValueWarning, match="looks like rad"):
        check_possible("flip_deg", 0.349, source="flip_deg")
    with pytest.warns(UnusualValueWarning, match="looks like umol/kg"):
        check_possible("iron_dose", 200.0, source="dose_mg_fe_kg")
    with pytest.raises(StudyError):
        check_possible("blood_t1", 2171, source="BloodT1", error=StudyError)


def test_species_and_field_narrow_what_is_usual():
    assert known_species("Rattus norvegicus") == known_species("rat") == "rat"
    assert known_species("Mus musculus") == "mouse"
    assert known_species("Canis lupus") == known_species(None) == ""
    with pytest.warns(UnusualValueWarning, match="usual in a rat"):
        check_possible("body_weight", 251000.0, source="weight", species="rattus norvegicus")
    with pytest.warns(UnusualValueWarning):  # heavier than any usual body
        check_possible("body_weight", 251000.0, source="weight")
    assert check_possible("blood_t1", 1.0, source="t1") == ""
    with pytest.warns(UnusualValueWarning, match=r"usual at 9\.4 T"):
        check_possible("blood_t1", 1.0, source="t1", field_t=9.4)
    low, high = usual_range(INPUTS["body_weight"])
    assert low < 20 < 250 < 70000 < high


def test_a_map_is_judged_by_its_typical_voxel():
    t1 = np.full(100, 1.6)
    t1[:30] = 0.0
    t1[30], t1[31] = np.nan, 900.0
    assert check_possible("T1", t1, source="t10") == ""
    with pytest.raises(InputError, match="looks like ms"):
        check_possible("T1", t1 * 1000, source="t10")
    assert check_possible("T1", np.full(4, np.nan), source="t10") == ""


def test_results_that_cannot_be_physiology_are_named():
    for name, wrong in (("Ktrans", 5.1), ("ve", 1.02), ("CBV", -0.03), ("SUVmean", 2761.0),
                        ("SUVmean", 0.00276), ("Ktrans_p90", 6.0)):  # fmt: skip
        assert unusual(name, wrong).startswith(f"{name} is")
    assert unusual("Ktrans", 0.1) == unusual("of_my_own", 1e9) == unusual("ve", np.nan) == ""
    assert QUANTITIES["ve"].usual == {"": (0.0, 1.0)}


def test_a_result_is_beyond_what_is_usual_by_more_than_twice_its_error():
    rows = [QUANTITIES[name] for name in ("vp", "kep", "delay")]
    low, high = usual_range(rows[0])
    values = {"vp": np.array([low, high + 0.1, high + 0.1, low - 0.1, np.nan]), "kep": np.ones(5)}
    se = {"vp": np.array([np.nan, np.nan, 0.06, 0.04, 0.1])}
    beyond = beyond_usual(rows[:2], values, se)
    np.testing.assert_array_equal(beyond, [False, True, False, True, False])
    assert not beyond_usual(rows[2:], values, se).any()
