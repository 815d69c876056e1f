"""Sites that send what is no update, or one against all others."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.federated.hospitals import cohort, trained

from biomarkers import federated, predict
from biomarkers.errors import FederationError
from biomarkers.federated.messages import Message
from biomarkers.federated.notes import notes_of_sites

GIVEN = predict.recipe("logistic")
PLAIN = federated.Rounds(folds=0)
SITES = {site: cohort(site, 40, seed) for seed, site in enumerate("ABCDE")}
NEW = cohort("new", 400, 99)


def opposed(_: Message, reply: Message) -> Message:
    return reply | {"update": -10 * reply["update"]} if "update" in reply else reply


def not_finite(_: Message, reply: Message) -> Message:
    return reply | {"update": np.full_like(reply["update"], np.nan)} if "update" in reply else reply


def too_short(_: Message, reply: Message) -> Message:
    return reply | {"update": reply["update"][:, :-1]} if "update" in reply else reply


def worth(done: federated.Federated) -> float:
    return float(predict.validate(done.rule, NEW).performance["auc"][0])


@pytest.mark.parametrize("how", ["median", "trimmed"])
def test_median_and_trimmed_mean_outlast_an_opposed_site(how: str) -> None:
    _, bad = trained(GIVEN, SITES, replace(PLAIN, aggregate="average"), A=opposed)
    _, good = trained(GIVEN, SITES, replace(PLAIN, aggregate=how), A=opposed)
    assert worth(bad) < 0.5
    assert worth(good) > 0.8


@pytest.mark.parametrize("how", ["median", "trimmed"])
def test_log_odds_outlast_a_site_that_turns_their_slope(how: str) -> None:
    def turned(_: Message, reply: Message) -> Message:
        return reply | {"slope": -10 * reply["slope"]} if "slope" in reply else reply

    settings = federated.Rounds(rounds=10, aggregate=how)
    _, good = trained(GIVEN, SITES, settings)
    _, bad = trained(GIVEN, SITES, settings, B=turned)
    assert bad.rule.trained.slope == pytest.approx(good.rule.trained.slope, rel=0.5)
    assert worth(bad) == worth(good)
    calm = predict.validate(bad.rule, NEW).performance["slope"][0]
    assert 0.5 < calm < 2
    assert not any("gives everyone about the prevalence" in note for note in bad.notes)


def test_a_rule_orders_cases_even_if_log_odds_are_spoiled_and_says_so() -> None:
    def turned(_: Message, reply: Message) -> Message:
        return reply | {"slope": -30 * reply["slope"]} if "slope" in reply else reply

    _, done = trained(GIVEN, SITES, federated.Rounds(rounds=10), B=turned)
    assert np.ptp(done.rule.predict(NEW)) < 0.01
    assert any("the rule gives everyone about the prevalence, 50%" in note for note in done.notes)
    assert worth(done) > 0.8


@pytest.mark.parametrize("asked", ["update", "slope", "curvature"])
def test_a_site_that_states_other_cases_than_its_sums_is_dropped_and_named(asked: str) -> None:
    def heavy(_: Message, reply: Message) -> Message:
        return reply | {"cases": 1e9 * reply["cases"]} if asked in reply else reply

    _, done = trained(GIVEN, SITES, federated.Rounds(rounds=5), B=heavy)
    assert any(note.startswith("B was left out of") and "not those of its sums" in note
               for note in done.notes)  # fmt: skip
    assert worth(done) > 0.8


@pytest.mark.parametrize(
    ("change", "why"),
    [(not_finite, "its update is not finite"), (too_short, "its update has the shape (1, 5)")],
)
def test_what_is_no_update_is_dropped_and_its_site_named(change, why: str) -> None:
    _, done = trained(GIVEN, SITES, PLAIN, B=change)
    dropped = done.history[~done.history["used"]]
    assert set(dropped["site"]) == {"B"}
    assert dropped["why"].str.startswith(why).all()
    assert done.sites["rounds"].tolist() == [20, 0, 20, 20, 20]
    assert any(note.startswith("B was left out of 20 rounds") and why in note
               for note in done.notes)  # fmt: skip
    assert worth(done) > 0.8


def test_a_site_without_sums_is_left_out_of_all_of_it() -> None:
    _, done = trained(GIVEN, SITES, PLAIN, B=lambda _, reply: {})
    assert np.isnan(done.sites.set_index("site").loc["B", "n"])
    assert not any("class of fewer" in note for note in done.notes)
    assert worth(done) > 0.8


def test_of_two_sites_one_that_fails_leaves_the_other() -> None:
    two = {site: SITES[site] for site in "AB"}
    _, done = trained(GIVEN, two, federated.Rounds(rounds=5), B=lambda _, reply: {})
    assert done.sites["rounds"].tolist() == [5, 0]


def test_an_impossible_count_of_positives_is_not_believed() -> None:
    def lying(_: Message, reply: Message) -> Message:
        return reply | {"positives": np.array(np.nan)} if "positives" in reply else reply

    _, done = trained(GIVEN, SITES, PLAIN, C=lying)
    assert np.isnan(done.sites.set_index("site").loc["C", "positives"])
    assert "C was left out of the count of positives: its positives cannot be." in done.notes
    assert not any("class of fewer" in note for note in done.notes)
    assert np.isfinite(done.rule.odds(NEW)).all()


def test_when_nobody_can_be_used_that_is_an_error() -> None:
    with pytest.raises(FederationError, match="no reply of A, B, C, D, E can be used"):
        trained(GIVEN, SITES, PLAIN, **dict.fromkeys(SITES, not_finite))


def test_an_overflow_names_the_site_of_the_largest_update() -> None:
    def huge(_: Message, reply: Message) -> Message:
        if "update" not in reply:
            return reply
        return reply | {"update": np.full_like(reply["update"], 1e308), "cases": reply["cases"]}

    def also(_: Message, reply: Message) -> Message:
        return huge(_, reply)

    with (
        np.errstate(over="ignore", invalid="ignore"),
        pytest.raises(FederationError, match=r"no longer finite.*median"),
    ):
        trained(GIVEN, SITES, PLAIN, A=huge, B=also, C=also, D=also, E=also)


def test_a_site_with_turned_labels_is_called_out_and_no_other() -> None:
    turned = SITES | {"C": replace(SITES["C"], positive=~SITES["C"].positive)}
    done = federated.train(GIVEN, turned)
    named = [note for note in done.notes if "turns round" in note]
    assert named
    assert all(note.startswith("At C the model of all ") for note in named)
    assert not [note for note in federated.train(GIVEN, SITES).notes if "turns round" in note]


@pytest.mark.parametrize(("elsewhere", "named"), [(0.5, []), (0.62, []), (0.75, ["B"])])
def test_a_site_is_called_out_only_where_the_model_tells_elsewhere(
    elsewhere: float, named: list[str]
) -> None:
    auc = np.array([elsewhere, 0.3, elsewhere])
    figures = {f"{model}_{name}": auc + away for model in ("global", "left_out")
               for name, away in (("auc", 0.0), ("low", -0.18), ("high", 0.18))}  # fmt: skip
    sites = pd.DataFrame({"site": list("ABC"), "positives": 20.0, **figures})
    notes = notes_of_sites(sites, SimpleNamespace(silent=frozenset()), federated.Rounds())
    assert sorted({note.split()[1] for note in notes if "turns round" in note}) == named


@pytest.mark.parametrize("value", [np.array(["s07"] * 6), np.array([b"x"]), np.zeros(0)])
def test_a_malformed_reply_is_dropped_and_its_site_named(value: np.ndarray) -> None:
    def malformed(_: Message, reply: Message) -> Message:
        return dict.fromkeys(reply, value)

    _, done = trained(GIVEN, SITES, federated.Rounds(rounds=3), B=malformed)
    assert any(note.startswith("B was left out of sums") for note in done.notes)
    _, done = trained(GIVEN, SITES, PLAIN, B=lambda message, reply: reply | {"loss": value})
    assert done.history.loc[done.history["site"] == "B", "loss"].isna().all()
