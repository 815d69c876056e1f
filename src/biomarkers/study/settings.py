"""What a user chooses when a study is measured."""

from dataclasses import dataclass

from biomarkers.errors import InputError

COMPUTED, GIVEN = "computed", "given"
Window = tuple[float, float]


@dataclass(frozen=True)
class MeasureSettings:
    """How a study is measured.

    Parameters
    ----------
    prefer
        Where a map is both given and computable: `computed` (a given map only fills a gap) or
        `given` (a given B1 then also corrects a T1 that has to be computed).
    resample_labels
        Whether a label map on another grid is brought to the map's grid (nearest neighbour)
        instead of being refused.
    keep_going
        Whether sessions with faulty files are left out, and named, instead of refusing the
        study.
    jobs
        Sessions measured at once.
    pet_window
        Which frames of a PET scan are averaged: from and to, s after the start of injection, the
        middle of a frame counting. None: all of a scan that began ten minutes after the injection
        or later, or has one frame; none of another.

    """

    prefer: str = COMPUTED
    resample_labels: bool = False
    keep_going: bool = False
    jobs: int = 1
    pet_window: Window | None = None

    def __post_init__(self) -> None:
        if self.prefer not in (COMPUTED, GIVEN):
            raise InputError(f"prefer is {self.prefer!r}; expected {COMPUTED} or {GIVEN}")
        if self.jobs < 1:
            raise InputError(f"jobs is {self.jobs}; expected 1 or more")
        if self.pet_window is not None and not self.pet_window[0] < self.pet_window[1]:
            start, end = self.pet_window
            raise InputError(f"pet_window is from {start:g} to {end:g} s; expected it to rise")
