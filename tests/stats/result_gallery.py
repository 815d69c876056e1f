"""One result of every kind, of small made-up data: what the tests of drawing and printing draw."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from biomarkers import stats
from biomarkers.stats.separation.stability import Stability
from biomarkers.stats.shown import Shown

RANDOM = np.random.default_rng(5)
N = 24
OUTCOME = np.repeat([1, 0], N // 2)
MARKER = RANDOM.normal(1.2 * OUTCOME, 1.0)
OTHER = 0.6 * MARKER + RANDOM.normal(0.0, 0.8, N)
AGE = RANDOM.normal(50, 10, N)
FIRST = RANDOM.normal(10, 2, N)
SECOND = 1.05 * FIRST + RANDOM.normal(0.2, 0.5, N)
SUBJECTS = [f"rat{number:02d}" for number in range(N)]
DAYS = (0.0, 3.0, 7.0, 14.0)

PEOPLE = pd.DataFrame(
    {
        "subject": SUBJECTS,
        "responder": OUTCOME,
        "time": np.round(RANDOM.exponential(20 + 25 * OUTCOME) + 2, 1),
        "dead": (RANDOM.uniform(size=N) < 0.75).astype(int),
        "marker": MARKER,
        "age": AGE,
        "arm": np.where(np.arange(N) % 2, "vehicle", "bevacizumab"),
        "early": (MARKER > 0.4).astype(int),
        "late": (OTHER > 0.2).astype(int),
    }
)


def long_table() -> pd.DataFrame:
    """Two biomarkers of every subject on every day, rats lost later on."""
    rows = [
        {
            "subject": subject, "day": day, "visit": f"{day:g}", "biomarker": name,
            "region": "tumor", "group": PEOPLE["arm"][place],
            "value": np.exp(
                RANDOM.normal(0, 0.08) + offset[place]
                + (slope * (1 - 0.7 * OUTCOME[place]) + own[place]) * day
            ),
            "unit": "",
        }
        for name, slope in (("volume", 0.1), ("Ktrans", -0.03))
        for offset, own in ((RANDOM.normal(0, 0.15, N), RANDOM.normal(0, 0.02, N)),)
        for place, subject in enumerate(SUBJECTS)
        for day in DAYS
        if not (day == DAYS[-1] and place % 6 == 0)
    ]  # fmt: skip
    return pd.DataFrame(rows)


LONG = long_table()
VOLUME = LONG[LONG["biomarker"] == "volume"].merge(PEOPLE[["subject", "responder"]], on="subject")
VOLUME["change"] = np.log(VOLUME["value"])
REPLICATES = pd.DataFrame(
    {
        "subject": np.repeat(SUBJECTS[:10], 3),
        "rater": np.tile(["a", "b", "c"], 10),
        "value": np.repeat(FIRST[:10], 3) + RANDOM.normal(0, 0.6, 30),
    }
)
ATTENDANCE = pd.DataFrame(
    [
        {
            "subject": subject, "positive": bool(OUTCOME[place]), "biomarker": name,
            "region": "tumor", "visit": f"{day:g}",
            "status": "gone" if day == DAYS[-1] and place % 6 == 0
            else "missing" if day == 3.0 and place % 7 == 0 else "measured",
        }
        for name in ("volume", "Ktrans")
        for place, subject in enumerate(SUBJECTS)
        for day in DAYS
    ]
)  # fmt: skip


def _changes() -> pd.DataFrame:
    changed = stats.change(LONG)
    positive = dict(zip(SUBJECTS, OUTCOME == 1, strict=True))
    return changed.assign(
        positive=changed["subject"].map(positive), visit=changed["day"].map("{:g}".format)
    )


def _earliest() -> Shown:
    return stats.earliest(LONG, PEOPLE, permutations=199)


def _stability() -> Stability:
    shares = [
        (name, "tumor", visit, share)
        for name, row in (("volume", (0.1, 0.55, 0.25, 0.1)), ("Ktrans", (0.6, 0.2, 0.1, 0.1)))
        for visit, share in zip(("3", "7", "14", ""), row, strict=True)
    ]
    worth = [("volume", "tumor", 0.87), ("Ktrans", "tumor", 0.92)]
    return Stability(
        pd.DataFrame(shares, columns=["biomarker", "region", "visit", "share"]),
        pd.DataFrame(worth, columns=["biomarker", "region", "auc_corrected"]),
        999,
    )


def _cox() -> stats.CoxModel:
    return stats.cox(PEOPLE, "marker + age + C(arm)", time="time", event="dead")


def _alive(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out what was measured after the end of a subject's time."""
    time = table["subject"].map(PEOPLE.set_index("subject")["time"])
    return table[table["day"] < time]


