"""Tables of a simulated study without its images: what power is reckoned with."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.simulate.cohort import Cohort, draw, draw_traits, stream
from biomarkers.simulate.declaration import Declaration, unit_of


def draw_tables(
    declaration: Declaration,
    *,
    subjects: int | None = None,
    seed: int = 1,
    errors: Mapping[str, float] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the measurement table and the participants of a study straight from its declaration.

    The subjects are those that `write_study` images with the same seed.

    Parameters
    ----------
    declaration
        What the study is: one of `STUDIES`, or your own.
    subjects
        How many take part, 2 or more; the number declared, unless said otherwise.
    seed
        0 or more; the same seed gives the same tables.
    errors
        Standard deviation of the measurement by biomarker, of its natural logarithm (0.05 is
        5 %). A biomarker that is not named is measured without error.

    Returns
    -------
    table, participants
        The measurement table of the lesion (`subject day region biomarker value unit se`) and the
        participants, as the files of a study hold them.

    Raises
    ------
    InputError
        If `errors` names an unknown biomarker or is negative, `subjects` is below 2 or `seed` is
        negative.

    Examples
    --------
    >>> from biomarkers import simulate
    >>> study = simulate.STUDIES["rat-glioma"]
    >>> table, rats = simulate.draw_tables(study, subjects=12, seed=1, errors={"CBV": 0.02})
    >>> rats["group"].value_counts()["control"].item()
    3

    """
    number = declaration.subjects if subjects is None else subjects
    spreads = _checked(declaration, errors or {})
    cohort = draw(declaration, subjects=number, seed=seed)
    labels = [f"{row + 1:02d}" for row in range(number)]
    return (
        _measurements(declaration, cohort, labels, spreads, seed),
        _participants(declaration, cohort, labels, seed),
    )


def _checked(declaration: Declaration, errors: Mapping[str, float]) -> Mapping[str, float]:
    for name, spread in errors.items():
        if name not in declaration.biomarkers:
            raise InputError(
                f"errors names {name!r}, which {declaration.name} does not have; "
                f"expected any of {', '.join(declaration.biomarkers)}"
            )
        if not (np.isfinite(spread) and spread >= 0):
            raise InputError(f"errors[{name!r}] is {spread}; expected 0 or more")
    return errors


def _measurements(
    declaration: Declaration,
    cohort: Cohort,
    labels: list[str],
    errors: Mapping[str, float],
    seed: int,
) -> pd.DataFrame:
    row, visit = np.nonzero(cohort.present)
    names = declaration.biomarkers
    measured = [
        _measured(values, errors.get(name, 0.0), stream(seed, "measurement", name))[row, visit]
        for name, values in declaration.with_ratios(cohort.values).items()
    ]
    value = np.concatenate(measured)
    spread = np.repeat([errors.get(name, 0.0) for name in names], len(row))
    return pd.DataFrame(
        {
            "subject": np.tile(np.array(labels, dtype=object)[row], len(names)),
            "day": np.tile(np.array(declaration.days, dtype=float)[visit], len(names)),
            "region": declaration.region,
            "biomarker": np.repeat(np.array(names, dtype=object), len(row)),
            "value": value,
            "unit": np.repeat(np.array([unit_of(name) for name in names], dtype=object), len(row)),
            "se": np.where(spread > 0, value * spread, np.nan),
        }
    )


def _measured(values: FloatArray, spread: float, rng: np.random.Generator) -> FloatArray:
    return values * np.exp(spread * rng.normal(size=values.shape)) if spread else values


def _participants(
    declaration: Declaration, cohort: Cohort, labels: list[str], seed: int
) -> pd.DataFrame:
    outcome = declaration.outcome
    columns: dict[str, object] = {"subject": labels, "species": declaration.species}
    columns |= draw_traits(declaration, cohort.response, seed=seed)
    columns |= {"group": cohort.groups, outcome.column: cohort.days}
    if outcome.event_column:
        columns[outcome.event_column] = cohort.event.astype(int)
    columns["responder"] = cohort.responder.astype(int)
    return pd.DataFrame(columns)
