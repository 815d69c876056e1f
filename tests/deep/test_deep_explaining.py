"""Maps: that they add up, lie where the signal is, and change with the weights."""

import json
from dataclasses import replace

import numpy as np
import pytest
from order import cohort, disc
from scipy import stats
from test_deep_spectrum import QUICK, of_three
from test_deep_spectrum import cohort as mice

from biomarkers import deep, predict
from biomarkers.deep.attribution import integrated_gradients, missed, occlusion, score_of
from biomarkers.deep.explaining import attribute, rank_correlations
from biomarkers.deep.inputs import Inputs
from biomarkers.errors import InputError
from biomarkers.report.cards import read_cards

torch = pytest.importorskip("torch", reason="needs the extra deep")
pytest.importorskip("captum", reason="needs the extra deep")


@pytest.fixture(scope="module")
def some():
    return cohort(40, count=4, size=16, clinical=np.arange(40.0) % 7)


@pytest.fixture(scope="module")
def rule(some):
    training = deep.Training(device="cpu")
    model = deep.SliceSequence(
        "t1c", head="seq2seq", clinical=True, epochs=12, seeds=2, training=training
    )
    return predict.fit(predict.recipe(model), some)


def test_integrated_gradients_add_up_and_lie_in_the_disc(rule, some):
    seen = deep.explain(rule, some, steps=32)
    assert seen.maps.shape == (40, 4, 16, 16)
    assert seen.clinical.columns.tolist() == ["age"]
    assert seen.completeness.max() < 0.05
    weight = np.abs(seen.maps)
    assert (weight * disc(16)).sum() / weight.sum() > 0.6
    assert seen.share_within(disc(16)).shape == (40,)
    assert (seen.stability <= 1).all()
    raw = deep.explain(rule, some, steps=32, smooth=0)
    assert np.allclose(raw.maps.sum(axis=(2, 3)), seen.maps.sum(axis=(2, 3)))
    fitted = rule.trained.model
    cases = rule.trained.prepared(some.cases)
    nothing = Inputs.of(cases, "t1c", fitted.scaling)
    values, present, clinical = nothing.on("cpu")
    empty = [
        network(torch.zeros_like(values), present, torch.zeros_like(clinical))[:, 0]
        for network in fitted.networks()
    ]
    change = fitted.logits(cases).mean(axis=0)[:, 0] - torch.stack(empty).mean(0).detach().numpy()
    told = raw.maps.sum(axis=(1, 2, 3)) + raw.clinical.to_numpy().sum(axis=1)
    assert np.allclose(told, change, atol=1e-2)


def test_occlusion_of_a_whole_slice_is_the_fall_of_the_score():
    def score(values, clinical, present, target):
        return (values * torch.arange(1.0, 3.0, dtype=values.dtype)[:, None, None]).sum((1, 2, 3))

    values = np.random.default_rng(1).normal(size=(3, 2, 4, 4)).astype(np.float32)
    inputs = Inputs(values, np.ones((3, 2), dtype=bool), np.zeros((3, 0), dtype=np.float32))
    maps, columns, error = occlusion(score, inputs, np.zeros(3, dtype=int), window=4)
    wanted = values.sum(axis=(2, 3)) * (1, 2)
    assert np.allclose(maps, np.broadcast_to(wanted[..., None, None], maps.shape), atol=1e-5)
    assert columns.shape == (3, 0)
    assert np.isnan(error).all()
    exact = integrated_gradients(score, inputs, np.zeros(3, dtype=int), 4)
    assert np.allclose(exact[0], values * np.array([1, 2])[:, None, None], atol=1e-6)
    assert exact[2].max() < 1e-9


def test_the_error_of_a_sum_is_never_of_a_change_near_nothing():
    change = np.array([2.0, -1.0, 1e-9, 0.0])
    told = change + 0.003
    error = missed(told, change)
    assert np.allclose(error, 0.003 / np.array([2.0, 1.0, 0.075, 0.075]))
    assert np.isnan(missed(np.array([0.1]), np.array([0.0]))).all()


def test_why_completeness_is_not_known_is_said(rule, some, tmp_path):
    seen = deep.explain(rule, some, method="occlusion")
    assert set(seen.cases["reason"]) == {"maps of occlusion have no sum that is known"}
    fitted = rule.trained.model
    dead = {name: np.zeros_like(each) for name, each in fitted.weights.items()}
    silent = replace(rule, trained=replace(rule.trained, model=replace(fitted, weights=dead)))
    seen = deep.explain(silent, some, steps=2)
    assert np.isnan(seen.completeness).all()
    assert set(seen.cases["reason"]) == {"the score of no case changes"}
    card = json.loads(seen.save(tmp_path, most=1)[0].read_text())
    assert card["status"] == "warn"
    assert "not known: the score of no case changes." in card["caption"]


