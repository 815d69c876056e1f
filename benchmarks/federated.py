"""What a federation of five sites is worth, and what bad sites do to it.

30–60 patients a site, 12 features of which four tell; worth is the AUC in 4000 new patients.

Run: python -m benchmarks.federated [--seeds 30]     (1 minute)
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special, stats

from biomarkers import federated, predict
from biomarkers.federated.agreement import agreed
from biomarkers.federated.engine import in_process
from biomarkers.federated.messages import Message, Site
from biomarkers.federated.privacy import Guard
from biomarkers.federated.site import CohortSite
from biomarkers.federated.training import FederationServer
from biomarkers.results.drawing import house_style, new_axes
from biomarkers.stats.roc_analysis.auc import area

SITES, FEATURES, NEW = tuple("ABCDE"), 12, 4000
EFFECTS = np.array([0.8, 0.7, 0.6, 0.5])  # differences of means, in standard deviations
RECIPE = predict.recipe("logistic")
PENALTY = 0.3  # the middle of those of the recipe
PLAIN = federated.Rounds(folds=0)
NOISES = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
RESULTS = Path(__file__).parent / "results"
FIGURE = Path(__file__).parents[1] / "docs" / "images" / "federated-epsilon.svg"


def drawn(name: str, count: int, random: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return features and participants of a site."""
    truth = np.arange(count) % 2
    values = random.normal(size=(count, FEATURES))
    values[:, : len(EFFECTS)] += truth[:, None] * EFFECTS
    names = [f"{name}{number:04d}" for number in range(count)]
    rows = pd.DataFrame(values, columns=[f"f{number:02d}" for number in range(FEATURES)])
    people = pd.DataFrame({"subject": names, "response": truth})
    return rows.assign(subject=names), people


def cohort_of(tables: list[tuple[pd.DataFrame, pd.DataFrame]]) -> predict.Cohort:
    rows, people = (pd.concat(parts, ignore_index=True) for parts in zip(*tables, strict=True))
    return predict.Cohort.from_tables(rows, people, outcome="response")


class Changed:
    """A site whose replies are changed on their way."""

    def __init__(self, site: Site, change: Callable[[Message], Message]) -> None:
        self.name, self._site, self._change = site.name, site, change

    def reply(self, message: Message) -> Message:
        return self._change(self._site.reply(message))


def opposed(reply: Message) -> Message:
    return reply | {"update": -10 * reply["update"]} if "update" in reply else reply


def not_finite(reply: Message) -> Message:
    return {name: np.full_like(array, np.nan) for name, array in reply.items()}


def trained(
    cohorts: dict[str, predict.Cohort],
    settings: federated.Rounds,
    change: Callable[[Message], Message] | None = None,
) -> federated.Federated:
    """Train with the first site's replies changed."""
    terms, cases = agreed(RECIPE, cohorts)
    sites: dict[str, Site] = {
        name: CohortSite(name, each, terms,
                         Guard(settings.clip, settings.noise, (settings.seed, number)))
        for number, (name, each) in enumerate(cases.items())
    }  # fmt: skip
    if change is not None:
        sites[SITES[0]] = Changed(sites[SITES[0]], change)
    server = FederationServer(RECIPE, terms, SITES, settings)
    in_process(server, sites)
    return server.federated()


def turned(cohort: predict.Cohort) -> predict.Cohort:
    return replace(cohort, positive=~cohort.positive)


def named(done: federated.Federated) -> set[str]:
    """Return the sites of which a note says that the model turns round."""
    return {site for site in SITES
            if any(note.startswith(f"At {site} the model") for note in done.notes)}  # fmt: skip


def from_pooled(cohorts: dict[str, predict.Cohort], pooled: predict.Cohort) -> float:
    """Return by how much log odds of gradient steps on the pooled rows differ, with one rate."""
    steps = replace(PLAIN, rate=1.0)
    made = trained(cohorts, steps).rule.odds(pooled)
    values, truth = pooled.features.to_numpy(), pooled.positive
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    intercept, weights = float(special.logit(truth.mean())), np.zeros(FEATURES)
    for _ in range(steps.rounds):
        missed = special.expit(intercept + values @ weights) - truth
        weights = weights - values.T @ missed / len(truth) - PENALTY * weights
        intercept -= missed.mean()
    return float(np.abs(made - intercept - values @ weights).max())


