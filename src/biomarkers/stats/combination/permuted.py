"""What a combination reaches by chance: the whole procedure under permuted labels or markers."""

from collections.abc import Iterator

import numpy as np

from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.combination.nested import Procedure
from biomarkers.stats.labels import Units, permuted_labels

_ENOUGH = 20  # permutations as good as the data, after which p is known well enough
_ROUNDING = 1e-12


def chance_areas(
    values: Floats, positive: Bools, procedure: Procedure, *, permutations: int, seed: int
) -> Floats:
    """Return the cross-validated AUC of rule and single marker for permuted labels.

    Parameters
    ----------
    values, positive
        As for `Procedure.run`.
    procedure
        Repeated for every labelling, its folds drawn anew.
    permutations, seed
        Number of relabellings, of whole units within blocks, and their seed.

    Returns
    -------
    array (permutations, 2)

    """
    labels = permuted_labels(
        positive, permutations=permutations, seed=seed, units=procedure.units
    ).T[1:]
    random = np.random.default_rng([seed, 1])
    runs = (procedure.run(values, label, random) for label in labels)
    return np.array(
        [
            (run.area(label), run.single_area(values, label))
            for run, label in zip(runs, labels, strict=True)
        ]
    )


def p_besides(
    values: Floats,
    positive: Bools,
    procedure: Procedure,
    reached: float,
    *,
    given: int,
    permutations: int,
    seed: int,
) -> float:
    """Return the p-value of the rule's AUC if one marker alone knew the outcome.

    The null hypothesis is that the outcome, given this marker, does not depend on the others.
    Where p will be large, permuting stops at the twentieth AUC as high, which leaves p valid
    (Besag & Clifford 1991, doi:10.1093/biomet/78.2.301).

    Parameters
    ----------
    values, positive, procedure, permutations, seed
        As for `chance_areas`.
    reached
        Cross-validated AUC of the rule.
    given
        The column of the marker.

    """
    as_high = 0
    areas = areas_of_one(values, positive, procedure, given=given, seed=seed)
    for number, area in zip(range(1, permutations + 1), areas, strict=False):
        as_high += area >= reached - _ROUNDING
        if as_high == _ENOUGH:
            return as_high / number
    return (as_high + 1) / (permutations + 1)


def areas_of_one(
    values: Floats, positive: Bools, procedure: Procedure, *, given: int, seed: int
) -> Iterator[float]:
    """Give the rule's AUC, again and again, where one marker alone knows the outcome.

    The other markers are predicted from the given one, and from the block, by least squares;
    what is left of them is permuted, all markers together. So they keep their correlation with
    the given marker and with each other, and lose what they know of the outcome besides
    (Freedman & Lane 1983, doi:10.1080/07350015.1983.10509354). Whole units are exchanged, with
    those of equal size in their block.

    Parameters
    ----------
    values, positive, procedure, given, seed
        As for `p_besides`.

    """
    units = procedure.units
    blocks = units.block[units.member][:, None] == np.arange(units.block.max() + 1)
    known = np.column_stack([values[:, given], blocks])
    others = np.delete(np.arange(values.shape[1]), given)
    fitted = known @ np.linalg.lstsq(known, values[:, others], rcond=None)[0]
    left = values[:, others] - fitted
    groups = _exchangeable(units)
    random = np.random.default_rng([seed, 2, given])
    order, made = np.arange(len(values)), values.copy()
    while True:
        for rows in groups:
            order[rows] = random.permutation(rows)
        made[:, others] = fitted + left[order]
        yield procedure.run(made, positive, random).area(positive)


def _exchangeable(units: Units) -> list[Whole]:
    """Return the subjects of units of one block and one size, each time units × subjects."""
    sizes = np.bincount(units.member)
    rows = np.argsort(units.member, kind="stable")
    starts = np.cumsum(sizes) - sizes
    groups = []
    for block, size in sorted(set(zip(units.block, sizes, strict=True))):
        alike = starts[(units.block == block) & (sizes == size)]
        groups.append(rows[alike[:, None] + np.arange(size)])
    return groups
