"""Networks over slices on cases of known truth: order, ring with clinical value, labels at random.

    python -m benchmarks.deep                 all parts
    python -m benchmarks.deep order explained  some

Networks of one seed, 25 epochs, five folds, no permutations, but for what `explained` says.
`make bench` runs it in `.venv-deep`, which `make check-deep` makes; without PyTorch it says so.
"""

import sys
import time
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd

from biomarkers import deep, predict, simulate
from biomarkers.deep.explaining import smoothed
from biomarkers.predict.worth import worth

PATIENTS, NEW, LATER = 100, 400, 10_000
FIVE = predict.Validation(folds=5, repeats=1, permutations=0)
CPU = deep.Training(device="cpu")
RADIOMICS = ("mean", "sd", "p90", "bright_fraction")
HEADS = ("lstm", "transformer", "seq2seq", "mean")


def order(patients, seed):
    """Patients whose outcome is told by the order of slices, as a cohort."""
    made = simulate.slices_in_order(patients, seed=seed)
    return _cohort(made, {"volume": ["mean"]}, "slices"), made


def ring(patients, seed, *, signal=True):
    """Patients with a ring-enhancing lesion and a clinical value, as a cohort."""
    made = simulate.ring_lesions(patients, seed=seed, signal=signal)
    return _cohort(made, {"clinical": ["marker", "age"], "radiomics": [*RADIOMICS]}, "t1c"), made


def _cohort(made, blocks, array):
    cohort = predict.Cohort.from_tables(
        made.rows, made.participants, outcome="response", blocks=blocks
    )
    return cohort.with_array(array, made.arrays[array])


def area(recipe, cohort, new):
    """The AUC in new patients of a rule that is fitted to all of a cohort."""
    return _auc(predict.fit(recipe, cohort).odds(new), new)


def _auc(scores, new):
    return worth(scores[None], new.cases, np.ones((1, len(new)), dtype=bool))


def orders(seeds=(1, 2, 3)):
    """AUC in new patients by head and seed, and CPU seconds of a training, times five."""
    rows = []
    for seed in seeds:
        (cohort, made), (new, _) = order(PATIENTS, seed), order(NEW, LATER + seed)
        for head in HEADS:
            recipe = predict.recipe(deep.SliceSequence("slices", head=head, seeds=1, training=CPU))
            start = time.process_time()
            found = area(recipe, cohort, new)
            seconds = time.process_time() - start
            rows.append((seed, head, found, made.oracle, 5 * seconds))
    return pd.DataFrame(rows, columns=["seed", "head", "auc", "oracle", "cpu_s_of_five"])


def rings(seeds=(1, 2, 3, 4, 5)):
    """Held-out AUC with interval, AUC in new patients, and simple rules beside them."""
    return pd.DataFrame([_ring(seed, signal=True) for seed in seeds])


def random_labels(seeds=tuple(range(1, 11))):
    """Held-out AUC with interval where outcomes are drawn."""
    return pd.DataFrame([_ring(seed, signal=False) for seed in seeds])


def _ring(seed, *, signal):
    cohort, _ = ring(PATIENTS, seed, signal=signal)
    recipe = predict.recipe(
        deep.SliceSequence("t1c", head="lstm", clinical=True, seeds=1, training=CPU)
    )
    seen = predict.evaluate(recipe, cohort, settings=FIVE)
    table = seen.performance.set_index("rule")
    first = table.loc["recipe"]
    row = {"seed": seed, "auc": first["auc"], "low": first["auc_low"], "high": first["auc_high"],
           "clinical": table.loc["clinical only", "auc"],
           "radiomics": table.loc["radiomics only", "auc"]}  # fmt: skip
    if signal:
        new, _ = ring(NEW, LATER + seed)
        row["new"] = area(recipe, cohort, new)
        row["new_logistic"] = area(predict.recipe("logistic"), cohort, new)
        row["note"] = next(each for each in seen.notes if each.startswith("A model of arrays"))
    return row


