"""Magnetisation followed from pulse to pulse, the way the Bloch equations have it.

Nothing of the package is used: transverse magnetisation is spoiled before every pulse, a pulse of
angle a leaves cos a of the longitudinal one, and waiting brings it closer to 1.
"""

import numpy as np

WAIT, PULSE, READ = "wait", "pulse", "read"


def follow(events, start, t1):
    """Return the signals read in one pass of (kind, number) events, and what is left at the end."""
    m, signals = np.full(np.shape(t1), float(start)), []
    for kind, number in events:
        if kind == WAIT:
            m = 1.0 - (1.0 - m) * np.exp(-number / t1)
            continue
        if kind == READ:
            signals.append(m * np.sin(number))
        m = m * np.cos(number)
    return np.stack(signals, axis=-1), m


def steady_state(events, t1):
    """Return the signals of the repetition that ends as it begins.

    One pass takes the magnetisation at its beginning to that at its end along a straight line,
    which two passes tell.
    """
    (at_0, end_0), (at_1, end_1) = follow(events, 0.0, t1), follow(events, 1.0, t1)
    start = end_0 / (1.0 - (end_1 - end_0))
    return at_0 + np.expand_dims(start, -1) * (at_1 - at_0)


def spoiled_echoes(t1, flip, tr):
    """Return steady-state signals at several angles (rad; broadcast with t1 but for the last)."""
    flip = np.asarray(flip)
    each = [steady_state([(READ, flip[..., i]), (WAIT, tr)], t1) for i in range(flip.shape[-1])]
    return np.concatenate(each, axis=-1)


def recovery(t1, times, tr, angle):
    """Return signals of pulse of `angle` (rad), each time, 90 degree read, wait to `tr`."""
    return np.concatenate(
        [
            steady_state([(PULSE, angle), (WAIT, t), (READ, np.pi / 2), (WAIT, tr - t)], t1)
            for t in times
        ],
        axis=-1,
    )


def train(t1, first, tr, flip, pulses, cycle, inversion):
    """Return the signals of every pulse of a train `first` after an `inversion` (rad)."""
    events = [(PULSE, inversion), (WAIT, first)]
    for _ in range(pulses):
        events += [(READ, flip), (WAIT, tr)]
    return steady_state([*events, (WAIT, cycle - first - pulses * tr)], t1)