GALLERY: Mapping[str, Callable[[], Shown]] = {
    "accuracy": lambda: stats.accuracy(MARKER, OUTCOME, threshold=0.5),
    "adjusted_auc": lambda: stats.adjusted_auc(MARKER, OUTCOME, {"age": AGE}),
    "ancova": lambda: stats.ancova(PEOPLE, "marker ~ age + C(arm)"),
    "auc_bounds": lambda: stats.auc_bounds(
        np.where(np.arange(N) % 8 == 0, np.nan, MARKER), OUTCOME
    ),
    "cliffs_delta": lambda: stats.cliffs_delta(MARKER[:12], MARKER[12:]),
    "clustered_roc": lambda: stats.clustered_roc(
        np.r_[MARKER, OTHER], np.r_[OUTCOME, OUTCOME], [*SUBJECTS, *SUBJECTS]
    ),
    "combine_markers": lambda: stats.combine_markers(
        {"volume": MARKER, "Ktrans": OTHER, "ADC": AGE}, OUTCOME,
        settings=stats.CrossValidation(folds=3, repeats=1, permutations=19),
    ),
    "compare_growth": lambda: stats.compare_growth(VOLUME),
    "compare_roc": lambda: stats.compare_roc(MARKER, OTHER, OUTCOME),
    "concordance": lambda: stats.concordance(-MARKER, PEOPLE["time"], PEOPLE["dead"]),
    "concordance_correlation": lambda: stats.concordance_correlation(FIRST, SECOND),
    "cox": _cox,
    "cutoff": lambda: stats.cutoff(MARKER, OUTCOME, draws=50),
    "deming": lambda: stats.deming(FIRST, SECOND),
    "drop_out_tests": lambda: stats.drop_out_tests(ATTENDANCE, _changes(), permutations=99),
    "dunnett": lambda: stats.dunnett(
        pd.DataFrame({"group": np.repeat(["vehicle", "low", "high"], 8), "value": MARKER}),
        control="vehicle",
    ),
    "earliest": _earliest,
    "growth_rates": lambda: stats.growth_rates(VOLUME),
    "hedges_g": lambda: stats.hedges_g(MARKER[:12], MARKER[12:]),
    "icc": lambda: stats.icc(REPLICATES),
    "kaplan_meier": lambda: stats.kaplan_meier(PEOPLE, time="time", event="dead", group="arm"),
    "kaplan_meier_of_all": lambda: stats.kaplan_meier(PEOPLE, time="time", event="dead"),
    "landmark_analysis": lambda: stats.landmark_analysis(
        PEOPLE, {3.0: "early"}, time="time", event="dead"
    ),
    "landmark_analysis_of_two": lambda: stats.landmark_analysis(
        PEOPLE, {3.0: "early", 7.0: "late"}, time="time", event="dead"
    ),
    "limits_of_agreement": lambda: stats.limits_of_agreement(FIRST, SECOND),
    "log_rank": lambda: stats.log_rank(PEOPLE, time="time", event="dead", group="early"),
    "logistic": lambda: stats.logistic({"volume": MARKER, "age": AGE}, OUTCOME, draws=50),
    "mean_change": lambda: stats.mean_change(MARKER),
    "mean_difference": lambda: stats.mean_difference(MARKER[:12], MARKER[12:]),
    "measured_intervals": lambda: stats.measured_intervals(
        _alive(LONG), PEOPLE, time="time", event="dead"
    ),
    "missing_pattern": lambda: stats.missing_pattern(ATTENDANCE),
    "mmrm": lambda: stats.mmrm(VOLUME, "change ~ C(responder) * C(visit)"),
    "partial_auc": lambda: stats.partial_auc(MARKER, OUTCOME),
    "passing_bablok": lambda: stats.passing_bablok(FIRST, SECOND),
    "proportionality": lambda: _cox().proportional_hazards(),
    "random_slopes": lambda: stats.random_slopes(VOLUME, "change ~ C(responder) * day"),
    "rank_sum_test": lambda: stats.rank_sum_test(MARKER[:12], MARKER[12:]),
    "regression_limits": lambda: stats.regression_limits(FIRST, SECOND, draws=50),
    "repeatability": lambda: stats.repeatability(REPLICATES["value"], REPLICATES["subject"]),
    "roc": lambda: stats.roc(MARKER, OUTCOME),
    "signed_rank_test": lambda: stats.signed_rank_test(MARKER),
    "smooth_roc": lambda: stats.smooth_roc(MARKER, OUTCOME),
    "stability": _stability,
    "time_roc": lambda: stats.time_roc(-MARKER, PEOPLE["time"], PEOPLE["dead"], horizons=[15.0]),
    "time_roc_of_three": lambda: stats.time_roc(
        -MARKER, PEOPLE["time"], PEOPLE["dead"], horizons=[8.0, 15.0, 25.0]
    ),
}  # fmt: skip
