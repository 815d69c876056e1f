"""Settings, sums, aggregates, privacy, agreement and files of sites."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from tests.federated.hospitals import cohort, three

from biomarkers import federated, predict
from biomarkers.errors import FileError, InputError
from biomarkers.federated.aggregation import aggregate, trimmed_sites
from biomarkers.federated.agreement import agreed
from biomarkers.federated.learners import LinearLearner
from biomarkers.federated.privacy import Guard
from biomarkers.federated.sets import Sets, folds_of, read_sets
from biomarkers.federated.site import CohortSite
from biomarkers.federated.site_files import read_site, write_site
from biomarkers.federated.sums import few_gaps_filled, sums_of

GIVEN = predict.recipe("logistic")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"rounds": 0}, "rounds: found 0"),
        ({"folds": 1}, "folds: found 1, expected 2 or more, or 0"),
        ({"aggregate": "sum"}, "aggregate"),
        ({"engine": "mine"}, "engine"),
        ({"rate": -1.0}, "rate: found -1.0, expected a number above 0"),
        ({"clip": float("nan")}, "clip"),
        ({"trim": 0.5}, "trim: found 0.5"),
        ({"delta": 0.0}, "delta: found 0.0"),
        ({"noise": 1.0}, "noise: needs clip"),
        ({"encrypted": 1}, "encrypted: found 1, expected True or False"),
        (
            {"encrypted": True, "aggregate": "median"},
            "can be added, not compared as aggregate='med",
        ),
        ({"encrypted": True, "aggregate": "trimmed"}, "expected 'average' or 'prox'"),
    ],
)
def test_impossible_rounds_are_refused(changed: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        federated.Rounds(**changed)


def test_who_lacks_tenseal_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenseal", None)
    with pytest.raises(
        InputError, match=r"encrypted=True needs TenSEAL .*: pip install 'biomarkers\[encrypted\]'"
    ):
        federated.train(GIVEN, three(), settings=federated.Rounds(encrypted=True))


def test_sums_are_those_of_the_rows_of_each_fold() -> None:
    values = np.random.default_rng(1).normal(size=(20, 2)) + 7
    values[3:9, 1] = np.nan
    fold = np.repeat([0, 1], 10)
    sums = sums_of(values, fold, 3, np.array([7.0, 6.0]))
    assert sums.cases.tolist() == [10, 10, 0]
    assert sums.count[:, 0].tolist() == [10, 10, 0]
    assert np.allclose(sums.total[1, 0], (values[10:, 0] - 7.0).sum())
    assert np.allclose(sums.squares[1, 0], ((values[10:, 0] - 7.0) ** 2).sum())
    # Of ten, four have a value in a fold: both folds share what is known of all.
    assert sums.count[:, 1].tolist() == [7.0, 7.0, 0.0]
    assert sums.shown[:, 1].tolist() == [10, 10, 0]
    assert sums.total[:2, 1] == pytest.approx(np.nansum(values[:, 1] - 6.0) / 2)


@pytest.mark.parametrize("gaps", [1, 2, 3, 4])
def test_sums_of_whole_numbers_do_not_tell_how_many_few_gaps_there_are(gaps: int) -> None:
    random = np.random.default_rng(gaps)
    values = np.column_stack([random.integers(30, 80, 30), np.arange(30) % 2]).astype(float)
    values[:gaps] = np.nan
    sums = sums_of(values, np.zeros(30, dtype=int), 1, np.zeros(2))
    assert sums.count.tolist() == [[30.0, 30.0]]
    assert (sums.total % 1 == 0).all()
    assert (sums.squares % 1 == 0).all()
    assert sums.total[0, 0] / 30 == pytest.approx(np.nanmean(values[:, 0]), abs=1)
    filled = few_gaps_filled(values, np.arange(30))
    assert np.array_equal(filled[gaps:], values[gaps:])
    assert np.isin(filled[:gaps, 0], values[gaps:, 0]).all()


def test_sums_of_a_value_of_few_subjects_do_not_leave() -> None:
    one, fold = np.zeros(50), np.repeat(np.arange(5), 10)
    one[23] = 1234.5678
    two, eight = (np.isin(np.arange(50), each).astype(float) for each in ([3, 14], range(0, 48, 6)))
    grade = np.arange(50) % 2 + (np.arange(50) == 7)  # one patient of grade 2
    steady = np.repeat([1.0, 0.0], 25)
    columns = np.column_stack([one, two, eight, grade, steady, np.random.default_rng(1).random(50)])
    sums = sums_of(columns, fold, 5, np.zeros(6))
    assert sums.shown.sum(axis=0).tolist() == [0, 0, 50, 0, 50, 50]
    assert not sums.total[:, [0, 1, 3]].any()
    assert not sums.squares[:, [0, 1, 3]].any()
    assert sums.total[:, 2].tolist() == [1.6] * 5  # of all eight, in none of whose folds are five
    assert sums.total[:, 4].tolist() == [10, 10, 5, 0, 0]
    assert sums.total[:, 5] == pytest.approx(columns[:, 5].reshape(5, 10).sum(axis=1))


def test_lesions_of_few_subjects_do_not_leave() -> None:
    values, subject = np.arange(24.0).reshape(12, 2), np.repeat(np.arange(6), 2)
    values[:4, 1] = np.nan  # eight values are left, of four subjects
    sums = sums_of(values, np.zeros(12, dtype=int), 1, np.zeros(2), subject)
    assert sums.shown.tolist() == [[12.0, 0.0]]
    assert not sums.total[0, 1]
    values[:2, 1] = [1.0, 3.0]  # of five: one subject lacks it
    sums = sums_of(values, np.zeros(12, dtype=int), 1, np.zeros(2), subject)
    assert sums.count.tolist() == [[12.0, 12.0]]
    assert sums.total[0, 1] == pytest.approx(np.nansum(values[:, 1]) + 2 * 13)


def test_sums_follow_values_that_are_filled_and_moved() -> None:
    values = np.random.default_rng(2).normal(size=(12, 1))
    sums = sums_of(values, np.zeros(12, dtype=int), 1, np.zeros(1)).over(np.array([True]))
    moved = sums.moved(np.array([2.0]), np.array([-3.0]))
    assert moved.mean == pytest.approx(np.mean(2 * values - 3))
    assert moved.within == pytest.approx(np.var(2 * values) * 12)


def test_aggregates_of_updates() -> None:
    updates = np.array([[[1.0]], [[2.0]], [[3.0]], [[4.0]], [[100.0]]])
    cases = np.array([[10.0], [10.0], [10.0], [60.0], [10.0]])
    assert aggregate(updates, cases, "average", 0.2) == pytest.approx(np.array([[13.0]]))
    assert aggregate(updates, cases, "median", 0.2).item() == 3
    assert aggregate(updates, cases, "trimmed", 0.2).item() == 3
    cases[4] = 0  # no case behind it
    assert aggregate(updates, cases, "median", 0.2).item() == 2.5


@pytest.mark.parametrize(("sites", "trim", "cut"), [(2, 0.2, 0), (3, 0.2, 1), (10, 0.2, 2)])
def test_sites_that_are_cut_off(sites: int, trim: float, cut: int) -> None:
    assert trimmed_sites(sites, trim) == cut


@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_slopes_are_those_of_the_loss(kind: str) -> None:
    random = np.random.default_rng(3)
    design = random.normal(size=(2, 9, 3))
    sign = np.where(np.arange(9) % 2, 1.0, -1.0)
    learner = LinearLearner(design, sign, kind, np.array([0.3, 1.0]))
    rows, weights = np.ones((2, 9), dtype=bool), random.normal(size=(2, 3))
    rows[1, :4] = False
    _, slope = learner.slopes(weights, rows)
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-6
        up, down = (learner.slopes(weights + side * step, rows)[0] for side in (1, -1))
        assert slope[:, place] == pytest.approx((up - down) / 2e-6, abs=1e-7)


def test_folds_keep_subjects_whole_and_hold_five_or_more() -> None:
    cases = cohort("A", 43, 1).cases
    cases = replace(cases, subject=np.repeat(cases.subject[::2], 2)[:43])
    cases = replace(cases, positive=np.repeat(cases.positive[:22], 2)[:43])
    fold = folds_of(cases, 5, 1, "A")
    assert min(len(set(cases.subject[fold == each])) for each in set(fold.tolist())) >= 5
    assert all(len(set(fold[cases.subject == name])) == 1 for name in set(cases.subject))
    assert folds_of(cases.take(np.arange(9)), 5, 1, "A").max() == 0


def test_sets_are_read_as_they_were_sent() -> None:
    sets = Sets(4, ("North", "East/West"))
    assert read_sets(sets.message()) == sets
    assert len(sets) == 7
    assert not sets.training_folds("East/West")[6].any()
    assert sets.training_folds("North")[2].tolist() == [True, False, True, True]


def test_an_update_is_shortened_and_noise_has_its_size() -> None:
    update = np.array([[3.0, 4.0], [0.0, 0.1]])
    assert np.allclose(Guard(1.0).protect(update), [[0.6, 0.8], [0.0, 0.1]])
    assert Guard().protect(update) is update
    noisy = Guard(0.5, 3.0, (1,)).protect(np.zeros((4, 20_000)))
    assert noisy.std() == pytest.approx(1.5, rel=0.02)
    assert not np.array_equal(Guard(1.0, 1.0).protect(update), Guard(1.0, 1.0).protect(update))


# dp-accounting 0.6.0, PLDAccountant, Gaussian mechanism of half the noise.
@pytest.mark.parametrize(
    ("noise", "releases", "delta", "spent"),
    [
        (20.0, 20, 1e-5, 1.760057),
        (4.0, 20, 1e-5, 11.480023),
        (1.0, 20, 1e-5, 77.330091),
        (100.0, 200, 1e-6, 1.211967),
    ],
)
def test_epsilon_is_that_of_an_accountant(
    noise: float, releases: int, delta: float, spent: float
) -> None:
    ours = federated.epsilon(noise=noise, releases=releases, delta=delta)
    assert ours == pytest.approx(spent, abs=1e-6)


def test_epsilon_is_told_with_its_delta() -> None:
    settings = federated.Rounds(rounds=3, clip=0.5, noise=4.0, folds=2)
    done = federated.train(GIVEN, three(), settings=settings)
    # The set of all, two without a fold, two without another site.
    assert done.epsilon == federated.epsilon(noise=4.0, releases=15, delta=1e-5)
    assert any(f"ε = {done.epsilon:.3g} at δ = 1e-05" in note for note in done.notes)
    assert done.history["loss"].isna().all()  # it has no noise, and does not leave
    assert np.isnan(federated.train(GIVEN, three(), settings=federated.Rounds(rounds=1)).epsilon)
    with pytest.raises(InputError, match="noise above 0"):
        federated.epsilon(noise=0, releases=1, delta=0.1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (predict.recipe("logistic", select=predict.Lasso(3)), "site A: select: Lasso needs"),
        (predict.recipe("logistic", uncorrelated=0.9), "uncorrelated: Uncorrelated needs the rows"),
        (predict.recipe("forest"), "Forest: trees are not averaged"),
        (predict.recipe("svm_rbf"), "model: found Svm; a federation trains"),
        (predict.recipe(predict.Logistic(balanced=(True,))), "balanced"),
        (predict.recipe("elastic_net"), "model: found ElasticNet"),
        (predict.recipe("cox"), "cox: needs outcome"),
    ],
)
def test_what_needs_rows_is_refused(given: predict.Recipe, words: str) -> None:
    with pytest.raises(InputError, match=words):
        federated.train(given, three())


def test_sites_that_differ_are_named() -> None:
    cohorts = three()
    short = replace(cohorts["B"], features=cohorts["B"].features.drop(columns="f3"))
    with pytest.raises(InputError, match="site B: has no feature f3, which site A has"):
        agreed(GIVEN, cohorts | {"B": short})
    with pytest.raises(InputError, match="site A: has no feature f3, which site B has"):
        agreed(GIVEN, {"B": cohorts["B"], "A": replace(short, subject=cohorts["A"].subject)})
    with pytest.raises(InputError, match="site C: its outcome is grade, that of site A response"):
        agreed(GIVEN, cohorts | {"C": replace(cohorts["C"], outcome="grade")})
    with pytest.raises(InputError, match="site B: positive is '0', at site A"):
        agreed(GIVEN, cohorts | {"B": replace(cohorts["B"], positive_is="0")})
    made = {site: replace(each, made={"f0": f"unit {site == 'C'}"})
            for site, each in cohorts.items()}  # fmt: skip
    with pytest.raises(InputError, match="site C: f0 was made in another way"):
        agreed(GIVEN, made)
    with pytest.raises(InputError, match="subject A-000 lies at two sites, A and D"):
        agreed(GIVEN, cohorts | {"D": cohorts["A"]})
    with pytest.raises(InputError, match="two sites or more"):
        agreed(GIVEN, {"A": cohorts["A"]})


def test_the_order_of_features_at_a_site_does_not_matter() -> None:
    cohorts = three()
    turned = replace(cohorts["B"], features=cohorts["B"].features[["f4", "f3", "f2", "f1", "f0"]])
    one = federated.train(GIVEN, cohorts, settings=federated.Rounds(folds=0))
    other = federated.train(GIVEN, cohorts | {"B": turned}, settings=federated.Rounds(folds=0))
    assert np.array_equal(one.rule.trained.directions, other.rule.trained.directions)


def test_a_site_from_a_file_says_the_same(tmp_path) -> None:
    terms, cases = agreed(
        predict.recipe("svm", harmonise="combat"), three(), federated.Rounds(folds=3, clip=1)
    )
    site = CohortSite("B", cases["B"], terms)
    path = write_site(tmp_path / "site.npz", site)
    again = read_site(str(path))
    assert path.stat().st_mode & 0o077 == 0
    assert again.terms == terms
    assert (again.name, again.guard.clip, again.guard.noise) == ("B", 1.0, None)
    message = {"ask/sums": np.array(0.0), "centre": np.zeros(5), "seed": np.array(1.0),
               "terms": terms.words, **Sets(3).message()}  # fmt: skip
    one, other = site.reply(message), again.reply(message)
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert b"B-001" not in path.read_bytes()  # no name of a subject
    path.write_bytes(b"none")
    with pytest.raises(FileError, match="is no file of a site"):
        read_site(str(path))
