"""Whether dose, body, times and activity of a scan can belong together: units and slips."""

from collections.abc import Iterator

import numpy as np

from biomarkers.estimates.voxels import slabs
from biomarkers.pet.scan import Scan
from biomarkers.ranges import unusual

Window = tuple[float, float]

# Of the dose: what calibration and scatter may add to the activity that is seen.
_MOST_OF_DOSE = 1.3
# A scan with a nuclide that lives longer is not over in so short a time, s, or part of a half-life.
_SHORT_S, _SHORT_HALF_LIVES = 200.0, 0.1
_SHORT_LIVED_S = 600.0
_AT_INJECTION_S = 60.0


def doubts(scan: Scan, window: Window | None = None) -> tuple[str, ...]:
    """Return in words what is unusual about the numbers behind an uptake value.

    Weight and dose are held against the species, the activity in the image against the dose, times
    against the half-life and, as minutes are often given for seconds, against the window.

    Parameters
    ----------
    scan
        From `pet.load`.
    window
        As in `pet.suv`.

    Examples
    --------
    A dose in kBq where MBq were meant:

    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> image = Image(np.full((8, 8, 8), 80.0), np.eye(4), "simulated", unit="kBq/mL")
    >>> frames = Frames([3600.0], [600.0])
    >>> body = pet.Body(weight_g=250.0, species="rattus norvegicus")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"), dose_mbq=20000.0, body=body)
    >>> len(pet.doubts(scan)) > 0
    True

    """
    return tuple(words for words in (*_of_body(scan), *_of_times(scan, window)) if words)


def _of_body(scan: Scan) -> Iterator[str]:
    weight, dose = scan.weight_g, scan.dose_mbq
    rows = scan.decay_corrected().image.data.reshape(-1, len(scan.frames))
    total, highest = np.zeros(len(scan.frames)), 0.0
    for part in slabs(*rows.shape):
        some = np.asarray(rows[part], dtype=float)
        total += np.nansum(some, axis=0)
        highest = float(np.max(some[np.isfinite(some)], initial=highest))
    numbers = {"body_weight": weight, "injected_dose": dose}
    if scan.body.height_cm is not None:
        numbers["body_height"] = scan.body.height_cm
    if weight is not None and dose is not None:
        numbers["dose_per_weight"] = 1000.0 * dose / weight
    said = [_unusual(scan, name, value) for name, value in numbers.items() if value is not None]
    yield from said
    seen = total.max() * scan.image.voxel_volume * 1e-6
    if dose is None or not seen > _MOST_OF_DOSE * dose:
        said.append(_unusual(scan, "activity", highest))
        yield said[-1]
        if weight is not None and dose is not None and not any(said):
            yield _unusual(scan, "SUVmax", highest * weight / (1000.0 * dose))
    else:
        yield (
            f"{scan.source}: the image holds {seen:.3g} MBq, at the injection, of {dose:.3g} MBq "
            f"that were injected; is its unit {'Bq/mL' if seen > 30.0 * dose else 'kBq/mL'}?"
        )


def _unusual(scan: Scan, name: str, value: float) -> str:
    source = f"{scan.source}: {name.replace('_', ' ')}"
    return unusual(name, value, source=source, species=scan.body.species or "")


def _of_times(scan: Scan, window: Window | None) -> Iterator[str]:
    frames, half_life = scan.frames, scan.nuclide.half_life
    start, end = float(frames.start[0]), float(frames.end[-1])
    yield unusual("half_lives", end / half_life, source=f"{scan.source}: end of the scan")
    if frames.duration.any() and end < min(_SHORT_S, _SHORT_HALF_LIVES * half_life):
        yield (
            f"{scan.source}: the scan ends {end:g} s after the injection, and {scan.nuclide.name} "
            f"lives {half_life:g} s; are its times in minutes?"
        )
    if half_life < _SHORT_LIVED_S:
        return
    if len(frames) == 1 and frames.duration[0] > 0 and 0.0 <= start < _AT_INJECTION_S:
        yield (
            f"{scan.source}: its one frame, of {frames.duration[0]:g} s, starts {start:g} s after "
            "the injection, before any uptake; is InjectionStart right?"
        )
    if window is not None:
        low, high = (60.0 * float(each) for each in window)
        if start <= low < high <= end * (1.0 + 1e-6) and high - low <= 7200.0:
            yield (
                f"{scan.source}: window from {window[0]:g} to {window[1]:g} s after the injection; "
                "these look like minutes"
            )