def explained(seeds=(1, 2, 3), heads=HEADS[:3]):
    """Share of the weight of maps in the disc, and what it is of a rule that knows no place.

    Weight is the magnitude of a map. `by_case`: maps as `explain` makes them of the default three
    networks, smoothed by a pixel, over all cases and slices; `one`: of the first network alone;
    `by_pixel`: of that, not smoothed; `of_classes`: of the mean map of those called alike, not
    smoothed. `alike` and `alike_by_pixel` are the like of the rule that weighs all pixels of a
    slice the same, by its place in the order. `background`: how far log odds change, in their
    standard deviations, where the pixels outside of the disc are those of another patient.
    """
    made = {seed: order(PATIENTS, seed) for seed in seeds}
    rows = [
        {"seed": seed, "head": head, **_explained(head, *made[seed])}
        for seed in seeds
        for head in heads
    ]
    return pd.DataFrame(rows)


def places(seeds=(1, 2, 3)):
    """AUC in new patients of the rule that weighs all pixels alike, and of that of the disc."""
    rows = []
    for seed in seeds:
        new, made = order(NEW, LATER + seed)
        maps = _alike(made)
        areas = [_auc(each.sum(axis=(1, 2, 3)), new) for each in (maps, maps * made.where)]
        rows.append((seed, *areas))
    return pd.DataFrame(rows, columns=["seed", "all_pixels", "disc"])


def _explained(head, cohort, made):
    several, first = (
        predict.fit(
            predict.recipe(deep.SliceSequence("slices", head=head, seeds=count, training=CPU)),
            cohort,
        )
        for count in (3, 1)
    )
    seen, raw = deep.explain(several, cohort), deep.explain(first, cohort, smooth=0)
    groups = raw.cases.groupby("called").indices.values()
    alike = _alike(made)
    maps = {
        "by_case": seen.maps,
        "one": _smoothed(raw.maps),
        "by_pixel": raw.maps,
        "of_classes": np.array([raw.maps[places].mean(axis=0) for places in groups]),
        "alike": _smoothed(alike),
        "alike_by_pixel": alike,
    }
    return {
        **{name: _share(each, made.where) for name, each in maps.items()},
        "background": _moved_by_background(several, cohort, made.where),
        "completeness": seen.completeness.max(),
        "randomised": deep.sanity(first, cohort).table["rank_correlation"].iloc[-1],
    }


def _smoothed(maps):
    return smoothed(maps, 1.0, "integrated_gradients")


def _share(maps, disc):
    weight = np.abs(maps)
    return (weight * disc).sum() / weight.sum()


def _alike(made):
    """Return the maps of the rule that weighs all pixels of a slice alike."""
    slices = np.stack(list(made.arrays["slices"].values()))
    place = np.arange(slices.shape[1]) - (slices.shape[1] - 1) / 2
    return (slices - slices.mean()) * place[:, None, None]


def _moved_by_background(rule, cohort, disc):
    slices = cohort.arrays["slices"]
    others = np.where(disc, slices, np.roll(slices, 1, axis=0))
    own = rule.odds(cohort)
    return np.std(rule.odds(replace(cohort, arrays={"slices": others})) - own) / np.std(own)


PARTS = {"order": orders, "ring": rings, "random": random_labels, "places": places,
         "explained": explained}  # fmt: skip


def main(names):
    """Print parts."""
    if find_spec("torch") is None:
        print("benchmarks.deep needs PyTorch, which is not installed here: make check-deep")
        return
    for name in names or PARTS:
        start = time.process_time()
        table = PARTS[name]()
        print(f"{name} ({time.process_time() - start:.0f} CPU-s)")
        print(table.drop(columns="note", errors="ignore").round(4).to_string(index=False))
        for note in table.get("note", ()):
            print(note)
        print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
