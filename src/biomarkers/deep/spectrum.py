"""Spectra, courses, or whatever is one line of numbers a case."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from biomarkers.deep.fitted import FittedNetworks
from biomarkers.deep.inputs import Inputs, Scaling
from biomarkers.deep.model import NetworkModel, labels_of
from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Floats

_LEAST = 32  # points


@dataclass(frozen=True)
class SpectrumCNN(NetworkModel):
    """A one-dimensional network over spectra.

    The array of a case is its points along one axis; NaN is the mean spectrum of the training set.

    Parameters
    ----------
    array
        Its name in the cohort (`Cohort.with_array`).
    clinical
        Whether the block `clinical` is joined before the last layer.
    epochs
        How often every training case is seen; of several numbers the inner folds choose one.
    seeds
        How many networks are trained, whose log odds are averaged.
    width
        Channels of a layer.
    training
        Rate, batch, augmentation, device.
    classes
        The classes it has to tell apart, which must be those of the cohort; None: whichever the
        cohort has.

    Raises
    ------
    InputError
        If a number is out of range, or a class is named twice.

    Notes
    -----
    Spectra of one subject are held out together. One that splits them knows subjects, not classes.

    Examples
    --------
    >>> from biomarkers import deep
    >>> deep.SpectrumCNN("mrs", classes=("N", "T", "R"), epochs=40).chooses_nothing
    True

    """

    classes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse classes that are none."""
        super().__post_init__()
        if self.classes is not None and len(set(self.classes)) != max(len(self.classes), 2):
            raise InputError(f"classes: found {self.classes!r}, expected two or more, each once")

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[FittedNetworks]:
        """Return the networks after each number of epochs; one training gives them all."""
        _, known = labels_of(cases)
        if self.classes is not None and len(self.classes) > 2 and {*self.classes} != {*known}:
            raise InputError(
                f"classes: found {', '.join(self.classes)}; the cohort has {', '.join(known)}"
            )
        return super().fit(cases, settings, seed)

    def _check_array(self, array: Floats) -> None:
        """Refuse what is not one line of points."""
        if array.ndim != 2 or array.shape[1] < _LEAST:
            raise InputError(
                f"{self.array}: found arrays of {array.shape[1:]}; expected at least {_LEAST} "
                "points along one axis"
            )

    def _scaling(self, array: Floats) -> Scaling:
        """Return the mean of each point, and the spread of all about it."""
        return Scaling.of(np.asarray(array), by_point=True)

    def plan(self, inputs: Inputs, classes: int) -> dict[str, Any]:
        """Return the sizes of the network as plain values."""
        return {
            "kind": "spectrum",
            "width": self.width,
            "points": int(inputs.values.shape[1]),
            "encoded": 0,
            "clinical": int(inputs.clinical.shape[1]),
            "dropout": self.training.dropout,
            "outputs": classes if classes > 2 else 1,
        }
