"""Networks in a federation: full batches in float64, weights as one vector."""

import numpy as np
import pytest

from biomarkers import federated, predict

pytest.importorskip("torch", reason="an extra")
deep = pytest.importorskip("biomarkers.deep", reason="an extra")

from tests.federated.hospitals import cohort_with_array, of_one_site, trained  # noqa: E402

from biomarkers.federated.terms import terms_of  # noqa: E402

STEPS = federated.Rounds(rounds=3, folds=0, rate=0.3)


def spectra() -> dict[str, predict.Cohort]:
    return {
        site: cohort_with_array(site, 16 + 4 * number, number, (48,))
        for number, site in enumerate("AB")
    }


SPECTRUM = predict.recipe(deep.SpectrumCNN("seen", clinical=True, width=4))


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        (SPECTRUM, (48,)),
        (predict.recipe(deep.SliceSequence("seen", head="mean", width=4)), (2, 16, 16)),
        (predict.recipe(deep.SliceSequence("seen", head="lstm", width=4)), (2, 16, 16)),
    ],
)
def test_steps_of_sites_are_those_of_pooled_rows(given, shape: tuple[int, ...]) -> None:
    cohorts = {site: cohort_with_array(site, 12, number, shape) for number, site in enumerate("AB")}
    many = federated.train(given, cohorts, settings=STEPS).rule.trained.model.weights
    one = of_one_site(cohorts, given, STEPS).rule.trained.model.weights
    moved = federated.train(given, cohorts, settings=federated.Rounds(rounds=1, folds=0, rate=1e-9))
    assert many.keys() == one.keys()
    for name, weights in many.items():
        assert weights.dtype == np.float64
        assert np.allclose(weights, one[name], atol=1e-12, rtol=0)
    start = moved.rule.trained.model.weights
    assert max(np.abs(many[name] - start[name]).max() for name in many if many[name].size) > 1e-3


def test_the_rule_is_a_fitted_network_that_is_saved_and_loaded(tmp_path) -> None:
    settings = federated.Rounds(rounds=12, folds=2, rate=0.3, local_steps=3)
    done = federated.train(SPECTRUM, spectra(), settings=settings)
    new = cohort_with_array("new", 40, 77, (48,))
    assert done.rule.card["room"] == "deep"
    assert done.rule.trained.model.provenance["seeds"] == 1
    same = predict.load(done.rule.save(tmp_path / "rule"))
    assert np.array_equal(same.odds(new), done.rule.odds(new))
    assert predict.validate(same, new).performance["auc"][0] > 0.75
    assert done.sites["global_auc"].notna().all()


def test_settings_that_count_for_nothing_are_named_and_not_on_the_card() -> None:
    training = deep.Training(rate=0.5)
    given = predict.recipe(deep.SpectrumCNN("seen", width=4, epochs=99, seeds=5, training=training))
    settings = federated.Rounds(rounds=2, local_steps=3, folds=0)
    done = federated.train(given, spectra(), settings=settings)
    note = next(note for note in done.notes if note.startswith("The network was trained in rounds"))
    assert "(epochs, seeds, training of SpectrumCNN count for nothing)" in note
    model = done.rule.card["recipe"]["model"]
    assert not {"epochs", "training"} & model.keys()
    assert (model["seeds"], model["rounds"], model["local_steps"]) == (1, 2, 3)
    words = done.rule.model_card()
    assert "99" not in words
    assert "rounds 2" in words
    plain = federated.train(SPECTRUM, spectra(), settings=settings)
    assert not any("count for nothing" in note for note in plain.notes)


def test_no_spectrum_is_in_a_message() -> None:
    cohorts, seen = spectra(), []

    def keep(_, reply):
        seen.append(reply)
        return reply

    trained(SPECTRUM, cohorts, federated.Rounds(rounds=2, folds=2), A=keep, B=keep)
    values = np.concatenate([each.arrays["seen"].ravel() for each in cohorts.values()])
    for reply in seen:
        for name, array in reply.items():
            assert array.dtype == np.float64
            assert not np.isin(values, array).any(), name


def test_an_encoder_and_several_classes_are_refused() -> None:
    import torch  # noqa: PLC0415

    given = predict.recipe(deep.SpectrumCNN("seen", classes=("N", "T", "R")))
    with pytest.raises(ValueError, match="one of two classes"):
        terms_of(given, spectra()["A"])
    encoder = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 4))
    given = predict.recipe(deep.SliceSequence("seen", encoder=encoder))
    with pytest.raises(ValueError, match="a module cannot be told to sites"):
        federated.train(given, spectra())
