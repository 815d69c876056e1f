"""Echoes before and after an iron oxide: on disk as said, and giving back the truth."""

import json

import nibabel as nib
import numpy as np
import pytest

from biomarkers import cbv
from biomarkers.images import noise_of_median
from biomarkers.simulate import STUDIES
from biomarkers.simulate.cohort import draw_cohort, stream
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies import rat_iron as iron
from biomarkers.simulate.studies.rat_head import FACTORS, build, draw_head
from biomarkers.simulate.studies.rat_scanner import HEMATOCRIT, draw_acquisition
from biomarkers.table import read_measurements

AGENT = {"agent": "P904", "dose_mg_fe_kg": 11.17, "field_t": 7.0}
COURSES = STUDIES["rat-glioma"].courses
RATS = draw_cohort(STUDIES["rat-glioma"], subjects=24, seed=1)


def scanned(rat, state, seed=1):
    """True phantom, and CBV with its error, of one session that never was on disk."""
    phantom = build(draw_head(stream(seed, "head", rat.number)), state.values)
    scan = draw_acquisition(stream(seed, "acquisition", rat.number, state.visit.day))
    rng = stream(seed, "echoes", rat.number, state.visit.day)
    pair = {when: [] for when in iron.TIMES}
    for when, _, image in iron.echo_images(phantom, scan, iron.MEGRE, rng):
        pair[when].append(image)
    pre, post = (np.stack(pair[when], axis=-1) for when in iron.TIMES)
    return phantom, cbv.steady_state(pre, post, te=iron.MEGRE.te, **AGENT)


def inside(phantom, found, mask):
    """True, measured CBV of a region, and the error of the latter; the voxels' own deviations."""
    true = phantom.samples.mean(phantom.at("CBV"))[mask]
    values, errors = found["CBV"][mask], found.se["CBV"][mask]
    region = np.median(true), np.median(values), noise_of_median(values, errors)
    return region, (values - true) / errors


@pytest.fixture(scope="module")
def both_kinds():
    """Per rat and day: the tumour as drawn, and those of its voxels that hold nothing else."""
    rows = {}
    for rat in RATS:
        for state in rat.states[:2]:
            phantom, found = scanned(rat, state)
            whole = block_mean(phantom.tissue("tumor"), FACTORS) == 1.0
            masks = (phantom.mask("tumor"), whole)
            rows[rat.label, state.visit.day] = [inside(phantom, found, mask) for mask in masks]
    return rows


@pytest.fixture(scope="module")
def sessions(both_kinds):
    """Per rat and day: true and measured CBV of the tumour as drawn, and the error."""
    return {session: drawn[0] for session, (drawn, _) in both_kinds.items()}


def test_in_voxels_of_one_tissue_stated_errors_are_those_seen(both_kinds):
    z = np.concatenate([whole[1] for _, whole in both_kinds.values()])
    assert 0.9 < z.std() < 1.1
    true, found, error = np.array([whole[0] for _, whole in both_kinds.values()]).T
    # The whole decay starts more slowly than its late slope, which the fit takes it for.
    assert -0.015 < (found / true).mean() - 1.0 < 0.0
    z = (found - true) / error
    assert 0.7 < z.std() < 1.3
    assert np.abs(z).max() < 4.0
    assert (error / true).max() < 0.02


def test_a_region_is_near_the_truth_by_noise_and_by_what_its_border_voxels_mix(sessions):
    true, found, error = np.array(list(sessions.values())).T
    ratio = found / true
    assert len(ratio) == 48
    assert (error / true).max() < 0.02
    # Exponentials of tumour and brain in one voxel decay more slowly than their mean.
    assert -0.04 < ratio.mean() - 1.0 < 0.0
    assert abs(ratio - 1.0).max() < 0.08


def test_blood_volume_falls_in_the_treated_by_the_simulated_amount(sessions):
    def change(label, column):
        return np.log(sessions[label, 3][column] / sessions[label, 0][column])

    for group, falls in (("both", True), ("control", False)):
        labels = [rat.label for rat in RATS if rat.group == group]
        true, found = (np.array([change(label, k) for label in labels]) for k in (0, 1))
        errors = [
            np.hypot(*(sessions[label, day][2] / sessions[label, day][1] for day in (0, 3)))
            for label in labels
        ]
        of_mean = np.sqrt(np.sum(np.square(errors))) / len(labels)
        assert abs(found.mean() - true.mean()) < 3.0 * of_mean + 0.02  # of the borders
        assert of_mean < 0.01
        assert (found.mean() < -0.25) == falls
        assert falls or abs(found.mean()) < 0.15


