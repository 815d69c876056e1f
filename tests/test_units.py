"""Units have one spelling, and conversion refuses to mix dimensions."""

import pytest

from biomarkers.errors import InputError
from biomarkers.quantities import QUANTITIES, STATISTICS, quantity
from biomarkers.units import canonical_unit, conversion_factor, is_unit


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("mm3", "mm^3"),
        ("mm³", "mm^3"),
        ("mm^3", "mm^3"),
        ("min-1", "1/min"),
        ("min⁻¹", "1/min"),
        ("µm2/ms", "um^2/ms"),
        ("mm2/s", "mm^2/s"),
        ("×10⁻³ mm²/s", "10^-3 mm^2/s"),
        ("10-3 mm2/s", "10^-3 mm^2/s"),
        ("x 10^-6 mm2/s", "10^-6 mm^2/s"),
        (" mm^2/s ", "mm^2/s"),
        ("", ""),
        ("n/a", ""),
        ("furlongs", "furlongs"),
    ],
)
def test_units_have_one_spelling(found: str, expected: str) -> None:
    assert canonical_unit(found) == expected


@pytest.mark.parametrize("text", ["mm²/s", "min-1", "kBq/ml", "%", "10-3 mm2/s"])
def test_a_unit_is_known(text: str) -> None:
    assert is_unit(text)


@pytest.mark.parametrize("text", ["", "J0", "Ktrans", "p90", "1", "Ångström"])
def test_other_words_are_no_unit(text: str) -> None:
    assert not is_unit(text)


def test_a_unit_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(InputError, match="Ångström"):
        canonical_unit("Ångström")


@pytest.mark.parametrize(
    ("found", "wanted", "factor"),
    [
        ("ms", "s", 1e-3),
        ("1/s", "1/min", 60.0),
        ("um^2/ms", "mm^2/s", 1e-3),
        ("um2/s", "mm^2/s", 1e-6),
        ("mL/min/mL", "mL/min/100mL", 100.0),
        ("%", "", 0.01),
        ("cm3", "mm3", 1000.0),
        ("kBq/cc", "kBq/mL", 1.0),
        ("nCi/cc", "kBq/mL", 0.037),
        ("µCi/mL", "MBq/mL", 0.037),
        ("minutes", "s", 60.0),
        ("frogs", "frogs", 1.0),
    ],
)
def test_conversion(found: str, wanted: str, factor: float) -> None:
    assert conversion_factor(found, wanted) == pytest.approx(factor, rel=1e-15)
    assert conversion_factor(wanted, found) == pytest.approx(1 / factor, rel=1e-15)


@pytest.mark.parametrize(("found", "wanted"), [("s", "mm^3"), ("frogs", "s"), ("", "s")])
def test_conversion_between_different_things_is_refused(found: str, wanted: str) -> None:
    with pytest.raises(InputError, match="cannot convert"):
        conversion_factor(found, wanted)


def test_a_quantity_is_found_through_its_statistics_and_grids() -> None:
    assert quantity("ADC_p90") is QUANTITIES["ADC"]
    assert quantity("volume_DWI") is QUANTITIES["volume"]
    assert quantity("tumor_volume") is QUANTITIES["tumor_volume"]
    assert quantity("ADC_entropy") is None
    assert quantity("my_marker") is None


def test_every_unit_of_a_quantity_is_canonical() -> None:
    assert [q.name for q in QUANTITIES.values() if canonical_unit(q.unit) != q.unit] == []
    assert {"mean", "sd", "p10", "p25", "p50", "p90"} <= set(STATISTICS)
