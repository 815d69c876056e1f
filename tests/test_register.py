"""Every argument with a unit, a factor too large or too small: refused, or warned of by name."""

import re

import pandas as pd
import pytest

from register_calls import every_argument
from register_walks import factors_of, go

ARGUMENTS = every_argument()


@pytest.mark.parametrize("given", ARGUMENTS, ids=lambda given: f"{given.quantity}: {given.place}")
def test_another_unit_is_refused_or_warned_of(given):
    assert go(lambda: given.run(1.0)).said == ""
    for factor in factors_of(given.quantity):
        went = go(lambda factor=factor: given.run(factor))
        assert re.search(given.named, went.said), (factor, went.said)
        if isinstance(went.returned, pd.DataFrame):
            assert "ok" not in set(went.returned["qc"])
