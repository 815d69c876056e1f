"""What the trace of a number sees."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from benchmarks.route import holds, routes, trace

from biomarkers.kinetics import Input


@dataclass
class Box:
    inside: object


@pytest.mark.parametrize(
    "thing",
    [
        0.25,
        np.array([[1.0, 0.25]]),
        {"a": {"b": [0.25]}},
        Box((1.0, Box(0.25))),
        pd.DataFrame({"name": ["a", "b"], "value": [1.0, 0.25]}),
    ],
)
def test_a_number_is_found_wherever_it_is_kept(thing):
    assert holds(thing, 0.25)
    assert not holds(thing, 0.2500001)


def test_numbers_of_another_kind_are_not_it():
    assert not holds("0.25", 0.25)
    assert not holds(1, 1.0)
    assert not holds(Box(None), 0.25)


def test_the_objects_that_hold_the_estimate_are_listed_up_to_the_table():
    def work():
        made = Input([0.0, 0.25], plasma=[0.0, 1.0])
        table = pd.DataFrame({"value": made.time})
        return Input(table["value"].to_numpy(), plasma=[0.0, 2.0]).time[1]

    route, classes = trace(work, float)
    assert classes == ["Input", "DataFrame"]
    assert "kinetics/input.py" in route.files
    assert not {file for file in route.files if file.startswith(("checks", "errors", "timing"))}
    assert trace(work, lambda _: 77.0)[1] == []


def test_a_fit_moves_between_files_and_ends_in_what_it_returns(tmp_path):
    name, work, estimate = next(routes(tmp_path))
    route, classes = trace(work, estimate)
    assert name == "Model.fit, one curve"
    assert route.moves > len(route.files) > 1
    assert len(route.functions) >= len(route.files)
    assert type(work()).__name__ in classes
