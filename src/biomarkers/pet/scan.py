"""A PET scan: activity on a grid, on a clock that starts with the injection."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from biomarkers.bids import Sidecar
from biomarkers.checks import as_mask, as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates.voxels import slabs
from biomarkers.images import Image
from biomarkers.images.scaled import Series
from biomarkers.pet.body import Body
from biomarkers.pet.nuclides import Nuclide, correction_factors
from biomarkers.ranges import require_possible
from biomarkers.timing import FloatArray, Frames

UNIT = "kBq/mL"


@dataclass(frozen=True, eq=False)
class Scan:
    """Activity concentration, when it was measured, and of what.

    Every time is in seconds after the start of injection, whatever clock the files had.

    Parameters
    ----------
    image
        kBq/mL, (x, y, z, T), or (x, y, z) for one frame; a time axis of length 1 is dropped.
    frames
        T frames, s after the start of injection.
    nuclide
        Whose decay is meant: `pet.nuclide("F18")`.
    dose_mbq
        What went into the body, MBq at the start of injection: the residue in the syringe is
        taken off. None if not known; nothing but SUV and injected fractions needs it.
    body
        Weight, and what else is known.
    tracer
        Name, for instance `FLT`.
    decay_corrected_to
        The time to which the decay of the image was corrected, s after the start of injection;
        None if it was not.
    injection_start
        Start of injection on the clock of the files (BIDS: s after `TimeZero`); what to subtract
        from other times of the same files, as those of blood samples.
    sidecar
        Metadata, if the scan came from a file.

    Raises
    ------
    InputError
        If frames and image differ in number, the unit is not kBq/mL, or a number makes no sense.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> image = Image(np.full((8, 8, 8), 80.0), np.eye(4), "simulated", unit="kBq/mL")
    >>> frames = Frames([3600.0], [600.0])
    >>> body = pet.Body(weight_g=250.0, species="rattus norvegicus")
    >>> nuclide = pet.nuclide("F18")
    >>> scan = pet.Scan(image, frames, nuclide, dose_mbq=20.0, body=body, tracer="FLT")
    >>> print(scan.series.shape, scan.weight_g, scan.tracer)
    (8, 8, 8, 1) 250.0 FLT

    """

    image: Image
    frames: Frames
    nuclide: Nuclide
    dose_mbq: float | None = None
    body: Body = field(default_factory=Body)
    tracer: str = ""
    decay_corrected_to: float | None = 0.0
    injection_start: float = 0.0
    sidecar: Sidecar | None = None

    def __post_init__(self) -> None:
        _check(self)
        if self.image.shape[3:] == (1,):
            alone = np.asarray(self.image.data)[..., 0]
            image = self.image.with_data(alone, source=self.source, unit=UNIT)
            object.__setattr__(self, "image", image)

    @property
    def weight_g(self) -> float | None:
        """Body weight on the day of the scan, g; None if not known."""
        return self.body.weight_g

    @property
    def source(self) -> str:
        """The file, or what else the scan came from."""
        return self.image.source

    @property
    def series(self) -> FloatArray:
        """Activity with its time axis, also where there is one frame: (x, y, z, T), kBq/mL."""
        return np.asarray(self.image.data, dtype=float).reshape(*self.image.shape[:3], -1)

    @property
    def held(self) -> Series:
        """Activity as `decay_corrected_series` has it, held as the file does: in less memory."""
        scan = self if self.decay_corrected_to is not None else self.decay_corrected()
        return scan.image.data.reshape(*self.image.shape[:3], -1)

    @property
    def decay_corrected_series(self) -> FloatArray:
        """Activity (x, y, z, T), kBq/mL, corrected for decay: to the start of injection if not yet.

        A correction to another time is left: blood is commonly corrected to the same one.
        """
        return (self if self.decay_corrected_to is not None else self.decay_corrected()).series

    def finite_series(self) -> FloatArray:
        """Return the activity (x, y, z, T), kBq/mL; `InputError` if a voxel has no value.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> image = Image(np.full((8, 8, 8), 80.0), np.eye(4), "simulated", unit="kBq/mL")
        >>> frames = Frames([3600.0], [600.0])
        >>> body = pet.Body(weight_g=250.0, species="rattus norvegicus")
        >>> nuclide = pet.nuclide("F18")
        >>> scan = pet.Scan(image, frames, nuclide, dose_mbq=20.0, body=body, tracer="FLT")
        >>> scan.finite_series().shape
        (8, 8, 8, 1)

        """
        series = self.series
        if not np.isfinite(series).all():
            voxel = tuple(int(index) for index in np.argwhere(~np.isfinite(series))[0])
            raise InputError(
                f"{self.source}: no value at voxel {voxel[:3]} of frame {voxel[3]}; fill it, or "
                "crop the image, first"
            )
        return series

    def with_series(self, series: FloatArray, how: str = "") -> "Scan":
        """Return the scan with other activity (x, y, z, T); `how` it came about is noted.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> image = Image(np.full((8, 8, 8), 80.0), np.eye(4), "simulated", unit="kBq/mL")
        >>> frames = Frames([3600.0], [600.0])
        >>> body = pet.Body(weight_g=250.0, species="rattus norvegicus")
        >>> nuclide = pet.nuclide("F18")
        >>> scan = pet.Scan(image, frames, nuclide, dose_mbq=20.0, body=body, tracer="FLT")
        >>> print(scan.with_series(2.0 * scan.series).series.mean())
        160.0

        """
        source = f"{self.source}, {how}" if how else self.source
        data = as_numbers("series", series)
        if data.shape != self.series.shape:
            raise InputError(f"series has shape {data.shape}; expected {self.series.shape}")
        data = data.reshape(self.image.shape)
        return replace(self, image=self.image.with_data(data, source=source, unit=UNIT))

    def decay_corrected(self, to: float = 0.0) -> "Scan":
        """Return the scan with its decay corrected to a time, s after the start of injection.

        A correction that was made for another time is carried over; where none was made,
        `correction_factors` are applied.

        Examples
        --------
        An image as it was counted, an hour after injection, and as it would be at injection:

        >>> import numpy as np
        >>> from biomarkers import pet
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> image = Image(np.full((2, 2, 2), 80.0), np.eye(4), "simulated", unit="kBq/mL")
        >>> frames = Frames([3600.0], [1.0])
        >>> scan = pet.Scan(image, frames, pet.nuclide("F18"), decay_corrected_to=None)
        >>> early = scan.decay_corrected().series.mean()
        >>> print(f"{early:.1f} kBq/mL, {80 * 2 ** (3600.5 / 6586.2):.1f} by half-lives")
        116.9 kBq/mL, 116.9 by half-lives

        """
        if self.decay_corrected_to == to:
            return self
        return replace(self.with_series(self.series * self._factors(to)), decay_corrected_to=to)

    def merged(self, which: npt.ArrayLike) -> "Scan":
        """Return a scan of one frame: the mean of some frames, each weighted by its duration.

        Raises
        ------
        InputError
            If there is not one true or false for each frame, none is true, or several frames are
            not corrected for decay to one time.

        Examples
        --------
        The mean of two frames, each by its duration:

        >>> import numpy as np
        >>> from biomarkers import pet
        >>> from biomarkers.images import Image
        >>> from biomarkers.timing import Frames
        >>> series = np.array([[[[60.0, 90.0]]]])
        >>> frames = Frames([3600.0, 3900.0], [300.0, 600.0])
        >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
        >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
        >>> scan.merged(np.array([True, True])).series.round(1).ravel()
        array([80.])

        """
        which = as_mask("which", which, self.frames.start.shape)
        if not which.any():
            raise InputError("which chooses no frame; expected one or more")
        if self.decay_corrected_to is None and which.sum() > 1:
            raise InputError(f"{self.source}: frames must be corrected for decay to be averaged")
        duration = self.frames.duration[which]
        weights = duration if duration.any() else np.ones_like(duration)
        start, end = self.frames.start[which][0], self.frames.end[which][-1]
        share, shape = weights / weights.sum(), self.image.shape[:3]
        rows, chosen = self.image.data.reshape(-1, which.size), np.flatnonzero(which)
        merged = np.empty(len(rows))
        for part in slabs(len(rows), chosen.size):
            merged[part] = np.asarray(rows[part][:, chosen], dtype=float) @ share
        image = self.image.with_data(
            merged.reshape(shape),
            source=f"{self.source} ({start:g} to {end:g} s)",
            unit=self.image.unit,
        )
        return replace(self, image=image, frames=Frames(np.array([start]), np.array([end - start])))

    def _factors(self, to: float) -> FloatArray:
        """Return what each frame is multiplied by, (T,)."""
        rate = self.nuclide.decay_constant
        if self.decay_corrected_to is not None:
            return np.full(len(self.frames), math.exp(rate * (self.decay_corrected_to - to)))
        return correction_factors(self.frames, self.nuclide, to=to)


def _check(scan: Scan) -> None:
    shape, count = scan.image.shape, len(scan.frames)
    if scan.image.unit != UNIT:
        raise InputError(
            f"{scan.source}: unit is {scan.image.unit or 'not given'}; expected {UNIT}"
        )
    if (shape[3:] or (1,)) != (count,) or len(shape) < 3:
        raise InputError(
            f"{scan.source}: an image of shape {shape} does not fit {count} frame(s); expected "
            "(x, y, z, frame), or (x, y, z) for one frame"
        )
    dose, to = scan.dose_mbq, scan.decay_corrected_to
    if dose is not None and not (math.isfinite(dose) and dose > 0.0):
        raise InputError(f"{scan.source}: dose_mbq is {dose}; expected a positive number")
    if not math.isfinite(scan.injection_start) or (to is not None and not math.isfinite(to)):
        raise InputError(f"{scan.source}: a time of the scan is not finite; expected seconds")
    if dose is not None:
        require_possible("injected_dose", dose, source=f"{scan.source}: dose_mbq")
    lives = float(scan.frames.end[-1]) / scan.nuclide.half_life
    require_possible("half_lives", max(lives, 0.0), source=f"{scan.source}: end of the scan")
