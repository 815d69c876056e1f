"""Do the survival methods keep their promises, and how fast are they?

Exponential times, uniform censoring of about 30 % (60 % where it says so). Tabulates how often
95 % intervals cover the truth, how often tests at 5 % reject where nothing differs, and the mean
error of estimates; then CPU time beside statsmodels, and lifelines where it is installed.

    python -m benchmarks.survival                   # all; writes benchmarks/results/survival_*.csv
    python -m benchmarks.survival speed curves      # some of speed, curves, models, markers
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import survdiff

from biomarkers import stats
from biomarkers.errors import SeparationError

SETS = 400
RESULTS = Path(__file__).parent / "results"
NAMES = {"time": "time", "event": "event"}


def people(random, n, *, effect=0.0, marker=None, censored=0.3):
    """Simulate exponential times with hazard exp(effect·marker) and uniform censoring."""
    marker = random.normal(size=n) if marker is None else marker
    waits = random.exponential(np.exp(-effect * marker))
    gone = random.uniform(0, {0.3: 3.2, 0.6: 1.15}[censored], n)
    table = pd.DataFrame({"time": np.minimum(waits, gone), "event": waits <= gone, "x": marker})
    return table, waits


def row(what, n, found, truth=np.nan):
    """Return one line of the table from rejections, or from estimates with or without limits."""
    found = np.asarray(found, dtype=float)
    line = {"what": what, "n": n, "sets": len(found)}
    if found.ndim == 1:
        hits = found
    else:
        known = found[np.isfinite(found[:, 0]), 0] - truth
        line |= {"bias": known.mean(), "bias_error": known.std() / np.sqrt(len(known))}
        hits = (found[:, 1] <= truth) & (truth <= found[:, 2]) if found.shape[1] > 1 else [np.nan]
    share = np.mean(hits)
    line |= {"share": share, "share_error": np.sqrt(share * (1 - share) / len(found))}
    print(f"{what:50s} n {n:4d}  {share:.3f}  bias {line.get('bias', np.nan):+.4f}")
    return line


def curves(n):
    random, shares, medians, means = np.random.default_rng(n), [], [], []
    for _ in range(3 * SETS):
        found = stats.kaplan_meier(people(random, n)[0], **NAMES)
        shares.append(found.at([0.7]).iloc[0][["survival", "low", "high"]])
        middle = found.table.iloc[0][["median", "median_low", "median_high"]].astype(float)
        medians.append(middle.fillna({"median_low": np.nan, "median_high": np.inf}))
        means.append(found.restricted_mean(0.7).iloc[0][["mean", "low", "high"]])
    yield row("survival, log-log", n, shares, np.exp(-0.7))
    yield row("median", n, medians, np.log(2))
    known = [mean for mean in means if np.isfinite(mean.iloc[0])]
    yield row("restricted mean", n, known, 1 - np.exp(-0.7))


def tests(sizes):
    n = sum(sizes)
    random, ranks, exact, flat = np.random.default_rng(n), [], [], []
    for _ in range(3 * SETS):
        table = people(random, n)[0].assign(g=np.repeat([0, 1], sizes))
        ranks.append(stats.log_rank(table, group="g", **NAMES).p_value <= 0.05)
        if n < 40:
            test = stats.log_rank(table, group="g", permutations=199, seed=len(ranks), **NAMES)
            exact.append(test.p_value <= 0.05)
        if n >= 40:
            model = stats.cox(table, "x", **NAMES).proportional_hazards()
            flat.append(model.table["p_value"].iloc[-1] <= 0.05)
    yield row(f"log-rank {sizes[0]}+{sizes[1]}, size", n, ranks)
    if exact:
        yield row(f"log-rank {sizes[0]}+{sizes[1]} by permutation, size", n, exact)
    if flat:
        yield row("proportional hazards, size", n, flat)


def models(n, effect):
    random = np.random.default_rng(n)
    kinds = ("wald", "profile", "firth profile")
    found = {kind: [] for kind in kinds}
    separated = 0
    for _ in range(SETS):
        table = people(random, n, effect=effect)[0]
        firth = stats.cox(table, "x", penalty="firth", **NAMES).profile_intervals()
        found["firth profile"].append(firth.iloc[0])
        try:
            plain = stats.cox(table, "x", **NAMES)
        except SeparationError:
            separated += 1
            continue
        found["wald"].append(plain.table.iloc[0])
        found["profile"].append(plain.profile_intervals().iloc[0])
    for kind in kinds:
        limits = [np.log(r[["hazard_ratio", "low", "high"]].astype(float)) for r in found[kind]]
        yield row(f"Cox {kind}, log ratio {effect}", n, limits, effect)
    if separated:
        print(f"{'':45s} {separated} separated, left out of the first two")


def clustered(groups):
    random, found = np.random.default_rng(groups), {"robust": [], "naive": []}
    who = np.repeat(np.arange(groups), 3)
    for _ in range(SETS):
        marker = random.normal(size=groups)[who]
        table = people(random, len(who), effect=0.5, marker=marker)[0]
        shared = people(random, groups, effect=0.5, marker=marker[::3])[0].iloc[who]
        same = random.random(len(who)) < 0.7
        table.loc[same] = shared.reset_index(drop=True)[same]
        table["event"] = table["event"].astype(bool)
        for kind, cluster in (("robust", "who"), ("naive", None)):
            model = stats.cox(table.assign(who=who), "x", cluster=cluster, **NAMES)
            limits = model.table.iloc[0][["hazard_ratio", "low", "high"]].astype(float)
            found[kind].append(np.log(limits))
    for kind, limits in found.items():
        yield row(f"Cox {kind}, {groups} clusters of 3", len(who), limits, 0.5)


def changing(n, effect=0.7):
    random, found = np.random.default_rng(n), []
    visits = np.arange(0, 50, 5.0)
    for _ in range(SETS // 2):
        values = np.cumsum(random.normal(0, 0.5, (n, len(visits))), axis=1)
        hazard = 0.03 * np.exp(effect * values)
        total = np.concatenate([np.zeros((n, 1)), np.cumsum(5 * hazard, axis=1)], axis=1)
        waits = random.exponential(size=n)
        piece = np.minimum((total < waits[:, None]).sum(axis=1) - 1, len(visits) - 1)
        inside = (waits - total[range(n), piece]) / hazard[range(n), piece]
        came = visits[piece] + inside
        gone = np.minimum(random.uniform(0, 100, n), 50)
        end = np.minimum(came, gone)
        who, when = np.nonzero(visits[None, :] <= end[:, None])
        table = pd.DataFrame({"subject": who.astype(str), "day": visits[when], "biomarker": "ADC"})
        subjects = pd.DataFrame(
            {"subject": np.arange(n).astype(str), "end": end, "hit": came <= gone}
        )
        table["value"] = values[who, when]
        model = stats.measured_intervals(table, subjects, time="end", event="hit").cox("ADC")
        limits = model.table.iloc[0][["hazard_ratio", "low", "high"]].astype(float)
        found.append(np.log(limits))
    yield row("Cox, marker that changes", n, found, effect)


def areas(n, censored, effect=1.0):
    truth = true_area(effect)
    random, found, ranks, error = np.random.default_rng(n), [], [], []
    for _ in range(SETS):
        table, waits = people(random, n, effect=effect, censored=censored)
        line = stats.time_roc(table["x"], table["time"], table["event"], horizons=[0.6]).table
        if np.isfinite(line["auc"].item()):
            found.append(line.iloc[0][["auc", "low", "high"]])
            complete = stats.roc(table["x"], (waits <= 0.6).astype(int), direction="higher").auc
            error.append([line["auc"].item() - complete])
        rank = stats.concordance(
            table["x"], table["time"], table["event"], method="uno", horizon=0.9
        )
        ranks.append([rank.estimate, rank.low, rank.high])
    name = f"{censored:.0%} censored"
    yield row(f"AUC at a horizon, {name}", n, found, truth)
    yield row(f"... less that of the complete data, {name}", n, error, 0.0)
    yield row(f"concordance after Uno, {name}", n, ranks, true_concordance(effect))


def true_area(effect, n=1_000_000):
    random = np.random.default_rng(1)
    marker = random.normal(size=n)
    waits = random.exponential(np.exp(-effect * marker))
    return stats.roc(marker, (waits <= 0.6).astype(int), direction="higher").auc


def true_concordance(effect, n=300_000):
    random = np.random.default_rng(1)
    marker = random.normal(size=n)
    waits = random.exponential(np.exp(-effect * marker))
    return stats.concordance(marker, waits, np.ones(n), horizon=0.9).estimate


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the faster of two calls."""
    taken = []
    for _ in range(2):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def speed():
    random = np.random.default_rng(0)
    many = people(random, 100_000)[0].assign(g=random.integers(0, 2, 100_000))
    X = random.normal(size=(10_000, 5))
    table = people(random, 10_000, effect=0.5, marker=X[:, 0])[0]
    table = table.assign(**{f"x{k}": X[:, k] for k in range(5)})
    formula = " + ".join(f"x{k}" for k in range(5))
    work = {
        "Kaplan-Meier, 100 000": lambda: stats.kaplan_meier(many, group="g", **NAMES).table,
        "log-rank, 100 000": lambda: stats.log_rank(many, group="g", **NAMES),
        "Cox, 10 000 x 5": lambda: stats.cox(table, formula, **NAMES).table,
        "AUC at a horizon, 100 000": lambda: stats.time_roc(
            many["x"], many["time"], many["event"], horizons=[1]
        ),
        "concordance, 100 000": lambda: stats.concordance(many["x"], many["time"], many["event"]),
    }
    others = {
        "log-rank, 100 000": [
            ("statsmodels", lambda: survdiff(many["time"], many["event"], many["g"]))
        ],
        "Cox, 10 000 x 5": [
            ("statsmodels", lambda: PHReg(table["time"], X, table["event"], ties="efron").fit())
        ],
    }
    for name, work_of_theirs in lifelines_work(many, table).items():
        others.setdefault(name, []).append(("lifelines", work_of_theirs))
    for name, ours in work.items():
        beside = "".join(f"   {who} {seconds(it):.3f} s" for who, it in others.get(name, []))
        print(f"{name:30s} {seconds(ours):.3f} s{beside}")


