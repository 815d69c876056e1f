"""What has to be known besides: ways in which a rule may seem to know more than it does."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.extras import has_extra
from biomarkers.predict.cases import Cases
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.gathered import STATED
from biomarkers.predict.models.model import takes_arrays
from biomarkers.predict.models.trees import Boosted, Classifier, Forest
from biomarkers.predict.nested import reached
from biomarkers.predict.performance import Gathered
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.steps.filters import standardised
from biomarkers.predict.steps.imputation import Impute
from biomarkers.predict.steps.stability import Stable
from biomarkers.predict.tasks import Judged, Result
from biomarkers.predict.worth import worth
from biomarkers.stats.arrays import Floats
from biomarkers.stats.words import count, listed

_ALPHA = 0.05
_ALIKE = 0.01  # p of as many nearest neighbours of one subject by chance
_CORRELATED = 0.6  # with volume: what most of a rule's ranks then hang on
_TOLD = 0.65  # AUC at which features are said to tell the site
_FEW_EVENTS = 10  # per candidate variable


def notes_of(
    cohort: Cohort,
    recipe: Recipe,
    gathered: Gathered,
    made: dict[str, Any],
    site_auc: float,
    *,
    lacking: Sequence[str],
) -> tuple[str, ...]:
    """Return every note of an evaluation.

    Parameters
    ----------
    cohort, recipe, gathered
        What was judged.
    made
        Its tables, from `performance.figures`.
    site_auc
        How well features tell the site.
    lacking
        Baselines without a block.

    """
    cases = cohort.cases
    return (
        *cohort.notes,
        *identity_notes(cases),
        *_site_notes(cases, made, site_auc),
        *unseen_notes(gathered.pieces),
        *undone_notes([*gathered.pieces["site"], *gathered.pieces["curve"]]),
        *unjudged_notes(gathered.judged),
        *_volume(cohort, made),
        *_blocks(made),
        *_networks(recipe, gathered, made),
        *(f"No block {name}: no baseline of it alone." for name in lacking),
        *_events(cases, recipe),
        *_left_undone(cases),
        *interval_notes(gathered.chance, gains=bool(made["gain"]["p_value"].notna().any())),
        *unexplained_notes(made["selection"], recipe),
    )


def identity_notes(cases: Cases) -> list[str]:
    """Say whether cases of one subject are so alike that a split between them would leak."""
    subjects, member, sizes = np.unique(cases.subject, return_inverse=True, return_counts=True)
    if len(subjects) == len(cases):
        return []
    held = (
        f"{count(len(cases), 'case')} of {count(len(subjects), 'subject')}: those of one subject "
        "are held out together."
    )
    several = sizes[member] > 1
    values = standardised(_looks(cases))
    squares = (values**2).sum(axis=1)
    apart = squares[:, None] + squares - 2 * values @ values.T
    np.fill_diagonal(apart, np.inf)
    hits = int((member[apart.argmin(axis=1)] == member)[several].sum())
    expected = float(((sizes[member] - 1) / (len(cases) - 1))[several].mean())
    asked = int(several.sum())
    if stats.binomtest(hits, asked, expected, alternative="greater").pvalue > _ALIKE:
        return [held]
    return [
        f"{held} The features know the patient (identity): the case nearest to another is of the "
        f"same subject in {hits / asked:.0%}, {expected:.0%} expected by chance; split without "
        "regard to subjects, any rule would seem to foretell."
    ]


def _looks(cases: Cases) -> Floats:
    """Return what cases are like: their features, or where there are none their arrays."""
    if cases.names:
        return Impute(indicators=False).fit(cases).transform(cases).features
    flat = [array.reshape(len(cases), -1) for array in cases.arrays.values()]
    return np.nan_to_num(np.hstack(flat))


def _site_notes(cases: Cases, made: dict[str, Any], site_auc: float) -> list[str]:
    if not cases.has_sites:
        return []
    notes = told_site_notes(site_auc)
    shares, p_value = _prevalences(cases)
    if p_value <= _ALPHA:
        alone = _site_alone(cases)
        notes.append(
            f"The prevalence differs by site ({shares.min():.0%} to {shares.max():.0%}, "
            f"p = {p_value:.2g}): the site alone would reach "
            f"{alone:.2f}; within sites the recipe reaches {made['within_sites']:.2f}. "
            "Outcomes were permuted within sites."
        )
    whole = made["performance"].iloc[0, 1]
    if whole - made["within_sites"] > 0.1:
        notes.append(
            f"Within sites the recipe is worth {made['within_sites']:.2f}, {whole:.2f} over all: "
            "part of it may be the site."
        )
    return [*notes, *left_out_notes(made["sites"])]


def left_out_notes(sites: pd.DataFrame) -> list[str]:
    """Name the sites, or classes there, of which a model of all others tells nothing."""
    names = []
    for site, rows in sites.groupby("site"):
        lost = rows[rows["left_out"].isna()]
        some = f" ({listed(lost['class'].tolist())})" if 0 < len(lost) < len(rows) else ""
        names += [f"{site}{some}"] if len(lost) else []
    if not names:
        return []
    return [
        f"Of {listed(names)} left out, nothing is known: too few of a class there or elsewhere."
    ]


def told_site_notes(site_auc: float) -> list[str]:
    """Say whether the features tell the site."""
    if not site_auc >= _TOLD:
        return []
    return [f"The features tell the site: AUC {site_auc:.2f}, mean over sites."]


def _prevalences(cases: Cases) -> tuple[Floats, float]:
    """Return the share of positive subjects by site, and the p-value that they are one."""
    people = pd.DataFrame({"s": cases.subject, "site": cases.site, "y": cases.positive})
    people = people.drop_duplicates("s")
    counts = pd.crosstab(people["site"], people["y"])
    if counts.shape[1] < 2:
        return np.array([1.0]), 1.0
    p_value = stats.chi2_contingency(counts.to_numpy(), correction=False).pvalue
    return counts[True].to_numpy() / counts.sum(axis=1).to_numpy(), float(p_value)


def _site_alone(cases: Cases) -> float:
    shares = pd.Series(cases.positive).groupby(cases.site).transform("mean").to_numpy()
    return worth(shares[None], cases, np.ones((1, len(cases)), dtype=bool))


def unseen_notes(pieces: Mapping[str, Sequence[Result]]) -> list[str]:
    """Say where ComBat left cases as they are."""
    sites = {
        kind: sorted({str(name) for piece in pieces[kind] for name in piece["unseen"]})
        for kind in ("outer", "site")
    }
    notes = []
    if sites["outer"]:
        notes.append(
            f"Left as they are, where a training set had fewer than 3 cases of the site: "
            f"{listed(sites['outer'])}."
        )
    if sites["site"]:
        notes.append("A site that is left out is not harmonised: nothing is known of it.")
    return notes


def undone_notes(pieces: Sequence[Result]) -> list[str]:
    """Name the pieces without a model, as too few lesions were measured again."""
    undone = [str(piece["undone"]) for piece in pieces if "undone" in piece]
    text = "Not judged, as too few lesions were measured again in a training set"
    return [f"{text}: a model {listed(undone)}."] if undone else []


def unjudged_notes(judged: Judged) -> list[str]:
    """Name the image values whose stability nobody knows."""
    cases, stable = judged.cases, judged.recipes[0].stable
    if not isinstance(stable, Stable):
        return []
    images = [name for name, is_image in zip(cases.names, cases.images, strict=True) if is_image]
    lacking = stable.lacking(images)
    training = [cases.take(~held_out) for held_out in judged.outer.held_out]
    scarce = set().union(*map(stable.scarce, training)) & set(images)
    notes = [f"Never measured again, so kept unjudged: {listed(lacking)}."] if lacking else []
    if scarce:
        notes.append(
            "Measured again in fewer than 10 lesions of a training set, so kept unjudged there: "
            f"{listed(sorted(scarce))}."
        )
    return notes


def _volume(cohort: Cohort, made: dict[str, Any]) -> list[str]:
    """Say whether the rule ranks cases as their volume does."""
    told = made["cases"].iloc[:, -1].to_numpy()
    notes = []
    for name in cohort.blocks.get("volume", ()):
        values = cohort.features[name].to_numpy(dtype=float)
        known = ~np.isnan(values)
        if known.sum() < 3 or np.ptp(values[known]) == 0 or np.ptp(told[known]) == 0:
            continue
        rho = float(stats.spearmanr(values[known], told[known]).statistic)
        text = f"Rank correlation of the rule with {name}: {_number(rho)}."
        if abs(rho) >= _CORRELATED:
            text += " The rule may be volume in disguise."
        notes.append(text)
    return notes


def _blocks(made: dict[str, Any]) -> list[str]:
    """Name every block that by itself reaches what the recipe reaches."""
    table, notes = made["performance"], []
    measure = "concordance" if "concordance" in table else "auc"
    by_rule = table.set_index("rule")
    for row in made["gain"].to_dict("records"):
        alone = by_rule.loc[row["over"]]
        if row["gain"] > 0 and row["p_value"] <= _ALPHA:
            continue
        if alone["p_value"] <= _ALPHA or alone[f"{measure}_low"] > 0.5:
            notes.append(
                f"{row['over'].capitalize()} reaches {alone[measure]:.2f}: no gain over it is "
                f"shown ({_number(row['gain'], '+')})."
            )
    return notes


def _number(value: float, sign: str = "") -> str:
    """Return a number of two decimals with a true minus sign."""
    return f"{value:{sign}.2f}".replace("-", "−")


def _networks(recipe: Recipe, gathered: Gathered, made: dict[str, Any]) -> list[str]:
    """Say of a model of arrays which won, over what a gain is shown, and what a seed does."""
    table = made["performance"]
    measure = "concordance" if "concordance" in table else "auc"
    gains = made["gain"]
    shown = gains["over"][(gains["gain"] > 0) & (gains["p_value"] <= _ALPHA)]
    worths = table.set_index("rule")[measure]
    notes = network_notes(recipe, gathered.judged.cases, worths, shown=shown.tolist())
    by_seed = gathered.areas_by_seed
    if not notes or len(by_seed) < 2:
        return notes
    return [*notes, f"By the seed alone it reaches {by_seed.min():.2f} to {by_seed.max():.2f} "
                    f"({len(by_seed)} seeds; the recipe takes their mean)."]  # fmt: skip


def network_notes(
    recipe: Recipe, cases: Cases, worths: "pd.Series[float]", *, shown: Sequence[str] | None
) -> list[str]:
    """Say of a model of arrays which won, it or a rule of few features; worth by rule.

    `shown` are the rules over which a gain is shown, None where none is tested.
    """
    if not takes_arrays(recipe.model):
        return []
    size = count(len(np.unique(cases.subject)), "subject")
    warning = f"A model of arrays learns from {size}; one of few features is often no worse."
    alone = worths[worths.index.str.endswith(" only")].sort_values(ascending=False)
    if alone.empty:
        return [f"{warning} No block of simple features is there to compare it with."]
    own = worths["recipe"]
    won = "the recipe" if own > alone.iloc[0] else alone.index[0]
    others = ", ".join(f"{name} {worth:.2f}" for name, worth in alone.items())
    beyond = listed([name for name in alone.index if name in (shown or ())])
    gain = "Of several classes no gain is tested: see the intervals."
    if shown is not None:
        gain = f"A gain is shown over {beyond or 'none of these'}."
    return [f"{warning} Here the recipe reaches {own:.2f}, {others}: {won} was best. {gain}"]


def _events(cases: Cases, recipe: Recipe) -> list[str]:
    candidates = len(reached(recipe, cases).names)
    counts = [len(np.unique(cases.subject[cases.positive == kind])) for kind in (True, False)]
    return events_notes(counts[0] if cases.time is not None else min(counts), candidates)


def events_notes(fewer: int, candidates: int) -> list[str]:
    """Say how many subjects with the event, or of the rarest class, there are by candidate."""
    if not candidates:
        return []
    ratio = fewer / candidates
    text = f"{ratio:.2g} events for each of {count(candidates, 'candidate variable')}"
    return [f"{text}: few; expect selections to change with the sample." if ratio < _FEW_EVENTS
            else f"{text}."]  # fmt: skip


def _left_undone(cases: Cases) -> list[str]:
    if cases.time is None:
        return []
    return ["With a time there is no Brier score, calibration, threshold, net benefit or "
            "precision–recall curve."]  # fmt: skip


def interval_notes(chance: Floats, *, gains: bool = False) -> list[str]:
    """Say what intervals, and p-values of gains, stand on where nothing was permuted."""
    if len(chance):
        return []
    stand = "intervals, and p-values of gains," if gains else "intervals"
    return [
        f"No permutation: p-values against chance are not known, and {stand} take a stated ratio "
        f"of variances, {STATED:g}."
    ]


def unexplained_notes(selection: pd.DataFrame, recipe: Recipe) -> list[str]:
    """Say why there is no SHAP value."""
    if selection["shap"].notna().any():
        return []
    if isinstance(recipe.model, Forest | Boosted | Classifier) and not has_extra("shap"):
        return ["SHAP values of trees need an extra: pip install 'biomarkers[shap]'."]
    return ["SHAP values are computed for linear models, radial kernels and trees only."]
