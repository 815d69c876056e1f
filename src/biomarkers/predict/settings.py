"""How a recipe is judged: folds, repeats, permutations and the seed."""

from dataclasses import dataclass

from biomarkers.errors import InputError


@dataclass(frozen=True)
class Validation:
    """Nested, repeated cross-validation, stratified by outcome, subjects whole.

    Parameters
    ----------
    folds
        Outer and inner folds; a class of fewer subjects gets as many as it has.
    repeats
        How often the subjects are split.
    permutations
        Of outcomes among subjects, for p-values and intervals, each with one repeat; 0 leaves
        them out: p is then NaN, and intervals take a stated ratio of variances (1.5).
    seed
        Makes splits, permutations and random models the same every time.

    Raises
    ------
    InputError
        If there are too few of any.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.Validation(folds=3, repeats=2, permutations=19).folds
    3

    """

    folds: int = 5
    repeats: int = 10
    permutations: int = 199
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        for name, least in (("folds", 2), ("repeats", 1), ("permutations", 0), ("seed", 0)):
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < least:
                raise InputError(f"{name}: found {number!r}, expected a whole number from {least}")
        if 0 < self.permutations < 19:
            raise InputError(
                f"permutations: found {self.permutations}, expected 19 or more, or 0 for none"
            )
