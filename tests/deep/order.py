"""Small arrays with known truth: brightness that rises or falls from slice to slice."""

import numpy as np
import pandas as pd

from biomarkers import predict


def disc(size):
    """A disc that fills half of the slice."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return y**2 + x**2 <= size**2 / (2 * np.pi)


def slices(positive, *, count=5, size=24, noise=1.0, seed=1):
    """Stacks whose disc grows brighter (positive) or darker: cases × slices × size × size."""
    random = np.random.default_rng(seed)
    slope = np.where(positive, 1.0, -1.0) + random.normal(0, 0.64, len(positive))
    level = slope[:, None] * np.linspace(-1, 1, count) + random.normal(0, 1, (len(positive), 1))
    pixels = random.normal(0, noise, (len(positive), count, size, size))
    return pixels + level[..., None, None] * disc(size)


def cohort(subjects=40, /, *, array="t1c", seed=1, make=slices, clinical=None, **how):
    """A cohort with one array, and a clinical column where it is given."""
    positive = np.arange(subjects) % 2 == 1
    names = [f"s{number:03d}" for number in range(subjects)]
    people = pd.DataFrame({"subject": names, "response": positive.astype(int)})
    blocks = {}
    if clinical is not None:
        people, blocks = people.assign(age=clinical), {"clinical": ["age"]}
    some = predict.Cohort.from_tables(
        people[["subject"]], people, outcome="response", blocks=blocks
    )
    made = make(positive, seed=seed, **how)
    return some.with_array(array, dict(zip(names, made, strict=True)))
