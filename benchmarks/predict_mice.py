"""Spectra of 28 mice, ten each, labels at random or with a true signal: by mouse, and by spectrum.

Every spectrum tells its mouse. `evaluate` holds mice out whole; the split by spectrum, as is often
published, is made by hand beside it: it finds three classes where there are none. The network needs
PyTorch; `make bench` runs this in `.venv-deep` where that is made.

Run: python -m benchmarks.predict_mice [--cohorts 1] [--repeats 1] [--effects 0 1] [logistic ...]
"""

import argparse
import time
from importlib.util import find_spec

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers import deep, predict, simulate
from biomarkers.predict.classes.calling import areas
from biomarkers.predict.classes.training import train_classes

MICE, SPECTRA, POINTS, FOLDS = 28, 10, 128, 5
CLASSES = ("N", "T", "R")
MODELS = ("logistic", "svm", "forest", "xgboost", "cnn")
PACKAGES = {"xgboost": "xgboost", "lightgbm": "lightgbm", "cnn": "torch"}


def cohort(seed: int, effect: float, *, beside: bool) -> predict.Cohort:
    """Spectra of mice, as an array, and a feature a point; `beside`: judged by themselves too."""
    made = simulate.mouse_spectra(MICE, spectra=SPECTRA, seed=seed, effect=effect, points=POINTS)
    values = np.array(list(made.arrays["mrs"].values()))
    names = [f"p{place:02d}" for place in range(POINTS)]
    rows = pd.DataFrame(values, columns=names)
    rows = rows.assign(subject=made.rows["subject"], lesion=made.rows["lesion"])
    table = predict.Cohort.from_tables(
        rows, made.participants, outcome="group", classes=CLASSES,
        blocks={"points": names} if beside else {},
    )  # fmt: skip
    return table.with_array("mrs", made.arrays["mrs"])


def recipe_of(name: str) -> predict.Recipe:
    """A model by its name; `cnn` is one network of 25 epochs."""
    if name != "cnn":
        return predict.recipe(name)
    training = deep.Training(device="cpu")
    return predict.recipe(deep.SpectrumCNN("mrs", classes=CLASSES, seeds=1, training=training))


def by_spectrum(recipe: predict.Recipe, made: predict.Cohort, seed: int) -> tuple[float, float]:
    """Return mean AUC and accuracy of spectra held out beside others of the same mouse."""
    cases = made.cases
    fold = np.random.default_rng(seed).permutation(len(cases)) % FOLDS
    held_out = fold == np.arange(FOLDS)[:, None]
    scores = np.zeros((*held_out.shape, len(CLASSES)))
    for place, rows in enumerate(held_out):
        training = fold[~rows]
        inner = training == np.unique(training)[:, None]
        trained = train_classes(recipe, cases.take(~rows), inner, 1)
        scores[place, rows] = trained.log_probabilities(cases.take(rows))
    called = np.where(held_out[..., None], scores, 0).sum(axis=0).argmax(axis=1)
    return areas(scores, cases, held_out).mean(), float((called == cases.labels).mean())


def line(name: str, seed: int, effect: float, repeats: int) -> float:
    """Print what one model makes of one cohort; return its mean AUC, mice held out."""
    settings = predict.Validation(folds=FOLDS, repeats=repeats, permutations=0)
    recipe, start = recipe_of(name), time.process_time()
    made = cohort(seed, effect, beside=name == "cnn")  # whose notes name the best
    seen = predict.evaluate(recipe, made, settings=settings)
    own = seen.performance[seen.performance["rule"] == "recipe"]
    low = ", ".join(f"{row['class']} {row['auc_low']:.2f}" for row in own.to_dict("records"))
    area, accuracy = by_spectrum(recipe, made, seed)
    print(
        f"{name:9} cohort {seed}: by mouse {seen.mean_auc:.2f} (lower limits {low}), accuracy "
        f"{seen.decisions['accuracy'][0]:.2f}; by spectrum {area:.2f}, accuracy {accuracy:.2f} "
        f"(the leaky way); {time.process_time() - start:.0f} CPU-s",
        flush=True,
    )
    for note in seen.notes:
        if note.startswith("A model of arrays"):
            print(f"{'':9} {note}", flush=True)
    return float(seen.mean_auc)


def against_simple(areas: dict[str, list[float]]) -> str:
    """Say whether the network beats the best simple model, by mean AUC and cohort by cohort.

    A gain is shown where the 95 % t-interval of the paired difference over cohorts lies above 0.
    """
    simple = {name: float(np.mean(each)) for name, each in areas.items() if name != "cnn"}
    best = max(simple, key=simple.__getitem__)
    each = np.array(areas["cnn"]) - areas[best]
    mean, cohorts = each.mean(), len(each)
    won = "cnn" if mean > 0 else best
    text = (
        f"cnn {np.mean(areas['cnn']):.2f}, best simple model {best} {simple[best]:.2f}: {won} was "
        f"best; difference {mean:+.2f} ({', '.join(f'{one:+.2f}' for one in each)} by cohort)"
    )
    if cohorts < 2:
        return f"{text}; one cohort shows no gain."
    half = stats.t.ppf(0.975, cohorts - 1) * each.std(ddof=1) / np.sqrt(cohorts)
    shown = "a gain is shown" if mean - half > 0 else "no gain is shown"
    return f"{text}, 95 % interval {mean - half:+.2f} to {mean + half:+.2f}: {shown}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--cohorts", type=int, default=1, help="about four CPU-minutes each")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--effects", type=float, nargs="+", default=(0.0, 1.0),
                        help="of the class on levels; 0: labels at random, 1: true")  # fmt: skip
    options = parser.parse_args()
    lacking = [name for name in options.models if not find_spec(PACKAGES.get(name, "numpy"))]
    if lacking:
        print(f"left out, as packages are not installed here: {', '.join(lacking)}")
    models = [name for name in options.models if name not in lacking]
    for effect in options.effects:
        print(f"\n{MICE} mice × {SPECTRA} spectra, effect {effect:g}; mean AUC against the rest")
        areas = {
            name: [line(name, seed, effect, options.repeats) for seed in range(options.cohorts)]
            for name in models
        }
        if "cnn" in areas and len(areas) > 1:
            print(against_simple(areas), flush=True)


if __name__ == "__main__":
    main()
