"""What a network is given: the arrays of cases on the scale of the training set."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarkers.extras import load_extra
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Bools, Floats, Whole

Weights = dict[str, NDArray[Any]]
Single = NDArray[np.float32]

_SHIFT = 0.06  # largest shift of an augmented case, of the extent
_NOISE = 0.1  # standard deviation of what is added to one, of the training set's


@dataclass(frozen=True, eq=False)
class Scaling:
    """Mean and standard deviation of an array in the training set.

    Parameters
    ----------
    mean
        Of all pixels; of a spectrum, of each point.
    sd
        Of all of them about it.

    """

    mean: Floats
    sd: float

    @classmethod
    def of(cls, array: Floats, *, by_point: bool) -> "Scaling":
        """Return that of training cases; missing values are left out."""
        mean = np.nanmean(array, axis=0 if by_point else None)
        mean = np.nan_to_num(np.asarray(mean, dtype=float))
        sd = float(np.nanstd(array - mean))
        return cls(mean, sd if sd > 0 else 1.0)

    def apply(self, array: Floats) -> Single:
        """Return an array on that scale, missing values at the mean, 0."""
        return np.nan_to_num((array - self.mean) / self.sd).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a network is called with, n cases.

    Parameters
    ----------
    values
        n × slices × y × x, n × slices × features, or n × points.
    present
        n × slices: which are there; n × 1 for spectra.
    clinical
        n × columns, maybe none.

    """

    values: Single
    present: Bools
    clinical: Single

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def of(cls, cases: Cases, array: str, scaling: Scaling) -> "Inputs":
        """Return what a network sees of cases as the steps of a recipe leave them."""
        raw = cases.arrays[array]
        flat = raw.reshape(len(raw), raw.shape[1] if raw.ndim > 2 else 1, -1)
        present: Bools = np.asarray(~np.isnan(flat).all(axis=2))
        return cls(scaling.apply(raw), present, cases.features.astype(np.float32))

    def take(self, rows: Whole) -> "Inputs":
        """Return those of some cases."""
        return Inputs(self.values[rows], self.present[rows], self.clinical[rows])

    def with_values(self, values: Single) -> "Inputs":
        """Return them with other values."""
        return replace(self, values=values)

    def on(self, device: str) -> tuple[Any, Any, Any]:
        """Return values, presence and clinical columns as tensors."""
        torch = load_extra("torch", "a network")
        parts = (self.values, self.present, self.clinical)
        return tuple(torch.from_numpy(np.ascontiguousarray(each)).to(device) for each in parts)

    def augmented(self) -> "Inputs":
        """Return them shifted, mirrored and noisier, as torch's generator draws it.

        What a given encoder made is only made noisier.
        """
        values = self.values
        if values.ndim == 4:
            values = _mirrored(_shifted(_shifted(values, 2), 3))
        elif values.ndim == 2:
            values = _shifted(values, 1)
        noise = load_extra("torch", "a network").randn(values.shape).numpy()
        seen = self.present.reshape(*self.present.shape, *[1] * (values.ndim - 2))
        return self.with_values(values + np.float32(_NOISE) * noise * seen)


def _shifted(values: Single, axis: int) -> Single:
    """Return every case shifted along an axis; what leaves at one end comes in at the other."""
    torch = load_extra("torch", "a network")
    size = values.shape[axis]
    most = max(1, round(_SHIFT * size))
    by = torch.randint(-most, most + 1, (len(values), 1)).numpy()
    places = (np.arange(size) + by) % size
    shape = [len(values), *[1] * (values.ndim - 1)]
    shape[axis] = size
    return np.take_along_axis(values, places.reshape(shape), axis=axis)


def _mirrored(values: Single) -> Single:
    """Return about half of the cases mirrored along x."""
    torch = load_extra("torch", "a network")
    turned = torch.rand(len(values)).numpy() < 0.5
    return np.where(turned[:, None, None, None], values[..., ::-1], values)
