"""The curves of the voxels to fit and how they were scanned: signal in, concentration out."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from biomarkers.dce.sequence import PulseSequence, from_enhancement
from biomarkers.images.voxels import CHUNK, in_chunks

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scan:
    """The sequence and what is known of each voxel.

    Parameters
    ----------
    sequence, r1
        As in `concentration`.
    t10, b1
        (V,); `b1` may be None.

    """

    sequence: PulseSequence
    r1: float
    t10: FloatArray
    b1: FloatArray | None

    def part(self, which: slice) -> "Scan":
        """Return the same scan of some of the voxels."""
        b1 = None if self.b1 is None else self.b1[which]
        return replace(self, t10=self.t10[which], b1=b1)

    def with_t10(self, t10: FloatArray) -> "Scan":
        """Return the same scan of voxels of another T1 before contrast, (V,), s."""
        return replace(self, t10=t10)

    def concentration(self, ratio: FloatArray) -> FloatArray:
        """Return concentrations, mM, of signal over baseline, both (V, T)."""
        out = np.empty(ratio.shape)

        def convert(part: slice) -> None:
            out[part] = from_enhancement(
                self.sequence,
                ratio[part],
                t10=self.t10[part],
                r1=self.r1,
                b1=None if self.b1 is None else self.b1[part],
            )

        if len(ratio) <= CHUNK:
            convert(slice(0, len(ratio)))
        else:
            in_chunks(convert, len(ratio))
        return out
