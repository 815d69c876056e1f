"""Turning a separable filter by right angles: 4 ways in a plane, 24 in space."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

from biomarkers.arrays import FloatArray


def rotated(kernels: Sequence[FloatArray], rotate: bool) -> Iterator[list[FloatArray]]:
    """Yield the kernels of every rotation, each once; of none but themselves without `rotate`."""
    if not rotate:
        yield list(kernels)
        return
    seen = set()
    axes = range(len(kernels))
    for order, flips in product(permutations(axes), product((False, True), repeat=len(kernels))):
        # A rotation, no reflection: an even number of swaps and flips.
        swaps = sum(order[i] > order[j] for i in axes for j in axes if i < j)
        if (swaps + sum(flips)) % 2:
            continue
        turned = [
            kernels[axis][::-1] if flip else kernels[axis]
            for axis, flip in zip(order, flips, strict=True)
        ]
        key = tuple(kernel.tobytes() for kernel in turned)
        if key not in seen:
            seen.add(key)
            yield turned