def one_seed(seed: int) -> dict[str, float]:
    """Return what every way is worth."""
    random = np.random.default_rng(seed)
    tables = [drawn(site, int(random.integers(30, 61)), random) for site in SITES]
    cohorts = {site: cohort_of([each]) for site, each in zip(SITES, tables, strict=True)}
    pooled, new = cohort_of(tables), cohort_of([drawn("new", NEW, random)])

    def worth(rule: predict.Rule) -> float:
        odds = rule.odds(new)
        return float(area(odds[new.positive], odds[~new.positive]))

    fair = trained(cohorts, PLAIN)
    bad = {how: trained(cohorts, replace(PLAIN, aggregate=how), opposed)
           for how in ("average", "median", "trimmed")}  # fmt: skip
    lost = trained(cohorts, PLAIN, not_finite)
    judged = federated.train(RECIPE, cohorts | {"A": turned(cohorts["A"])})
    sound = federated.train(RECIPE, cohorts)
    return {
        "pooled": worth(predict.fit(RECIPE, pooled)),
        "federated": worth(fair.rule),
        "difference": from_pooled(cohorts, pooled),
        "one site": float(np.mean([worth(predict.fit(RECIPE, each)) for each in cohorts.values()])),
        **{f"-10 x update, {how}": worth(done.rule) for how, done in bad.items()},
        "NaN site": worth(lost.rule),
        "NaN site named": float(any(note.startswith("A was left out") for note in lost.notes)),
        "turned site named": float("A" in named(judged)),
        "sound site named": float(bool((named(judged) - {"A"}) | named(sound))),
        "turned, global AUC there": float(judged.sites["global_auc"][0]),
        "interval of the global AUC holds": _held(sound.sites, "global", worth(sound.rule)),
        "interval of the left-out AUC holds": _held(sound.sites, "left_out", worth(sound.rule)),
        "global, held out": float(sound.sites["global_auc"].mean()),
        "local, held out": float(sound.sites["local_auc"].mean()),
    }


def _held(sites: pd.DataFrame, model: str, truth: float) -> float:
    """Return the share of sites whose interval holds the worth in new patients."""
    return float(sites[f"{model}_low"].le(truth).mul(sites[f"{model}_high"].ge(truth)).mean())


def noisy(seed: int) -> list[dict[str, float]]:
    """Return the worth with noise on every update, and its ε."""
    random = np.random.default_rng(seed)
    tables = [drawn(site, int(random.integers(30, 61)), random) for site in SITES]
    cohorts = {site: cohort_of([each]) for site, each in zip(SITES, tables, strict=True)}
    new, rows = cohort_of([drawn("new", NEW, random)]), []
    for noise in NOISES:
        settings = replace(PLAIN, rounds=10, clip=0.2, noise=noise, seed=seed)
        done = trained(cohorts, settings)
        odds = done.rule.odds(new)
        auc = float(area(odds[new.positive], odds[~new.positive]))
        rows.append({"noise": noise, "epsilon": done.epsilon, "auc": auc})
    return rows


def by_epsilon(seeds: int) -> pd.DataFrame:
    """Return mean and spread of the AUC by ε, and draw them."""
    rows = pd.DataFrame([row for seed in range(1, seeds + 1) for row in noisy(seed)])
    table = rows.groupby(["epsilon", "noise"])["auc"].agg(["mean", "min", "max"]).reset_index()
    with house_style():
        axes = new_axes()
        axes.fill_between(table["epsilon"], table["min"], table["max"], alpha=0.2)
        axes.plot(table["epsilon"], table["mean"], "o-")
        axes.axhline(0.5, linestyle=":", color="0.5")
        axes.set(xscale="log", xlabel="ε of a site, at δ = 1e-5", ylabel="AUC in new patients")
        axes.figure.savefig(FIGURE, metadata={"Date": None})
    return table


def described(table: pd.DataFrame) -> list[str]:
    """Return a line for each column."""
    lines = []
    for name, column in table.items():
        if str(name).endswith("named"):
            told = f"in {int(column.sum())} of {len(table)}"
        elif name == "difference":
            told = f"{column.max():.1e} at most, of log odds from gradient steps on pooled rows"
        else:
            told = f"{column.mean():.3f} ({column.min():.3f} to {column.max():.3f})"
        lines.append(f"{name:34} {told}")
    return lines


def main(seeds: int) -> None:
    began = time.process_time()
    table = pd.DataFrame([one_seed(seed) for seed in range(1, seeds + 1)])
    oracle = stats.norm.cdf(np.sqrt((EFFECTS**2).sum() / 2))
    lines = [f"five sites of 30–60 patients, {seeds} seeds; the best rule of all: AUC {oracle:.3f}"]
    lines += described(table)
    lines.append("noise on updates of norm .2 or less, 10 rounds: ε (δ = 1e-5) of a site, and AUC")
    for row in by_epsilon(seeds).to_dict("records"):
        spread = f"{row['mean']:.3f} ({row['min']:.3f} to {row['max']:.3f})"
        lines.append(f"  noise {row['noise']:<5g} ε {row['epsilon']:<8.3g} {spread}")
    lines.append(f"{time.process_time() - began:.0f} CPU-seconds")
    print("\n".join(lines))
    table.round(6).to_csv(RESULTS / "federated.csv", index_label="seed")
    (RESULTS / "federated.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=30)
    main(parser.parse_args().seeds)
