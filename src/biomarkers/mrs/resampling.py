"""Signals at other times than they were sampled at."""

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray

# Half-width of the interpolation, samples of the coarser of the two, and the shape of its window.
_HALF_WIDTH, _KAISER = 24, 10.0
# Order of the linear prediction that continues signals, and how much of them it is learned from.
_ORDER, _LEARNED = 48, 8
# Singular values that are left out, in turn, until no signal grows more than this backwards: in
# measured macromolecules the smallest are noise.
_CUTS, _GROWTH = (1e-9, 1e-5, 1e-3, 1e-1), 30.0
# Times that differ by less, in samples, are the same.
_SAME = 1e-3


def resample(fid: ComplexArray, step: float, points: int) -> ComplexArray:
    """Return signals at times 0, step, 2 step, ….

    Parameters
    ----------
    fid
        Signals at times 0, 1, 2, …, (M, T).
    step
        In their samples. Above 1, what the new bandwidth does not hold is filtered out.
    points
        Number of new samples; beyond the signals' end they are 0.

    Returns
    -------
    complex array
        (M, points). The first sample is that of the signals.

    """
    given = fid.shape[-1]
    if abs(step - 1.0) * min(given, points) < _SAME:
        kept = fid[:, :points]
        return np.pad(kept, ((0, 0), (0, points - kept.shape[-1])))
    margin = int(np.ceil(_HALF_WIDTH * max(1.0, step))) + 1
    # A signal begins with a jump, around which interpolation rings: it is continued to before it.
    extended = np.concatenate([_continued(fid, margin), np.zeros((len(fid), margin))], axis=-1)
    times = step * np.arange(points)
    times = times[times <= given - 1]
    new = np.zeros((len(fid), points), dtype=complex)
    new[:, : times.size] = _interpolated(extended, times + margin, max(1.0, step))
    new[:, 0] = fid[:, 0]
    return new


def _continued(fid: ComplexArray, margin: int) -> ComplexArray:
    """Return signals with `margin` samples before them, by linear prediction from what follows.

    x[n] = Σ a[k] x[n + k], k = 1 … order, holds for sums of damped exponentials. The first sample
    is predicted too: where it is halved, the prediction is what lies on the curve.
    """
    order = min(_ORDER, fid.shape[-1] // 4)
    rows = min(fid.shape[-1] - order - 1, _LEARNED * order)
    index = 1 + np.arange(rows)[:, None] + np.arange(order + 1)
    extended = np.concatenate([np.zeros((len(fid), margin)), fid], axis=-1)
    for signal, whole in zip(extended, fid, strict=True):
        for cut in _CUTS:
            weights = np.linalg.lstsq(whole[index[:, 1:]], whole[index[:, 0]], rcond=cut)[0]
            _predict(signal, margin, weights)
            if np.abs(signal[:margin]).max() <= _GROWTH * np.abs(whole).max():
                break
        else:
            signal[:margin], signal[margin] = 0.0, whole[0]
    return np.asarray(extended)


def _predict(signal: ComplexArray, margin: int, weights: ComplexArray) -> None:
    """Write what precedes sample `margin`; that sample too, if what is there is half of it."""
    order = weights.size
    first, predicted = signal[margin], weights @ signal[margin + 1 : margin + 1 + order]
    if abs(first - predicted / 2) < abs(first - predicted):
        signal[margin] = predicted
    for at in range(margin - 1, -1, -1):
        signal[at] = weights @ signal[at + 1 : at + 1 + order]


def _interpolated(signals: ComplexArray, times: FloatArray, wide: float) -> ComplexArray:
    """Return band-limited signals, (M, N), at times in samples: sinc in a Kaiser window.

    `wide` is the factor by which the band is narrowed.
    """
    half = int(np.ceil(_HALF_WIDTH * wide))
    nearest = np.rint(times).astype(int)
    offsets = np.arange(-half, half + 1)
    index = np.clip(nearest[:, None] + offsets, 0, signals.shape[-1] - 1)
    distance = nearest[:, None] + offsets - times[:, None]
    inside = np.clip(1.0 - (distance / half) ** 2, 0.0, None)
    window = np.i0(_KAISER * np.sqrt(inside)) / np.i0(_KAISER)
    kernel = window * np.sinc(distance / wide) / wide
    kernel /= kernel.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("mnk,nk->mn", signals[:, index], kernel))
