"""Curves taken a few dozen at a time and turned, for the compiled regressions.

Each operation then runs over curves and fills whole vector registers. No operation may be
reordered: a curve's neighbours would otherwise show in the last digit.
"""

from biomarkers.compiling import compiled
from biomarkers.kinetics._linear import FloatArray

LANES = 64


@compiled
def turn(curves: FloatArray, first: int, turned: FloatArray) -> int:
    """Lay the curves (V, T) from `first` on side by side, (T, LANES); returns how many."""
    count = min(LANES, curves.shape[0] - first)
    for b in range(count):
        for t in range(curves.shape[1]):
            turned[t, b] = curves[first + b, t]
    return int(count)


@compiled
def integrate(
    turned: FloatArray, steps: FloatArray, running: FloatArray, integrals: FloatArray
) -> None:
    """Fill the integrals (n, LANES) at the last n points; `steps` as in `fit_lines`.

    `running` (LANES,) is worked in.
    """
    first = turned.shape[0] - integrals.shape[0]
    for b in range(LANES):
        running[b] = steps[1, 0] * turned[0, b]
    for t in range(turned.shape[0]):
        if t > 0:
            before, here = steps[0, t], steps[1, t]
            for b in range(LANES):
                running[b] += before * turned[t - 1, b] + here * turned[t, b]
        if t >= first:
            for b in range(LANES):
                integrals[t - first, b] = running[b]
