"""A cohort in which responders' ADC rises, with treatment groups, survival and replicates."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.plan import make_plan

PLAN = {
    "outcome": "responder",
    "positive": 1,
    "baseline": 0,
    "visits": {"0": "-3-0", "3": [3], "7": [6, 7]},
    "labels": ["responders", "progressors"],
    "biomarkers": {
        "ADC": {"change": "percent"},
        "T1": {"change": "absolute", "direction": "lower"},
        "volume": {"change": "log_ratio"},
    },
    "separation": {"permutations": 499},
}


def make_cohort(subjects=24, seed=6):
    random = np.random.default_rng(seed)
    rows, who = [], []
    for number in range(subjects):
        name, responds = f"{number:02d}", number % 2 == 0
        who.append((name, int(responds), ("drug", "sham", "dose")[number % 3],
                    round(float(random.exponential(60 if responds else 25)) + 4, 1),
                    int(random.random() < 0.8), ("m", "f")[number % 2 - number % 3],
                    float(random.normal(250, 20))))  # fmt: skip
        for biomarker, level, spread, effect in (
            ("ADC", 1e-3, 0.05, 0.2), ("T1", 1.5, 0.05, -0.02), ("volume", 80.0, 0.2, -0.3),
        ):  # fmt: skip
            own = level * random.lognormal(0, 0.1)
            for day in (-3, 0, 3, 7):
                late = max(day, 0) / 7 * effect * responds
                rows.append((name, day, "tumor", biomarker, own * np.exp(late)
                             * random.lognormal(0, spread)))  # fmt: skip
    table = pd.DataFrame(rows, columns=["subject", "day", "region", "biomarker", "value"])
    columns = ["subject", "responder", "treatment", "days", "died", "sex", "weight"]
    return table, pd.DataFrame(who, columns=columns)


@pytest.fixture(scope="session")
def cohort():
    """Measurements and participants, `analyse` by the plan with changes, and the changes."""
    table, participants = make_cohort()

    def analyse(measurements=table, **more):
        return stats.analyse(measurements, participants, make_plan({**PLAN, **more}))

    return SimpleNamespace(table=table, participants=participants, plan=PLAN, analyse=analyse)


@pytest.fixture(scope="session")
def everything(cohort):
    """Results of a plan that asks for all but combination, which takes its time."""
    return cohort.analyse(
        models={}, cutoff={"draws": 200}, survival={"time": "days", "event": "died"},
        agreement={}, groups="treatment",
    )  # fmt: skip


@pytest.fixture
def changes_at(everything):
    """Return the changes of a series at a visit, with the class of each subject."""

    def find(biomarker, visit):
        rows = everything.tables["changes"]
        rows = rows[(rows["biomarker"] == biomarker) & (rows["visit"] == visit)]
        return rows.set_index("subject")[["change", "positive", "group"]].sort_index()

    return find
