"""The bootstrap of the chosen visit against one resample at a time."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from biomarkers.plan import make_plan
from biomarkers.stats.labels import drawn_weights, make_units, permuted_labels
from biomarkers.stats.roc_analysis.auc import FLOOR, area, delong_variance, structural_components
from biomarkers.stats.separation import stability as module
from biomarkers.stats.separation.maxt import permutation_statistics, step_down
from biomarkers.stats.separation.panel import Panel

mpl.use("Agg")

VISITS = ("3", "7", "14")
DRAWS = 60


def make_panel(directions, clusters=None, seed=3):
    """Two markers on three visits; the effect comes on the second, downward in the second."""
    random = np.random.default_rng(seed)
    positive = np.arange(16) % 2 == 0
    effect = np.array([0.0, 1.6, 1.8, 0.0, -1.5, -2.0])
    values = random.normal(size=(16, 6)) + positive[:, None] * effect
    values[random.random(values.shape) < 0.1] = np.nan
    tests = pd.DataFrame(
        {
            "biomarker": np.repeat(["ve", "T1"], 3),
            "region": "whole",
            "visit": VISITS * 2,
            "direction": np.repeat(directions, 3),
        }
    )
    units = make_units(16, clusters=clusters)
    return Panel(tests, values, positive, units, pd.Index([f"s{n}" for n in range(16)]))


def plan_of(alpha, seed):
    return make_plan(
        {
            "outcome": "responder", "positive": 1, "baseline": 0,
            "visits": {"0": [0], **{name: [int(name)] for name in VISITS}},
            "biomarkers": {"ve": {}, "T1": {}},
            "separation": {"alpha": alpha, "permutations": 99, "seed": seed},
        }
    )  # fmt: skip


def named(**areas):
    """The earliest visits, by their AUC; None where no visit is named."""
    return [
        {"biomarker": name, "region": "whole", "visit": None if auc is None else 7, "auc": auc}
        for name, auc in areas.items()
    ]


def one_area(values, labels, times, turned):
    """The AUC of subjects repeated `times`, its statistic, both by definition; NaN if none."""
    there = ~np.isnan(values)
    x, y = (np.repeat(values[there & kind], times[there & kind]) for kind in (labels, ~labels))
    if not len(x) or not len(y):
        return np.nan, 0.0
    auc = area(x, y)
    null = (len(x) + len(y) + 1) / (12 * len(x) * len(y))
    variance = null
    if min(len(x), len(y)) > 1:
        variance = max(delong_variance(*structural_components(x, y)), FLOOR**2 * null)
    return (1 - auc if turned else auc), abs(auc - 0.5) / np.sqrt(variance)


def by_hand(panel, statistics, plan, weights):
    """Shares and mean optimism, resample by resample."""
    chosen, optimism = {"ve": [], "T1": []}, {"ve": [], "T1": []}
    for times in weights.astype(int):
        rows = []
        for test, direction in enumerate(panel.tests["direction"]):
            column = panel.values[:, test]  # noqa: PD011
            turned = direction == "lower"
            if direction == "auto":
                turned = one_area(column, panel.positive, times, False)[0] < 0.5
            rows.append((*one_area(column, panel.positive, times, turned), turned))
        areas, observed, sides = map(np.array, zip(*rows, strict=True))
        p = step_down(statistics, observed).p_adjusted
        hits = (p <= plan.separation.alpha) & (areas > 0.5)
        for start, name in ((0, "ve"), (3, "T1")):
            places = [place for place in range(start, start + 3) if hits[place]]
            chosen[name].append(places[0] - start if places else 3)
            if places:
                column = panel.values[:, places[0]]  # noqa: PD011
                once = np.ones(len(times), dtype=int)
                whole = one_area(column, panel.positive, once, sides[places[0]])[0]
                optimism[name].append(areas[places[0]] - whole)
    shares = [np.mean(np.array(chosen[name]) == at) for name in chosen for at in range(4)]
    return shares, [np.mean(optimism[name]) if optimism[name] else np.nan for name in optimism]


@pytest.mark.parametrize(
    ("directions", "clusters", "alpha"),
    [
        (["auto", "auto"], None, 0.2),
        (["higher", "lower"], None, 0.1),
        (["higher", "higher"], None, 0.3),
        (["auto", "lower"], np.arange(16) // 4 * 2 + np.arange(16) % 2, 0.3),
    ],
)
def test_shares_and_corrected_areas_are_those_of_single_resamples(
    monkeypatch, directions, clusters, alpha
):
    monkeypatch.setattr(module, "DRAWS", DRAWS)
    panel, plan = make_panel(directions, clusters), plan_of(alpha, seed=5)
    labels = permuted_labels(panel.positive, permutations=99, seed=5, units=panel.units)
    statistics = permutation_statistics(panel.values, labels)
    earliest = named(ve=0.8, T1=None)
    result = module.stability(panel, statistics, plan, earliest)
    weights = drawn_weights(panel.positive, draws=DRAWS, seed=5, units=panel.units)
    shares, optimism = by_hand(panel, statistics, plan, weights)
    assert result.draws == DRAWS
    assert result.shares["visit"].tolist() == [*VISITS, ""] * 2
    assert result.shares["biomarker"].tolist() == ["ve"] * 4 + ["T1"] * 4
    assert result.shares["share"].tolist() == pytest.approx(shares, abs=1e-12)
    assert result.corrected["biomarker"].tolist() == ["ve", "T1"]
    # Of the visit that is named, and nothing where none is.
    corrected = [0.8 - optimism[0], np.nan]
    np.testing.assert_allclose(result.corrected["auc_corrected"], corrected, atol=1e-6)
    # Resamples disagree, or this would test little.
    assert len(set(shares)) > 2


def test_no_choice_has_no_corrected_area(monkeypatch):
    monkeypatch.setattr(module, "DRAWS", 20)
    panel, plan = make_panel(["lower", "higher"]), plan_of(0.02, seed=1)
    statistics = permutation_statistics(
        panel.values, permuted_labels(panel.positive, permutations=99, seed=1)
    )
    result = module.stability(panel, statistics, plan, named(ve=None, T1=0.7))
    assert result.shares["share"].tolist() == [0, 0, 0, 1] * 2
    assert result.corrected["auc_corrected"].isna().all()


def test_the_headline_names_the_commonest_choice():
    shares = pd.DataFrame(
        [("ve", "rim", "3", 0.2), ("ve", "rim", "7", 0.7), ("ve", "rim", "", 0.1),
         ("T1", "rim", "3", 0.25), ("T1", "rim", "7", 0.25), ("T1", "rim", "", 0.5)],
        columns=["biomarker", "region", "visit", "share"],
    )  # fmt: skip
    corrected = pd.DataFrame({"biomarker": ["ve"], "region": ["rim"], "auc_corrected": [0.7]})
    result = module.Stability(shares, corrected, 500)
    assert result.headline == (
        "Of 500 resamples: ve (rim): visit 7 in 70%; T1 (rim): no visit in 50%."
    )
    assert result.to_dict() == {
        "draws": 500,
        "shares": shares.to_dict(orient="records"),
        "corrected": corrected.to_dict(orient="records"),
    }
    series = result.plot().containers
    assert [bars.get_label() for bars in series] == ["ve rim", "T1 rim"]
    assert [bar.get_height() for bar in series[0]] == [0.2, 0.7, 0.1]
