"""Settings of the cross-validation of a combination."""

from dataclasses import dataclass

from biomarkers.errors import InputError


@dataclass(frozen=True)
class CrossValidation:
    """Folds, repeats and permutations.

    Parameters
    ----------
    folds
        Outer and inner folds; a class of fewer subjects gets as many as it has.
    repeats
        How often the subjects are split; None: 10 up to 100 subjects, fewer beyond, at least 2.
    permutations
        Of labels, and of markers for each test of a gain; at least 19.
    seed
        Makes splits and permutations the same ones every time.
    cluster, blocks
        Columns of participants, for `combine`: the patient of each lesion, kept whole; site,
        batch or sex, spread over the folds and permuted within.

    Raises
    ------
    InputError
        If there are too few of any.

    """

    folds: int = 5
    repeats: int | None = None
    permutations: int = 199
    seed: int = 1
    cluster: str = ""
    blocks: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        least = {"folds": 2, "permutations": 19}
        least |= {} if self.repeats is None else {"repeats": 1}
        for name, number in least.items():
            if getattr(self, name) < number:
                raise InputError(f"{name}: found {getattr(self, name)}, expected {number} or more")

    def repeats_for(self, subjects: int) -> int:
        """Return the number of repeats: a small sample needs many to compare most of its pairs."""
        return self.repeats or min(10, max(2, round(1000 / subjects)))
