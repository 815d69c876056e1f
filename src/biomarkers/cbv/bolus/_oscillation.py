"""How many singular values a residue may be made of before it oscillates."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_sums

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@compiled_sums
def _add(residue: FloatArray, amount: float, vectors: FloatArray, row: int) -> None:
    """Add a multiple of one singular vector."""
    for k in range(residue.size):
        residue[k] += amount * vectors[row, k]


@compiled_sums
def oscillation(residue: FloatArray) -> float:
    """Return the oscillation index: the mean bend over the peak (Wu et al. 2003)."""
    bends, peak = 0.0, residue[0]
    for k in range(1, residue.size):
        peak = max(peak, residue[k])
    for k in range(2, residue.size):
        bends += abs(residue[k] - 2.0 * residue[k - 1] + residue[k - 2])
    return bends / (residue.size * peak) if peak > 0.0 else np.inf


@compiled
def last_smooth_level(
    scaled: FloatArray, vectors: FloatArray, counts: IntArray, limit: float
) -> IntArray:
    """Return the last level before each residue oscillates more than `limit`, (V,).

    Wu et al. come from below and stop at the first threshold with little oscillation. That is
    the same level unless oscillation falls again as singular values are added; it then falls by
    chance, and differently for every arrival.

    Parameters
    ----------
    scaled
        Coefficient of each singular vector in the residue, (V, n).
    vectors
        Singular vectors of the residue, (n, L).
    counts
        Number of vectors at each level, (M,), increasing.
    limit
        Largest oscillation index.

    """
    chosen = np.zeros(scaled.shape[0], dtype=np.int64)
    residue = np.empty(vectors.shape[1])
    for v in range(scaled.shape[0]):
        residue[:] = 0.0
        done = 0
        for level in range(counts.size):
            while done < counts[level]:
                _add(residue, scaled[v, done], vectors, done)
                done += 1
            if oscillation(residue) > limit:
                break
            chosen[v] = level
    return chosen
