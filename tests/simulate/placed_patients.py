"""A patient laid into a scanner, for tests."""

import numpy as np

from biomarkers.simulate.studies import patient_head as head
from biomarkers.simulate.studies.patient_day import Placed

VALUES = {"Ktrans": 0.09, "ve": 0.25, "vp": 0.04, "T1": 1.55, "SUVmean": 1.6}
VALUES |= {"SUVmean_contralateral": 0.12}
STILL = head.Pose(np.zeros(3), np.zeros(3))


def lying(scanner, pose=STILL, volume=20e3, size=None):
    anatomy = head.draw_anatomy(np.random.default_rng(1))
    places = pose.in_head(scanner.points())
    if size is None:
        size = head.growth(anatomy, places, round(volume / np.prod(scanner.fine_mm)))
    return Placed(scanner, anatomy, places, size, VALUES)
