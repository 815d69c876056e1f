"""The subjects a rule is made of: complete, standardised, in two classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.inputs import aligned, one_table
from biomarkers.stats.labels import Names, Units, canonical_order, make_units
from biomarkers.stats.ranks import merge_ties
from biomarkers.stats.roc_analysis.classes import markers_of

FEWEST = 3  # units of a class: one is held out, and inner training sets still have one


@dataclass(frozen=True, eq=False)
class Sample:
    """Complete cases.

    Parameters
    ----------
    values
        Subjects × markers, each with mean 0 and standard deviation 1. That is for numerical
        comfort only: what is penalised is standardised anew in every training set.
    positive
        Their classes.
    units
        What is held out as one, and its block.
    subjects
        Their names.
    rows
        Their rows among those given. Subjects stand in an order that does not hang on it.
    markers
        One row per marker, by name: `marker, mean, sd, missing`, the last counted among all.
    given
        The markers in the order given.
    left_out
        Number of subjects without a class or without one of the markers.

    """

    values: Floats
    positive: Bools
    units: Units
    subjects: pd.Index
    rows: Whole
    markers: pd.DataFrame
    given: tuple[str, ...]
    left_out: int


def make_sample(
    markers: pd.DataFrame | Mapping[str, ArrayLike],
    outcome: ArrayLike,
    *,
    positive: object = 1,
    cluster: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
) -> Sample:
    """Return the subjects with a class and all markers; parameters as for `combine_markers`."""
    given, outcome, cluster, blocks = aligned(
        {
            "markers": one_table(markers, "markers"),
            "outcome": outcome,
            "cluster": cluster,
            "blocks": blocks,
        }
    )
    table = _numbers(given)
    names = tuple(map(str, table))
    table = table[sorted(names)]
    complete = table.notna().all(axis=1).to_numpy()
    # Every complete subject's row number travels as its marker, to learn who has a class.
    travels = np.where(complete, np.arange(len(table)), np.nan)
    (kept,), truth = markers_of([travels], outcome, positive=positive)
    rows = kept.astype(np.intp)
    tied = {"clusters": _names(cluster, rows, "cluster"), "blocks": _names(blocks, rows, "blocks")}
    named = [names for names in tied.values() if names is not None]
    order = canonical_order(truth, *table.iloc[rows].to_numpy().T, *named)
    rows, truth = rows[order], truth[order]
    tied = {key: None if names is None else names[order] for key, names in tied.items()}
    units = make_units(len(rows), **tied)
    _check_classes(truth, units)
    raw = table.iloc[rows]
    mean, sd = raw.mean().to_numpy(), raw.std(ddof=0).to_numpy()
    # Equal numbers may average to another one, by rounding.
    sd = np.where(raw.nunique().to_numpy() > 1, sd, 1.0)
    return Sample(
        values=(raw.to_numpy() - mean) / sd,
        positive=truth,
        units=units,
        subjects=raw.index,
        rows=rows,
        given=names,
        markers=pd.DataFrame(
            {
                "marker": raw.columns,
                "mean": mean,
                "sd": sd,
                "missing": table.isna().sum().to_numpy(),
            }
        ),
        left_out=len(table) - len(rows),
    )


def columns_of(markers: pd.DataFrame | Mapping[str, ArrayLike], names: Sequence[str]) -> Floats:
    """Return the markers of a rule, subjects × names.

    Raises
    ------
    InputError
        If one is absent.

    """
    markers = one_table(markers, "markers")
    absent = [name for name in names if name not in markers]
    if absent:
        raise InputError(f"markers: no {', '.join(absent)}; the rule needs {', '.join(names)}")
    return np.column_stack([as_numbers(f"markers: {name}", markers[name]) for name in names])


def _numbers(markers: pd.DataFrame) -> pd.DataFrame:
    try:
        table = markers.astype(float)
    except (TypeError, ValueError) as error:
        raise InputError(f"markers: expected columns of numbers ({error})") from error
    table = pd.DataFrame(merge_ties(table.to_numpy().T).T, table.index, table.columns.map(str))
    if table.shape[1] < 2 or not table.columns.is_unique:
        raise InputError(
            f"markers: found {', '.join(table.columns) or 'none'}; expected two or more different "
            "ones (for one alone, see roc)"
        )
    boundless = [name for name in map(str, table) if np.isinf(table[name]).any()]
    if boundless:
        raise InputError(
            f"markers: {', '.join(boundless)} holds an infinite value, as the log ratio of 0 is; "
            "express its change as absolute or percent"
        )
    return table


def _names(names: ArrayLike | None, rows: Whole, what: str) -> Names | None:
    if names is None:
        return None
    given = pd.Series(np.asarray(names))
    if len(given) <= rows.max():
        raise InputError(f"{what}: found {len(given)}, expected one for every subject")
    mine = given.iloc[rows]
    if mine.isna().any():
        raise InputError(f"{what}: blank in row {rows[mine.isna().argmax()] + 1}")
    return mine.astype(str).to_numpy(dtype=str)


def _check_classes(truth: Bools, units: Units) -> None:
    labels = units.labels_of(truth)
    counts = int(labels.sum()), int((~labels).sum())
    if min(counts) < FEWEST:
        what = "clusters" if units.are_clusters else "subjects"
        raise InputError(
            f"found {counts[0]} positive and {counts[1]} negative {what} with every marker; "
            f"expected {FEWEST} or more of each"
        )
