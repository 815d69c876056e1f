"""Larger and smaller effects: only those change."""

import numpy as np
import pytest

from biomarkers import simulate
from biomarkers.errors import InputError

RATS = simulate.STUDIES["rat-glioma"]


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 2.0])
def test_every_effect_is_multiplied(factor):
    changed = simulate.with_effects(RATS, factor)
    for name in RATS.biomarkers:
        np.testing.assert_allclose(changed.effect(name), factor * RATS.effect(name))
    assert changed.outcome.luck_in["volume"] == factor * RATS.outcome.luck_in["volume"]


def test_the_subjects_stay():
    rats, same = (
        simulate.draw_tables(each, subjects=9, seed=3)[1]
        for each in (RATS, simulate.with_effects(RATS, 0))
    )
    assert rats.equals(same)


def test_without_effects_the_response_moves_no_biomarker():
    none = simulate.with_effects(RATS, 0)
    table, rats = simulate.draw_tables(none, subjects=400, seed=1)
    rows = table[table["biomarker"] == "CBV"].merge(rats, on="subject")
    means = np.log(rows["value"]).groupby([rows["day"], rows["responder"]]).mean().unstack()
    assert (means[0] - means[1]).abs().max() < 0.12  # spread 0.26, more than 50 in each


def test_refuses_what_is_no_number():
    with pytest.raises(InputError, match="factor is nan"):
        simulate.with_effects(RATS, float("nan"))