def test_the_generator_and_the_threads_of_torch_are_left_as_they_were(some):
    recipe = predict.recipe(
        deep.SliceSequence("t1c", epochs=1, seeds=2, training=deep.Training(device="cpu"))
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    try:
        fitted = predict.fit(recipe, some)
        for call in (
            lambda: predict.fit(recipe, some), lambda: fitted.predict(some),
            lambda: deep.explain(fitted, some, steps=2),
            lambda: deep.explain(fitted, some, method="occlusion", window=8),
            lambda: deep.sanity(fitted, some, steps=2),
            lambda: deep.fold_stability(recipe, some, folds=2, steps=2),
        ):  # fmt: skip
            call()
            assert torch.equal(torch.get_rng_state(), before)
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_attention_is_shares_and_a_missing_slice_gets_none(rule, some):
    seen = deep.explain(rule, some, method="attention")
    assert seen.maps.shape == (40, 4)
    assert np.allclose(seen.maps.sum(axis=1), 1)
    fitted = rule.trained.model
    cases = rule.trained.prepared(some.cases)
    inputs = Inputs.of(cases, "t1c", fitted.scaling)
    inputs.present[:, 1] = False
    network = next(fitted.networks())
    maps, _, _ = attribute(fitted, network, inputs, np.zeros(40, dtype=int), "attention")
    assert (maps[:, 1] == 0).all()
    assert np.allclose(maps.sum(axis=1), 1)


def test_maps_change_where_weights_are_drawn_at_random(rule, some):
    seen = deep.sanity(rule, some, steps=8)
    assert seen.table["randomised"].iloc[-1] == "last + head + entry + encoder"
    assert seen.table["rank_correlation"].iloc[-1] < 0.9
    assert "rank correlation with those of random weights" in seen.headline
    assert seen.passes == (seen.table["rank_correlation"].iloc[-1] < 0.5)


def test_maps_of_other_training_sets_are_compared():
    model = deep.SpectrumCNN("mrs", **QUICK)
    table = deep.fold_stability(predict.recipe(model), mice(), folds=2, steps=8)
    assert table.columns.tolist() == ["subject", "lesion", "stability"]
    assert table["stability"].between(0.1, 1).mean() > 0.9
    with pytest.raises(InputError, match="expected networks"):
        rows = mice(each=1)
        numbers = np.arange(20.0) % 7
        deep.fold_stability(predict.recipe("logistic"), with_size(rows, numbers))


def with_size(some, numbers):
    return replace(some, features=some.features.assign(size=numbers))


def test_rank_correlations_are_those_of_scipy():
    random = np.random.default_rng(1)
    one, other = random.normal(size=(2, 5, 3, 4))
    pairs = zip(one, other, strict=True)
    wanted = [stats.spearmanr(first.ravel(), second.ravel()).statistic for first, second in pairs]
    assert np.allclose(rank_correlations(one, other), wanted)


def test_pictures_and_captions_are_those_that_a_report_embeds(rule, some, tmp_path):
    seen = deep.explain(rule, some, steps=8)
    written = seen.save(tmp_path, most=2)
    cards = read_cards(tmp_path / "qc")
    assert len(written) == len(cards) == 2
    assert {card.status for card in cards} <= {"ok", "warn"}
    assert all(card.picture.stat().st_size > 1000 for card in cards)
    assert "not what causes the outcome" in cards[0].caption
    again = deep.explain(rule, some, method="attention").save(tmp_path, most=1)
    assert "which slices it weighs, not why" in json.loads(again[0].read_text())["caption"]


def test_relevance_of_spectra_stands_on_a_ppm_axis(tmp_path):
    some = mice()
    rule = predict.fit(predict.recipe(deep.SpectrumCNN("mrs", **QUICK)), some)
    ppm = np.linspace(4.2, 0.2, 64)
    seen = deep.explain(rule, some, axis=ppm)
    assert seen.completeness.max() < 0.05
    assert np.isnan(seen.stability).all()  # of one seed
    table = seen.relevance.set_index("position")["magnitude"]
    near = np.abs(np.arange(64)[:, None] - np.array([16, 30])).min(axis=1) <= 5
    assert table.to_numpy()[near].mean() > 2 * table.to_numpy()[~near].mean()
    assert len(seen.save(tmp_path, most=1)) == 1
    with pytest.raises(InputError, match="axis: found"):
        deep.explain(rule, some, axis=ppm[1:])
    with pytest.raises(InputError, match="the head has no attention"):
        deep.explain(rule, some, method="attention")


def test_of_several_classes_the_one_that_is_called_is_explained():
    model = deep.SpectrumCNN("mrs", classes=("N", "T", "R"), **QUICK)
    cases = of_three()
    (fitted,) = model.fit(cases, model.settings(), 1)
    called = fitted.class_scores(cases).argmax(axis=1)
    inputs = Inputs.of(cases, "mrs", fitted.scaling)
    network = next(fitted.networks()).double()
    maps, _, error = integrated_gradients(score_of(fitted, network), inputs, called, 32)
    assert maps.shape == (60, 64)
    assert error.max() < 0.05


def test_rules_of_other_models_are_refused(some):
    rule = predict.fit(predict.recipe("logistic"), some)
    with pytest.raises(InputError, match=r"found 1 models \(Linear\); expected networks"):
        deep.explain(rule, some)
    with pytest.raises(InputError, match="method: found 'shap'"):
        deep.explain(rule, some, method="shap")
    with pytest.raises(InputError, match="steps, window, smooth: found 1"):
        deep.explain(rule, some, steps=1)
