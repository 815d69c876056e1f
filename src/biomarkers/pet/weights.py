"""Weights of frames: long frames with many counts say more than short ones with few."""

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates.voxels import slabs
from biomarkers.pet.nuclides import Nuclide, correction_factors
from biomarkers.pet.scan import Scan
from biomarkers.timing import FloatArray, Frames


def scan_weights(scan: Scan) -> FloatArray:
    """Return weights of a scan's frames, from the counts of the whole image.

    Parameters
    ----------
    scan
        Dynamic scan.

    Returns
    -------
    numpy.ndarray
        (T,), with mean 1; for `pet.fit` and `pet.maps`.

    Raises
    ------
    InputError
        As `frame_weights`.

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
    >>> weights = pet.scan_weights(scan)
    >>> print(weights.shape, weights.mean().round(3))
    (33,) 1.0

    """
    rows = scan.held.reshape(-1, len(scan.frames))
    total, count = np.zeros((2, len(scan.frames)))
    for part in slabs(*rows.shape):
        some = np.asarray(rows[part], dtype=float)
        total, count = total + np.nansum(some, axis=0), count + (~np.isnan(some)).sum(axis=0)
    mean = total / np.where(count > 0, count, np.nan)
    return frame_weights(scan.frames, mean, nuclide=scan.nuclide)


def frame_weights(
    frames: Frames,
    activity: npt.ArrayLike,
    *,
    nuclide: Nuclide | None,
    floor: float = 0.01,
) -> FloatArray:
    """Return weights of squared residuals: one over the variance that counting gives each frame.

    A frame of length L in which N counts are collected shows N / L, times the decay correction D.
    Counts are Poisson, so the variance of what is shown is D² N / L² = D C / L, with C the
    activity as shown: the weight is L / (D C). Without correction for decay that is L² / N
    (Mazoyer et al.); programs that take N corrected for decay, L / C, leave out how much the
    correction raises the noise of late frames. Weights by duration alone leave C out, too.

    Parameters
    ----------
    frames
        When counts were collected; every frame has a duration.
    activity
        Mean activity of the whole field of view (or of a large region), (T,), as shown: the noise
        of a voxel comes from all counts of its frame, not from its own (Mazoyer et al. 1986).
    nuclide
        Whose decay `activity` is corrected for; None if it is not.
    floor
        Frames with fewer counts than this share of the most any frame has are taken to have that
        many: randoms and scatter make noise, also before the tracer arrives.

    Returns
    -------
    numpy.ndarray
        (T,), with mean 1.

    Raises
    ------
    InputError
        If a frame has no duration, shapes differ, no frame has activity, or `floor` is not
        between 0 and 1.

    References
    ----------
    Mazoyer BM, Huesman RH, Budinger TF, Knittel BL. J Comput Assist Tomogr 1986;10:645.

    Examples
    --------
    Ten seconds and ten minutes of one activity: the longer one knows sixty times as much:

    >>> from biomarkers.pet import frame_weights
    >>> from biomarkers.timing import Frames
    >>> weights = frame_weights(Frames([0.0, 10.0], [10.0, 600.0]), [5.0, 5.0], nuclide=None)
    >>> print((weights[1] / weights[0]).round(1))
    60.0

    """
    shown = as_numbers("activity", activity)
    if shown.shape != (len(frames),) or not np.isfinite(shown).all():
        raise InputError(
            f"weights: activity of shape {shown.shape}; expected one finite value for each of "
            f"{len(frames)} frames"
        )
    if (frames.duration <= 0).any():
        row = int(np.argmax(frames.duration <= 0))
        raise InputError(f"weights: frame {row} has no duration; counts need one")
    if not 0 < floor < 1:
        raise InputError(f"weights: floor is {floor!r}; expected a share between 0 and 1")
    decay = np.ones(len(frames)) if nuclide is None else correction_factors(frames, nuclide)
    counts = shown * frames.duration / decay
    if counts.max() <= 0:
        raise InputError("weights: no frame has activity above zero")
    counts = np.maximum(counts, floor * counts.max())
    weights = frames.duration**2 / (decay**2 * counts)
    return np.asarray(weights / weights.mean())
