"""What a federation of five hospitals is worth, and what bad ones do to it.

Hospitals of 30–60 patients whose scanners shift and stretch eight features, four of which tell
(`simulate.hospitals`); worth is the AUC within a hospital, in 1000 new patients of each.

Run: python -m benchmarks.federated [--seeds 30]     (1 minute)
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from biomarkers import federated, predict, simulate
from biomarkers.federated.agreement import agreed
from biomarkers.federated.messages import Message, Site, in_process
from biomarkers.federated.site import CohortSite
from biomarkers.federated.training import FederationServer
from biomarkers.predict.nested import apply
from biomarkers.results.drawing import house_style, new_axes
from biomarkers.stats.roc_analysis.auc import area

SITES, NEW = tuple("ABCDE"), 1000
PENALTY = 0.3  # the middle of those of the recipe
RECIPE = predict.recipe("logistic", harmonise="combat")
PLAIN = federated.Rounds(folds=0)
NOISES = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
RESULTS = Path(__file__).parent / "results"
FIGURE = Path(__file__).parents[1] / "docs" / "images" / "federated-epsilon.svg"


class Patients:
    """The patients of one seed: of each hospital, of all, and new ones."""

    def __init__(self, seed: int, flipped: tuple[str, ...] = ()) -> None:
        made = simulate.hospitals(seed=seed, flipped=flipped)
        self.oracle = made.oracle
        self.pooled = self._cohort(made)
        self.by_site = {site: self._cohort(made, site) for site in SITES}
        self.new = self._cohort(simulate.hospitals(seed=seed, sample=1, patients=NEW))

    @staticmethod
    def _cohort(made: simulate.ArrayCohort, *sites: str) -> predict.Cohort:
        rows = made.rows[made.rows["site"].isin(sites or SITES)]
        return predict.Cohort.from_tables(rows, made.participants, outcome="response", site="site")

    def worth(self, rule: predict.Rule) -> float:
        """Return the mean over hospitals of the AUC in new patients."""
        return float(np.mean(list(self.worth_at(rule).values())))

    def worth_at(self, rule: predict.Rule) -> dict[str, float]:
        """Return the AUC in new patients of each hospital."""
        odds, new = rule.odds(self.new), self.new
        return {
            site: float(area(odds[new.positive & (new.site == site)],
                             odds[~new.positive & (new.site == site)]))
            for site in SITES
        }  # fmt: skip


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
    terms, cases = agreed(RECIPE, cohorts, settings)
    sites: dict[str, Site] = {
        name: CohortSite(name, each, terms, seed=(settings.seed, number))
        for number, (name, each) in enumerate(cases.items())
    }  # fmt: skip
    if change is not None:
        sites[SITES[0]] = Changed(sites[SITES[0]], change)
    server = FederationServer(RECIPE, terms, SITES, settings)
    in_process(server, sites)
    return server.federated()


def named(done: federated.Federated) -> set[str]:
    """Return the sites of which a note says that the model turns round."""
    return {site for site in SITES
            if any(note.startswith(f"At {site} the model") for note in done.notes)}  # fmt: skip


def from_pooled(patients: Patients) -> float:
    """Return by how much log odds of gradient steps on the pooled rows differ, with one rate."""
    steps = replace(PLAIN, rate=1.0)
    trained_steps = trained(patients.by_site, steps).rule.trained
    cases = apply(trained_steps.steps, patients.pooled.cases)
    values, truth = cases.features, cases.positive
    intercept, weights = float(special.logit(truth.mean())), np.zeros(values.shape[1])
    for _ in range(steps.rounds):
        missed = special.expit(intercept + values @ weights) - truth
        weights = weights - values.T @ missed / len(truth) - PENALTY * weights
        intercept -= missed.mean()
    made = trained_steps.model.scores(values)
    return float(np.abs(made - intercept - values @ weights).max())


def one_seed(seed: int) -> dict[str, float]:
    """Return what every way is worth."""
    patients = Patients(seed)
    cohorts = patients.by_site
    alone = [patients.worth(predict.fit(predict.recipe("logistic"), each))
             for each in cohorts.values()]  # fmt: skip
    bad = {how: trained(cohorts, replace(PLAIN, aggregate=how), opposed)
           for how in ("average", "median", "trimmed")}  # fmt: skip
    lost = trained(cohorts, PLAIN, not_finite)
    turned = federated.train(RECIPE, Patients(seed, flipped=("A",)).by_site)
    sound = federated.train(RECIPE, cohorts)
    at_site = patients.worth_at(sound.rule)
    return {
        "oracle": patients.oracle,
        "pooled": patients.worth(predict.fit(RECIPE, patients.pooled)),
        "federated": patients.worth(sound.rule),
        "difference": from_pooled(patients),
        "one site": float(np.mean(alone)),
        **{f"-10 x update, {how}": patients.worth(done.rule) for how, done in bad.items()},
        "NaN site": patients.worth(lost.rule),
        "NaN site named": float(any(note.startswith("A was left out") for note in lost.notes)),
        "turned site named": float("A" in named(turned)),
        "by the global model alone, named": float(turned.sites["global_high"][0] < 0.5),
        "sound site named": float(bool((named(turned) - {"A"}) | named(sound))),
        "turned, global AUC there": float(turned.sites["global_auc"][0]),
        "interval of the global AUC holds": _held(sound.sites, "global", at_site),
        "interval of the left-out AUC holds": _held(sound.sites, "left_out", at_site),
        "global, held out": float(sound.sites["global_auc"].mean()),
        "local, held out": float(sound.sites["local_auc"].mean()),
        "left out, held out": float(sound.sites["left_out_auc"].mean()),
    }


def _held(sites: pd.DataFrame, model: str, truth: dict[str, float]) -> float:
    """Return the share of sites whose interval holds the worth in new patients."""
    wanted = sites["site"].map(truth)
    return float(sites[f"{model}_low"].le(wanted).mul(sites[f"{model}_high"].ge(wanted)).mean())


def noisy(seed: int) -> list[dict[str, float]]:
    """Return the worth with noise on every update, and its ε."""
    patients, rows = Patients(seed), []
    for noise in NOISES:
        settings = replace(PLAIN, rounds=10, clip=0.2, noise=noise, seed=seed)
        done = trained(patients.by_site, settings)
        rows.append({"noise": noise, "epsilon": done.epsilon, "auc": patients.worth(done.rule)})
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
            words = f"in {int(column.sum())} of {len(table)}"
        elif name == "oracle":
            words = f"{column[0]:.3f}"
        elif name == "difference":
            words = f"{column.max():.1e} at most, of log odds from gradient steps on pooled rows"
        else:
            words = f"{column.mean():.3f} ({column.min():.3f} to {column.max():.3f})"
        lines.append(f"{name:34} {words}")
    return lines


def main(seeds: int) -> None:
    began = time.process_time()
    table = pd.DataFrame([one_seed(seed) for seed in range(1, seeds + 1)])
    lines = [f"five hospitals of 30–60 patients, {seeds} seeds"]
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
