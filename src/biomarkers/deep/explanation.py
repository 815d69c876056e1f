"""What moves the score of each case, as maps, with what is known of their trustworthiness."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from biomarkers.deep.drawing import draw_slices, draw_spectrum
from biomarkers.files import replacing, write_json
from biomarkers.stats.arrays import Floats

# Of the change of the score: a larger error of completeness is warned of.
LARGE_ERROR = 0.05
_METHODS = {
    "integrated_gradients": "integrated gradients",
    "occlusion": "occlusion",
    "attention": "attention of the head",
}


@dataclass(frozen=True, eq=False)
class Explanation:
    """Maps of cases; made by `explain`.

    Parameters
    ----------
    maps
        Cases × slices × y × x, × points, or of attention × slices: by how much the log odds are
        moved (attention: shares of 1); the mean over seeds.
    completeness
        By how much the sum of the map misses the change of the score it explains, relative to it
        (or to a tenth of the mean change of all cases, if that is more), the largest of all seeds;
        NaN where `cases` has a reason.
    stability
        Mean rank correlation of the maps of each case by any two seeds; NaN of one.
    clinical
        What each clinical column adds, cases × columns.
    cases
        `subject, lesion, called, odds, reason`: why completeness is NaN.
    images
        What the networks saw, on the scale of the training set.
    method, array, axis, steps
        How it was made.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import deep
    >>> row = {"subject": "s1", "lesion": "", "called": "positive", "odds": 1.5}
    >>> maps, nan = np.array([[0.0, 3.0, -1.0, 0.0]]), np.array([np.nan])
    >>> none, cases = pd.DataFrame(index=[0]), pd.DataFrame([row])
    >>> seen = deep.Explanation(maps, nan, nan, none, cases, maps, "occlusion", "mrs")
    >>> seen
    Explanation: occlusion of 1 cases; largest completeness error nan

    """

    maps: Floats
    completeness: Floats
    stability: Floats
    clinical: pd.DataFrame
    cases: pd.DataFrame
    images: Floats
    method: str
    array: str
    axis: Floats | None = None
    steps: int = 64

    def __repr__(self) -> str:
        worst = np.nanmax(self.completeness) if np.isfinite(self.completeness).any() else np.nan
        return (
            f"Explanation: {_METHODS[self.method]} of {len(self.maps)} cases; "
            f"largest completeness error {worst:.2g}"
        )

    @property
    def relevance(self) -> pd.DataFrame:
        """By slice, or by point of a spectrum: mean and mean magnitude over cases.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import deep
        >>> row = {"subject": "s1", "lesion": "", "called": "positive", "odds": 1.5}
        >>> maps, nan = np.array([[0.0, 3.0, -1.0, 0.0]]), np.array([np.nan])
        >>> none, cases = pd.DataFrame(index=[0]), pd.DataFrame([row])
        >>> seen = deep.Explanation(maps, nan, nan, none, cases, maps, "occlusion", "mrs")
        >>> seen.relevance["magnitude"].tolist()
        [0.0, 3.0, 1.0, 0.0]

        """
        maps = self.maps
        if maps.ndim == 4:
            maps = maps.sum(axis=(2, 3))
            magnitude = np.abs(self.maps).sum(axis=(2, 3)).mean(axis=0)
        else:
            magnitude = np.abs(maps).mean(axis=0)
        name = "slice" if self.axis is None and self.images.ndim == 4 else "position"
        places = np.arange(maps.shape[1]) if self.axis is None else self.axis
        return pd.DataFrame({name: places, "mean": maps.mean(axis=0), "magnitude": magnitude})

    def share_within(self, mask: np.ndarray) -> Floats:
        """Return the share of the map's weight, in magnitude, that lies within a mask, by case.

        Parameters
        ----------
        mask
            Of the shape of a map, or of a slice.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import deep
        >>> row = {"subject": "s1", "lesion": "", "called": "positive", "odds": 1.5}
        >>> maps, nan = np.array([[0.0, 3.0, -1.0, 0.0]]), np.array([np.nan])
        >>> none, cases = pd.DataFrame(index=[0]), pd.DataFrame([row])
        >>> seen = deep.Explanation(maps, nan, nan, none, cases, maps, "occlusion", "mrs")
        >>> seen.share_within(np.array([0, 1, 0, 0]))
        array([0.75])

        """
        weight = np.abs(self.maps)
        axes = tuple(range(1, weight.ndim))
        return np.asarray((weight * mask).sum(axis=axes) / weight.sum(axis=axes))

    def save(self, folder: Path | str, *, most: int = 6) -> list[Path]:
        """Write a picture and a caption of the first cases into `folder/qc`; return the captions.

        Parameters
        ----------
        folder
            Of results; a report embeds what lies in its `qc`.
        most
            Cases that are drawn.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import deep
        >>> row = {"subject": "s1", "lesion": "", "called": "positive", "odds": 1.5}
        >>> maps, nan = np.array([[0.0, 3.0, -1.0, 0.0]]), np.array([np.nan])
        >>> none, cases = pd.DataFrame(index=[0]), pd.DataFrame([row])
        >>> seen = deep.Explanation(maps, nan, nan, none, cases, maps, "occlusion", "mrs")
        >>> [path.name for path in seen.save("results")]
        ['sub-s1_explanation-mrs-occlusion.json']

        """
        return [
            self._card(number, Path(folder) / "qc") for number in range(min(most, len(self.maps)))
        ]

    def _card(self, number: int, folder: Path) -> Path:
        case = self.cases.iloc[number]
        lesion = f"_lesion-{case['lesion']}" if str(case["lesion"]) else ""
        stem = f"sub-{case['subject']}{lesion}_explanation-{self.array}-{self.method}"
        with replacing(folder / f"{stem}.png") as temporary:
            temporary.write_bytes(self.picture(number))
        error, stable = float(self.completeness[number]), float(self.stability[number])
        content = {
            "title": f"Why the rule says so: {_METHODS[self.method]}",
            "caption": self._caption(number),
            "status": "warn" if error > LARGE_ERROR or self._is_unknown(number) else "ok",
            "subject": str(case["subject"]),
            "session": str(case["lesion"]),
            "kind": f"explanation of {self.array}",
            "values": {"odds": float(case["odds"]), "completeness": error, "stability": stable},
            "picture": f"{stem}.png",
        }
        return write_json(folder / f"{stem}.json", content)

    def _is_unknown(self, number: int) -> bool:
        """Whether a sum that the method promises could not be compared."""
        wanted = self.method == "integrated_gradients"
        return wanted and bool(np.isnan(self.completeness[number]))

    def _caption(self, number: int) -> str:
        case = self.cases.iloc[number]
        chance = float(special.expit(case["odds"]))
        text = f"Called {case['called']}, probability {chance:.2f}. "
        if self.method == "attention":
            return text + "Shares of the head's attention: which slices it weighs, not why."
        text += "Red raises the log odds of what is explained, blue lowers them, from the mean of "
        text += "the training set."
        error, stable = self.completeness[number], self.stability[number]
        if np.isfinite(error):
            text += f" The sum misses the change by {error:.1%} ({self.steps} steps)."
        elif self._is_unknown(number):
            text += f" Whether it adds up is not known: {case['reason']}."
        if np.isfinite(stable):
            text += f" Rank correlation of maps of different seeds: {stable:.2f}."
        return text + " A map says what this rule looked at, not what causes the outcome."

    def picture(self, number: int) -> bytes:
        """Return the picture of a case, as PNG.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import deep
        >>> row = {"subject": "s1", "lesion": "", "called": "positive", "odds": 1.5}
        >>> maps, nan = np.array([[0.0, 3.0, -1.0, 0.0]]), np.array([np.nan])
        >>> none, cases = pd.DataFrame(index=[0]), pd.DataFrame([row])
        >>> seen = deep.Explanation(maps, nan, nan, none, cases, maps, "occlusion", "mrs")
        >>> seen.picture(0)[1:4]
        b'PNG'

        """
        image, shown = self.images[number], self.maps[number]
        if image.ndim == 1:
            return draw_spectrum(image, shown, self.axis)
        return draw_slices(image, shown)
