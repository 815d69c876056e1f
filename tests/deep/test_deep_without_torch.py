"""What a user without the extra is told; this file needs no torch itself."""

import sys

import pytest
from order import cohort

from biomarkers import deep, predict
from biomarkers.errors import InputError


def test_models_are_declared_without_torch_and_fitting_asks_for_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    recipe = predict.recipe(deep.SliceSequence("t1c"))
    assert recipe.declared()["model"]["kind"] == "SliceSequence"
    with pytest.raises(
        InputError, match=r"SliceSequence needs PyTorch .*: pip install 'biomarkers\[deep\]'"
    ):
        predict.fit(recipe, cohort(12, count=2, size=8))


def test_the_room_loads_without_torch():
    assert "torch" not in vars(deep)
    assert {"SliceSequence", "SpectrumCNN"} <= set(dir(deep))
