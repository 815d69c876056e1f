"""Time-activity curves: the mean activity of regions, frame by frame."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.estimates.drawing import house_style
from biomarkers.estimates.voxels import finite_rows, weighted_mean
from biomarkers.images import Regions, as_regions, effective_voxels
from biomarkers.kinetics import Input
from biomarkers.pet.scan import Scan
from biomarkers.timing import FloatArray, Frames

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class TACs:
    """Curves of regions; an array of shape (region, frame) to numpy.

    Parameters
    ----------
    values
        Mean activity, (R, T), kBq/mL; NaN for a region without a voxel that has values throughout.
    regions
        Their names.
    frames
        T frames, s after the start of injection.
    voxels
        How many whole voxels each curve is worth, (R,); None if not known.
    tracer
        Name of the tracer, empty if not known.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> curves = sample_data.pet_curves()
    >>> frames = Frames(curves.start, curves.duration)
    >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
    >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> first = np.array([True, False]).reshape(2, 1, 1)
    >>> regions = {"tumor": first, "muscle": ~first}
    >>> tacs = pet.tacs(scan, regions)
    >>> print(tacs.regions, tacs.shape, tacs["tumor"][-1].round(2))
    ('tumor', 'muscle') (2, 33) 6.22

    """

    values: FloatArray
    regions: tuple[str, ...]
    frames: Frames
    voxels: FloatArray | None
    tracer: str = ""

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[np.generic]:
        return np.array(self.values, dtype=dtype, copy=copy)

    def __len__(self) -> int:
        return len(self.regions)

    def __getitem__(self, region: str | int) -> FloatArray:
        if isinstance(region, int):
            return np.asarray(self.values[region])
        if region not in self.regions:
            raise InputError(f"no curve of {region!r}; there are {', '.join(self.regions)}")
        return np.asarray(self.values[self.regions.index(region)])

    def __repr__(self) -> str:
        return f"<TACs of {', '.join(self.regions)}: {len(self.frames)} frames>"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of regions and of frames."""
        return self.values.shape

    @property
    def table(self) -> pd.DataFrame:
        """One row per region and frame: region, start, duration (s), value (kBq/mL), n.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> curves = sample_data.pet_curves()
        >>> frames = Frames(curves.start, curves.duration)
        >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
        >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
        >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
        >>> first = np.array([True, False]).reshape(2, 1, 1)
        >>> regions = {"tumor": first, "muscle": ~first}
        >>> pet.tacs(scan, regions).table.columns.tolist()
        ['region', 'start', 'duration', 'value', 'n']

        """
        regions, frames = self.shape
        return pd.DataFrame(
            {
                "region": np.repeat(self.regions, frames),
                "start": np.tile(self.frames.start, regions),
                "duration": np.tile(self.frames.duration, regions),
                "value": self.values.ravel(),
                "n": np.nan if self.voxels is None else np.repeat(self.voxels, frames),
            }
        )

    def _repr_html_(self) -> str:
        head = f"<p>{escape(repr(self)[1:-1])}</p>"
        return f"{head}\n{self.table.to_html(index=False, border=0, max_rows=20)}"

    def plot(self) -> "Figure":
        """Draw the curve of every region over time.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> curves = sample_data.pet_curves()
        >>> frames = Frames(curves.start, curves.duration)
        >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
        >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
        >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
        >>> first = np.array([True, False]).reshape(2, 1, 1)
        >>> regions = {"tumor": first, "muscle": ~first}
        >>> pet.tacs(scan, regions).plot().savefig("curves.png")

        """
        from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

        with house_style():
            figure = Figure(figsize=(4.2, 3.0), layout="constrained")
            axes = figure.add_subplot()
            for region, curve in zip(self.regions, self.values, strict=True):
                axes.plot(self.frames.mid / 60, curve, "o-", markersize=3, label=region)
            axes.set(xlabel="Time after injection (min)", ylabel="Activity (kBq/mL)")
            axes.legend()
        return figure

    def check_frames(self, frames: Frames) -> None:
        """Raise `InputError` if the curves were measured in other frames.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> curves = sample_data.pet_curves()
        >>> frames = Frames(curves.start, curves.duration)
        >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
        >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
        >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
        >>> first = np.array([True, False]).reshape(2, 1, 1)
        >>> regions = {"tumor": first, "muscle": ~first}
        >>> pet.tacs(scan, regions).check_frames(frames)  # else an InputError says what differs

        """
        own = self.frames
        if own is not frames and not (
            len(own) == len(frames)
            and np.allclose(own.start, frames.start)
            and np.allclose(own.duration, frames.duration)
        ):
            raise InputError("the curves were measured in other frames; give frames=scan.frames")

    def reference(self, region: str) -> Input:
        """Return the input of the reference-tissue models: the curve of a region.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> curves = sample_data.pet_curves()
        >>> frames = Frames(curves.start, curves.duration)
        >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
        >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
        >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
        >>> first = np.array([True, False]).reshape(2, 1, 1)
        >>> regions = {"tumor": first, "muscle": ~first}
        >>> muscle = pet.tacs(scan, regions).reference("muscle")
        >>> print(f"{muscle.plasma[-1]:.2f} kBq/mL at {muscle.time[-1]:.0f} s")
        0.65 kBq/mL at 3450 s

        """
        return Input.reference_region(self.frames, self[region])


def tacs(scan: Scan, regions: Regions) -> TACs:
    """Average a dynamic scan over regions.

    Parameters
    ----------
    scan
        From `pet.load`.
    regions
        On the grid of the scan: a label map, labels as an image or an array (x, y, z), or a mask
        for each name; or `Fractions` of voxels, by which the mean is weighted.

    Returns
    -------
    TACs
        ``tacs["tumor"]`` is one curve; ``np.asarray(tacs)`` all of them, (region, frame), kBq/mL.
        A voxel that lacks a value in some frame does not count. Decay is corrected: to the start
        of injection, unless the image already is to some time.

    Raises
    ------
    GeometryError
        If scan and regions do not share a grid.
    InputError
        If there is no region, or it does not fit the scan.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> curves = sample_data.pet_curves()
    >>> frames = Frames(curves.start, curves.duration)
    >>> series = np.array([curves.tumor, curves.muscle]).reshape(2, 1, 1, -1)
    >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> first = np.array([True, False]).reshape(2, 1, 1)
    >>> regions = {"tumor": first, "muscle": ~first}
    >>> print(pet.tacs(scan, regions)["muscle"].max().round(2), curves.muscle.max().round(2))
    3.28 3.28

    """
    drawn = as_regions(regions, scan.image)
    rows = scan.held.reshape(-1, len(scan.frames))
    whole = finite_rows(rows).reshape(scan.image.shape[:3])
    values = np.full((len(drawn.regions), rows.shape[1]), np.nan)
    voxels = np.zeros(len(values))
    for row, region in enumerate(drawn.regions):
        weights = drawn.weights(region) * whole
        index = np.flatnonzero(weights)
        voxels[row] = effective_voxels(weights)
        if index.size:
            values[row] = weighted_mean(rows, index, weights.ravel()[index])
    return TACs(values, drawn.regions, scan.frames, voxels, scan.tracer)
