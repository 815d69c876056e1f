"""FLT in a rat: tissue has the uptake it is said to have, and the scanner blurs it."""

import numpy as np
import pytest

from biomarkers.kinetics import respond
from biomarkers.simulate import STUDIES
from biomarkers.simulate.cohort import stream
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies import rat_head, rat_tracer
from biomarkers.timing import Frames

COURSES = STUDIES["rat-glioma"].courses
VALUES = {name: course.start for name, course in COURSES.items()} | {"volume": 120.0}
PHANTOM = rat_head.build(rat_head.draw_head(stream(1, "head", 1)), VALUES)
TUMOUR = PHANTOM.tissue("tumor")


def test_the_tumour_has_its_uptake_and_the_brain_little():
    taken = rat_tracer.take_up(PHANTOM, rat_tracer.STATIC)
    assert np.median(taken.suv[TUMOUR]) == pytest.approx(1.6, rel=1e-6)
    assert 0.1 < np.median(taken.suv[PHANTOM.tissue("contralateral")]) < 0.6
    coarse = block_mean(taken.suv, rat_head.FACTORS)
    np.testing.assert_allclose(taken.curves[..., 0], coarse, rtol=2e-3, atol=1e-9)


@pytest.mark.parametrize("suv", [0.6, 1.6, 2.5])
def test_curves_are_those_of_two_compartments_with_that_net_influx(suv):
    phantom = rat_head.build(rat_head.draw_head(stream(1, "head", 1)), VALUES | {"SUVmean": suv})
    taken = rat_tracer.take_up(phantom, rat_tracer.DYNAMIC)
    place = np.argwhere(taken.suv * TUMOUR == np.median(taken.suv[TUMOUR]))
    ki = np.median(taken.ki[TUMOUR])
    k1, k2 = 0.12, 0.18
    k3 = k2 * ki / (k1 - ki)
    time = np.concatenate([np.linspace(0.0, 60.0, 241), np.linspace(61.0, 3600.0, 3540)])
    frames = Frames(rat_tracer.DYNAMIC.start, rat_tracer.DYNAMIC.duration)
    plasma = rat_tracer.plasma(time)
    returns = respond((k2 + k3) / 60.0, time, plasma, frames).value
    stays = respond(0.0, time, plasma, frames).value
    expected = k1 / 60.0 * (k2 * returns + k3 * stays) / (k2 + k3)
    late = expected[-4:].mean()
    assert late == pytest.approx(suv, rel=0.02)
    assert len(place) <= 2


def test_a_small_tumour_is_blurred_more_than_a_large_one():
    def seen(volume):
        phantom = rat_head.build(
            rat_head.draw_head(stream(1, "head", 1)), VALUES | {"volume": volume}
        )
        taken = rat_tracer.take_up(phantom, rat_tracer.STATIC)
        image = rat_tracer.scanned(taken, rat_tracer.STATIC, 80.0, stream(1, "FLT"))
        return image[rat_tracer.labels(phantom) == 1].mean() / 80e3

    small, large = seen(15.0), seen(150.0)
    assert 0.5 * 1.6 < small < 0.9 * large < 1.6


def test_a_scan_shows_the_head_at_its_resolution():
    taken = rat_tracer.take_up(PHANTOM, rat_tracer.STATIC)
    inside = rat_tracer.labels(PHANTOM) == 1
    image = rat_tracer.scanned(taken, rat_tracer.STATIC, 80.0, stream(1, "FLT")) / 80e3
    clean = rat_tracer.at_resolution(taken.curves)[inside].mean()
    assert image[inside].mean() == pytest.approx(clean, rel=0.03)


def test_noise_is_some_percent_of_a_voxel():
    taken = rat_tracer.take_up(PHANTOM, rat_tracer.STATIC)
    pair = [rat_tracer.scanned(taken, rat_tracer.STATIC, 80.0, stream(1, word)) for word in "ab"]
    inside = rat_tracer.labels(PHANTOM) == 1
    spread = (pair[0] - pair[1])[inside].std() / np.sqrt(2) / pair[0][inside].mean()
    assert 0.03 < spread < 0.08
