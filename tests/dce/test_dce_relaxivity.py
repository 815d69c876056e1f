"""Looking up relaxivities; the values themselves are held against their sources in reference/."""

import numpy as np
import pytest

from biomarkers.dce import RELAXIVITIES, relaxivity
from biomarkers.errors import InputError


@pytest.mark.parametrize("name", ["Gd-DOTA", "gd-dota", "gadoterate", "Dotarem", " DOTAREM "])
def test_an_agent_has_several_names(name):
    assert relaxivity(name, field_t=7.0, medium="human plasma").r1 == 2.84


def test_fields_are_called_alike():
    assert relaxivity("gadobutrol", field_t=2.98) == relaxivity("gadobutrol", field_t=3)


def test_of_two_fields_that_are_alike_the_nearer_is_meant():
    at = {
        field: relaxivity("gadoxetate", field_t=field, medium="rat blood") for field in (1.4, 1.5)
    }
    assert [row.field_t for row in at.values()] == [1.41, 1.5]


def test_plasma_alone_is_bovine():
    bovine = relaxivity("Gd-DTPA", field_t=4.7, medium="bovine plasma")
    assert relaxivity("Gd-DTPA", field_t=4.7, medium=" Plasma ") is bovine
    assert bovine.medium == "bovine plasma"


def test_nothing_is_extrapolated():
    with pytest.raises(InputError, match=r"Gd-DOTA at 9.4 T in human plasma; known are 1.5 T in h"):
        relaxivity("Gd-DOTA", field_t=9.4)
    with pytest.raises(InputError, match="7 T in rat blood"):
        relaxivity("gadoxetate", field_t=7, medium="human plasma")
    with pytest.raises(InputError, match="agent 'water'; known are ferumoxytol, gadobenate"):
        relaxivity("water", field_t=3)


def test_what_a_source_does_not_give_is_nan():
    assert np.isnan(relaxivity("Gd-DOTA", field_t=3).r2)


def test_every_row_is_one_of_a_kind_with_a_source():
    keys = {(row.agent, row.medium, row.field_t) for row in RELAXIVITIES}
    assert len(keys) == len(RELAXIVITIES)
    for row in RELAXIVITIES:
        assert "doi:10." in row.source
        assert relaxivity(row.agent, field_t=row.field_t, medium=row.medium) is row