def test_blood_volume_goes_with_that_of_the_plasma():
    start, course = COURSES["vp"], COURSES["CBV"]
    assert course.start == pytest.approx(start.start / (1.0 - HEMATOCRIT), rel=0.01)
    assert (course.effect, course.between) == (start.effect, start.between)
    phantom, _ = scanned(RATS[0], RATS[0].states[0])
    tumour = phantom.tissue("tumor")
    ratio = phantom.maps["CBV"][tumour] / phantom.maps["vp"][tumour]
    assert np.ptp(ratio) < 1e-9 * ratio.mean()
    brain = phantom.tissue("contralateral")
    plasma = phantom.maps["CBV"][brain] * (1.0 - HEMATOCRIT)
    np.testing.assert_allclose(plasma, phantom.maps["vp"][brain], rtol=0.02)
    assert (phantom.maps["CBV"][phantom.tissue("artery")] == 1.0).all()


def test_an_artery_full_of_iron_is_saturated():
    phantom, found = scanned(RATS[0], RATS[0].states[0])
    artery = phantom.mask("artery")
    assert (found.reasons[artery] & cbv.RateFlag.SATURATED > 0).all()
    assert np.isnan(found["CBV"][artery]).all()


def test_files_hold_every_echo_with_what_is_needed(study):
    for session in sorted(study.glob("sub-*/ses-*")):
        stem = "_".join(session.parts[-2:])
        for train in (iron.MEGRE, iron.MESE):
            for when in iron.TIMES:
                for number, te in enumerate(train.te, start=1):
                    name = f"{stem}_acq-{when}_ce-P904_echo-{number}_{train.suffix}"
                    assert (session / "anat" / f"{name}.nii.gz").exists()
                    said = json.loads((session / "anat" / f"{name}.json").read_text())
                    assert said["EchoTime"] == te
                    assert said["DoseMgFePerKg"] == iron.DOSE_MG_FE_KG
                    assert said["PulseSequenceType"] == train.sequence


def test_textbook_lines_through_the_files_give_back_blood_volume_and_vessels(study):
    """Straight lines through logarithms and the formulas of Tropres et al., all in CGS units."""
    truth = read_measurements(study / "sourcedata" / "truth" / "truth.tsv")
    truth = truth.set_index(["subject", "day", "region", "biomarker"])["value"]
    gamma, field = 2.675e8, 7.0
    chi = cbv.blood_susceptibility(**AGENT) / (4.0 * np.pi)
    for session in sorted(study.glob("sub-*/ses-*")):
        stem = "_".join(session.parts[-2:])
        subject = session.parts[-2].removeprefix("sub-")
        day = int(session.name.removeprefix("ses-day"))
        place = study / "derivatives" / "segmentation" / session.relative_to(study) / "anat"
        labels = nib.load(place / f"{stem}_dseg.nii.gz").get_fdata()

        def rise(train, mask, anat=session / "anat", stem=stem):
            rates = []
            for when in ("pre", "post"):
                names = [
                    anat / f"{stem}_acq-{when}_ce-P904_echo-{k + 1}_{train.suffix}.nii.gz"
                    for k in range(len(train.te))
                ]
                signal = np.stack([nib.load(name).get_fdata()[mask] for name in names])
                rates.append(-np.polyfit(train.te, np.log(signal), 1, w=signal.mean(axis=1))[0])
            return np.median(rates[1] - rates[0])

        for label, region in ((1, "tumor"), (2, "contralateral")):
            mask = labels == label
            star, spin = rise(iron.MEGRE, mask), rise(iron.MESE, mask)
            volume = 3.0 / (4.0 * np.pi * gamma * chi * field) * star
            assert volume == pytest.approx(truth[subject, day, region, "CBV"], rel=0.07)
            diffusion = truth[subject, day, region, "ADC"]
            scale = np.sqrt(1e6 * diffusion / (gamma * chi * field))
            size = 0.425 * scale * (star / spin) ** 1.5
            assert size == pytest.approx(truth[subject, day, region, "VSI"], rel=0.20)