def lifelines_work(many, table):
    """Return the same work by lifelines, if it is installed."""
    try:
        import lifelines as other  # noqa: PLC0415
        from lifelines.statistics import logrank_test  # noqa: PLC0415
        from lifelines.utils import concordance_index  # noqa: PLC0415
    except ImportError:
        return {}
    first, second = (many[many["g"] == group] for group in (0, 1))
    return {
        "Kaplan-Meier, 100 000": lambda: [
            other.KaplanMeierFitter().fit(rows["time"], rows["event"]) for rows in (first, second)
        ],
        "log-rank, 100 000": lambda: logrank_test(
            first["time"], second["time"], first["event"], second["event"]
        ),
        "Cox, 10 000 x 5": lambda: other.CoxPHFitter().fit(
            table.drop(columns="x"), "time", "event"
        ),
        "concordance, 100 000": lambda: concordance_index(many["time"], -many["x"], many["event"]),
    }


def write_curves():
    yield from (line for n in (12, 30, 100) for line in curves(n))
    yield from (line for sizes in ((6, 6), (12, 12), (5, 20), (50, 50)) for line in tests(sizes))


def write_models():
    yield from (line for n in (15, 40, 150) for effect in (0.0, 1.0) for line in models(n, effect))


def write_markers():
    yield from clustered(40)
    yield from (line for n in (30, 100) for line in changing(n))
    yield from (line for n in (20, 40, 100) for share in (0.3, 0.6) for line in areas(n, share))


PARTS = {"curves": write_curves, "models": write_models, "markers": write_markers}


def main(names):
    for name in names:
        if name == "speed":
            speed()
            continue
        lines = pd.DataFrame(list(PARTS[name]()))
        lines.round(4).to_csv(RESULTS / f"survival_{name}.csv", index=False)


if __name__ == "__main__":
    main(sys.argv[1:] or ["speed", *PARTS])
