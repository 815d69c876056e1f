"""What a bolus series takes for granted: a steady state, sound volumes, an end, seconds."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, TR, Tissue, artery, noisy, sampled, signal

from biomarkers import cbv
from biomarkers.cbv import DSCFlag
from biomarkers.errors import AssumptionWarning, InputError, UnusualValueWarning
from biomarkers.images import Image, LabelMap
from biomarkers.kinetics import Input

SOURCE = artery(again=True)
SEEN = sampled(SOURCE)
TISSUE = Tissue(60.0, 0.04)
ARTERY = np.arange(312) < 12


def series(*tissues, snr=100.0, seed=0, source=SOURCE):
    """Twelve voxels partly of the artery, and 300 of tissue."""
    curves = [each.curve(source) for each in tissues or (TISSUE,)]
    blood = 0.15 * sampled(source).blood
    return noisy(
        signal([blood] * 12 + [curves[k % len(curves)] for k in range(300)]),
        snr,
        np.random.default_rng(seed),
    )


def settling(tr, flip, t1=1.6):
    """Longitudinal magnetisation before each pulse over that of the steady state."""
    e1, cosine = np.exp(-tr / t1), np.cos(np.deg2rad(flip))
    rest = (1.0 - e1) / (1.0 - e1 * cosine)
    return 1.0 + (1.0 / rest - 1.0) * (e1 * cosine) ** np.arange(TIME.size)


def measured(data, time=TIME, **settings):
    drawn = cbv.dsc_input(data, time, te=TE, artery=ARTERY, **settings)
    source = Input(drawn.time, blood=drawn.blood / 0.15)
    return cbv.dsc(data, time, te=TE, input=source, method="cSVD", mask=~ARTERY, **settings)


def middle(maps, name):
    return float(np.nanmedian(maps[name]))


@pytest.mark.parametrize(("tr", "flip"), [(1.5, 90), (1.5, 60), (1.0, 60), (0.5, 60)])
def test_a_series_begun_before_the_steady_state_keeps_its_volume(tr, flip):
    data = series(snr=400.0)
    maps, sound = measured(data * settling(tr, flip)), measured(data)
    assert sound.settings["LeftOut"] == []
    assert middle(maps, "CBV") == pytest.approx(middle(sound, "CBV"), rel=0.08)
    first = maps.settings["LeftOut"]
    assert first == list(range(len(first)))
    assert maps.notes[0].endswith("before the steady state")


def test_a_series_that_never_settles_is_refused():
    with pytest.raises(InputError, match="begun before the steady state: it is not reached"):
        measured(series() * settling(0.5, 20, 2.5))


def test_bright_volumes_before_a_given_baseline_are_left_out():
    data = series(snr=400.0)
    maps = measured(data * settling(1.5, 60), baseline=(5, 9))
    assert maps.settings["LeftOut"] == [0, 1, 2, 3]
    assert maps.settings["BaselineSamples"] == [1, 5]
    assert middle(maps, "CBV") == pytest.approx(middle(measured(data), "CBV"), rel=0.08)


@pytest.mark.parametrize("index", [0, 4, 9, 40, 59])
@pytest.mark.parametrize("factor", [0.3, 3.0, 0.0, np.nan])
def test_one_corrupt_volume_is_left_out_wherever_it_is(index, factor):
    data = series()
    spoilt = data.copy()
    spoilt[:, index] *= factor
    maps = measured(spoilt)
    assert maps.settings["LeftOut"] == [index]
    kept = np.delete(np.arange(TIME.size), index)
    plain = measured(data[:, kept], TIME[kept])
    for name in ("CBV", "CBF"):
        np.testing.assert_array_equal(maps[name], plain[name])


def test_left_out_is_a_setting_of_every_call():
    data = series()
    for call in (cbv.BolusScan, cbv.dsc_artery):
        call(data, TIME, te=TE, left_out=[30])
    assert measured(data, left_out=[30]).settings["LeftOut"] == [30]
    data[:, 40] *= 0.3
    with pytest.warns(AssumptionWarning, match="kept, but unlike the others: volume 40"):
        maps = measured(data, left_out="none")
    assert maps.settings["LeftOut"] == []
    assert maps.notes[0].startswith("kept, but unlike the others: volume 40")


def test_a_first_pass_that_does_not_end_has_no_volume():
    data = series()
    data[12:162] *= np.where(TIME > 20, 0.75, 1.0)
    maps = cbv.dsc(data, TIME, te=TE, input=SEEN, method="cSVD", volume="first_pass", mask=~ARTERY)
    assert np.isnan(maps["CBV"][12:162]).all()
    assert maps.flags[12:162].all()
    assert maps.reasons.has(DSCFlag.NO_FIRST_PASS)[12:162].all()
    assert np.isfinite(maps["CBV"][162:]).mean() > 0.95
    short = sampled(SOURCE, TIME[:16])
    with pytest.raises(InputError, match="none that ends within the series"):
        cbv.dsc(data[:, :16], TIME[:16], te=TE, input=short, volume="first_pass")


@pytest.mark.parametrize("method", ["oSVD", "cSVD", "sSVD"])
@pytest.mark.parametrize("mtt", [3.0, 4.0, 8.0])
def test_the_bias_to_be_expected_is_the_one_that_comes(method, mtt):
    tissue = Tissue(60.0, mtt / 100.0)
    data = series(tissue, snr=200.0)
    maps = cbv.dsc(data, TIME, te=TE, input=SEEN, method=method, mask=~ARTERY)
    expected = maps.settings["ExpectedBias"]
    assert middle(maps, "CBF") / 60.0 - 1.0 == pytest.approx(expected["CBF"], abs=0.08)
    assert middle(maps, "MTT") / mtt == pytest.approx(1.0 + expected["MTT"], rel=0.12)
    remarked = maps.reasons.has(DSCFlag.FLOW_BIASED)[12:]
    if abs(expected["CBF"]) > 0.2:
        assert remarked.mean() > 0.9
        assert f"CBF is expected to be off by {expected['CBF']:+.0%}" in maps.notes[0]
    assert not maps.flags[12:].any()


def test_noise_raises_what_a_weak_penalty_leaves():
    maps = cbv.dsc(series(snr=200.0), TIME, te=TE, input=SEEN, method="tikhonov", mask=~ARTERY)
    assert maps.settings["ExpectedBias"]["CBF"] < middle(maps, "CBF") / 60.0 - 1.0 < -0.02


def test_a_series_that_ends_early_is_remarked_upon_and_its_rows_are_not_ok():
    stop = 20
    data, time = series(Tissue(60.0, 0.1), snr=200.0)[:, :stop], TIME[:stop]
    maps = cbv.dsc(data, time, te=TE, input=sampled(SOURCE, time), method="cSVD", mask=~ARTERY)
    expected = maps.settings["ExpectedBias"]["CBV"]
    assert expected < -0.1
    assert middle(maps, "CBV") / 0.1 - 1.0 == pytest.approx(expected, abs=0.1)
    assert maps.reasons.has(DSCFlag.CUT_SHORT)[12:].mean() > 0.8
    assert any("the series ends before the bolus has left" in note for note in maps.notes)


@pytest.mark.parametrize("drop", [0.05, 0.08])
def test_a_signal_that_stays_lower_after_the_bolus_is_remarked_upon(drop):
    data = series(Tissue(30.0, 0.02)) * np.where(TIME > 40.0, 1.0 - drop, 1.0)
    maps = cbv.dsc(data, TIME, te=TE, input=SEEN, method="cSVD", mask=~ARTERY)
    assert middle(maps, "CBV") > 0.024
    assert maps.reasons.has(DSCFlag.TAIL_REMAINS)[12:].mean() > 0.9
    assert not maps.flags[12:].any()
    labels = LabelMap(Image(np.ones((26, 12, 1)), np.eye(4), "drawn"), {1: "brain"})
    maps = cbv.dsc(data.reshape(26, 12, 1, -1), TIME, te=TE, input=SEEN, method="cSVD")
    row = maps.by_region(labels).set_index("biomarker").loc["CBV"]
    assert row["qc"] == "warn"
    assert "tail remains" in row["reason"]


@pytest.mark.parametrize("mtt", [4.0, 12.0, 24.0])
def test_slow_tissue_and_blood_that_comes_round_again_leave_no_such_tail(mtt):
    maps = cbv.dsc(series(Tissue(10.0, mtt / 600.0)), TIME, te=TE, input=SEEN, mask=~ARTERY)
    assert maps.reasons.has(DSCFlag.TAIL_REMAINS)[12:].mean() < 0.02


def test_rows_of_biased_flow_are_not_ok_and_say_why():
    data = series().reshape(26, 12, 1, -1)
    labels = LabelMap(Image(np.ones((26, 12, 1)), np.eye(4), "drawn"), {1: "brain"})
    rows = cbv.dsc(data, TIME, te=TE, input=SEEN).by_region(labels).set_index("biomarker")
    assert rows.loc["CBV", "qc"] == "ok"
    for name in ("CBF", "MTT"):
        assert rows.loc[name, "qc"] == "warn"
        assert "flow biased" in rows.loc[name, "reason"]


def test_rows_of_drawn_regions_say_the_same():
    data = series()
    maps = cbv.dsc(data, TIME, te=TE, input=SEEN)
    regions = {"tumor": np.arange(312) > 150, "contralateral": ~ARTERY & (np.arange(312) <= 150)}
    rows = cbv.dsc_rows(maps, regions, subject="a", day=0).set_index(["region", "biomarker"])
    assert rows.loc[("tumor", "CBV"), "qc"] == "ok"
    assert rows.loc[("tumor", "rCBV"), "qc"] == "ok"
    for name in ("CBF", "MTT", "rCBF"):
        assert rows.loc[("tumor", name), "qc"] == "warn"
        assert "flow biased" in rows.loc[("tumor", name), "reason"]


def test_what_cannot_be_is_flagged():
    data = series()
    weak = Input(SEEN.time, blood=SEEN.blood / 50.0)
    maps = cbv.dsc(data, TIME, te=TE, input=weak, method="cSVD", mask=~ARTERY)
    assert (maps["CBV"][12:] > 1.0).mean() > 0.9
    np.testing.assert_array_equal(maps.flags[12:], maps.reasons.has(DSCFlag.IMPLAUSIBLE)[12:])
    assert maps.flags[12:].mean() > 0.8


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"time": TIME * 1e3}, "time, from first to last, is 88500 s; .*looks like ms"),
        ({"time": TIME / 60.0}, "time, from first to last, is 1.475 s; .*looks like min"),
        ({"te": 30.0}, "these look like ms"),
        ({"te": 0.9}, "te is 0.9 s; expected"),
    ],
)
def test_another_unit_is_refused_by_name(changed, says):
    with pytest.raises(InputError, match=says):
        cbv.dsc(series(), **({"time": TIME, "te": TE} | changed))


def test_what_is_possible_but_not_usual_is_warned_of_and_noted():
    with pytest.warns(UnusualValueWarning, match="te is 0.3 s"):
        maps = cbv.dsc(series(), TIME, te=0.3, input=SEEN, mask=~ARTERY)
    assert any("te is 0.3 s" in note for note in maps.notes)


@pytest.mark.parametrize(
    ("factor", "looks"), [(1e-3, "1/ms"), (1e3, "peak of input is 6")], ids=["ms", "s"]
)
def test_an_artery_in_another_unit_is_warned_of(factor, looks):
    source = Input(SEEN.time, blood=SEEN.blood * factor)
    with pytest.warns(UnusualValueWarning, match=looks):
        cbv.dsc(series(), TIME, te=TE, input=source, mask=~ARTERY)


@pytest.mark.parametrize("factor", [1 / 1000, 1 / 60, 60, 1000])
@pytest.mark.parametrize("name", ["time", "te"])
def test_times_mistaken_by_any_factor_do_not_pass(name, factor):
    given = {"time": TIME, "te": TE}
    given[name] = given[name] * factor
    with pytest.raises((InputError, UnusualValueWarning)):
        cbv.BolusScan(series(), **given)


def test_sound_series_pass_without_a_word(recwarn):
    assert TR == 1.5
    for tissues in ((TISSUE,), (Tissue(20.0, 0.02), Tissue(90.0, 0.05))):
        maps = measured(series(*tissues))
        assert not any("left out" in note for note in maps.notes)
    assert not [each for each in recwarn if issubclass(each.category, UserWarning)]
