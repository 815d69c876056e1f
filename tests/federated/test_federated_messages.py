"""What leaves a site: no row, no name, and nothing that counts fewer than five cases."""

from dataclasses import replace

import numpy as np
import pytest
from tests.federated.hospitals import cohort, three, trained, with_gaps

from biomarkers import federated, predict
from biomarkers.errors import FederationError
from biomarkers.federated.agreement import agreed
from biomarkers.federated.messages import Message
from biomarkers.federated.site import CohortSite
from biomarkers.federated.sums import FEWEST, few_gaps_filled
from biomarkers.federated.training import FederationServer

# Arrays of a reply that count cases.
COUNTS = ("cases", "count", "positives", "subjects")


def heard(cohorts: dict[str, predict.Cohort], model: str = "logistic") -> list:
    """Return every message and reply of a federation."""
    pairs: list[tuple[str, Message, Message]] = []

    def listening(name: str):
        def listen(message: Message, reply: Message) -> Message:
            pairs.append((name, message, reply))
            return reply

        return listen

    given = predict.recipe(model, harmonise="combat")
    trained(given, cohorts, federated.Rounds(rounds=4), **{name: listening(name)
                                                           for name in cohorts})  # fmt: skip
    return pairs


@pytest.mark.parametrize("model", ["logistic", "svm"])
def test_messages_are_named_arrays_of_numbers(model: str) -> None:
    for _, message, reply in heard(three(), model):
        for content in (message, reply):
            for name, array in content.items():
                assert isinstance(name, str)
                assert isinstance(array, np.ndarray)
                assert array.dtype == np.float64, name


def test_no_name_of_a_subject_is_in_a_message() -> None:
    cohorts = three()
    words = {name for _, message, reply in heard(cohorts) for name in (*message, *reply)}
    subjects = {name for each in cohorts.values() for name in each.subject.tolist()}
    assert not [word for word in words if any(subject in word for subject in subjects)]


def test_no_row_is_in_a_message_and_no_axis_is_that_of_cases() -> None:
    cohorts = {site: cohort(site, count, count) for site, count in {"A": 31, "B": 47}.items()}
    values = np.concatenate([each.features.to_numpy().ravel() for each in cohorts.values()])
    for _, message, reply in heard(cohorts):
        for content in (message, reply):
            for name, array in content.items():
                assert not {31, 47} & set(array.shape), name
                assert not np.isin(values, array).any(), name


def test_nothing_counts_fewer_than_five_cases() -> None:
    cohorts = three()
    cohorts["A"] = with_gaps(cohorts["A"], "f1", slice(0, 3))  # three are missing
    cohorts["B"] = with_gaps(cohorts["B"], "f1", slice(0, 37))  # three are there
    counted = 0
    for _, _, reply in heard(cohorts):
        for name in COUNTS:
            for count in np.ravel(reply.get(name, ())):
                counted += 1
                assert count == 0 or count >= FEWEST, name
        if "count" in reply:
            missing = reply["cases"][:, None] - reply["count"]
            assert ((missing == 0) | (missing >= FEWEST)).all()
    assert counted > 100


def test_no_sum_tells_of_a_value_of_fewer_than_five() -> None:
    cohorts = three()
    random, whole = np.random.default_rng(1), {}
    for site, each in cohorts.items():
        features = each.features.copy()
        count = len(features)
        features["volume"] = np.where(np.arange(count) == 7, 1234.5678, 0.0)  # of one patient
        features["smoker"] = (np.arange(count) % 15 == 0).astype(float)  # two to four
        features["woman"] = random.permutation(np.arange(count) % 2).astype(float)
        cohorts[site] = replace(each, features=features)
        whole[site] = features
    told, sums = [], 0
    for site, message, reply in heard(cohorts):
        for content in (message, reply):
            assert not any(np.isin(1234.5678, array).any() for array in content.values())
        if "total" not in reply:
            continue
        sums += 1
        for place, name in enumerate(whole[site]):
            column, centre = whole[site][name].to_numpy(), message["centre"][place]
            total = reply["total"][:, place] + reply["shown"][:, place] * centre
            if name in ("volume", "smoker"):
                assert not reply["shown"][:, place].any()
                assert not reply["total"][:, place].any()
                assert not reply["squares"][:, place].any()
            if name == "woman":  # counts of a fold: five of either, or those of the whole site
                assert total.sum() == pytest.approx(column.sum())
                share = reply["cases"] / reply["cases"].sum()
                cells = np.round(np.append(total, reply["cases"] - total), 9)
                assert np.allclose(total, column.sum() * share) or (cells >= FEWEST).all()
                told.append(reply["by_fold"][place])
    assert sums == 6
    assert 0.0 in told


def test_withheld_features_are_named_and_others_learnt_from() -> None:
    cohorts = three()
    for site, each in cohorts.items():
        features = each.features.copy()
        features["f0"] *= 100
        features["rare"] = (np.arange(len(features)) % 15 == 0).astype(float)
        features["some"] = (np.arange(len(features)) < 10).astype(float)
        if site == "A":
            features["f1"] = np.where(np.arange(len(features)) < 3, 5.0, 0.0)
        cohorts[site] = replace(each, features=features)
    done = federated.train(predict.recipe("logistic"), cohorts)
    notes = "\n".join(done.notes)
    assert "Withheld by A, where fewer than 5 subjects differ: f1, rare;" in notes
    assert "No site could tell of rare: not in the model" in notes
    assert "At B fewer than 5 subjects have or lack a value of some in a fold" in notes
    assert done.rule.trained.directions[cohorts["A"].features.columns.get_loc("rare")] == 0
    assert (done.sites["global_auc"] > 0.6).all()
    *_, scaled = done.rule.trained.steps
    others = np.concatenate([cohorts[site].features["f1"] for site in "BC"])
    assert scaled.sd[1] == pytest.approx(others.std())
    assert "missing: f1" not in done.rule.trained.names


def test_gaps_of_few_are_in_no_message() -> None:
    cohorts, given = three(), predict.recipe("logistic")
    gaps = cohorts | {"B": with_gaps(cohorts["B"], "f1", slice(0, 12))}
    gaps["A"] = with_gaps(gaps["A"], "f1", slice(0, 3))
    _, cases = agreed(given, gaps)
    terms, _ = agreed(given, gaps)
    filled = few_gaps_filled(cases["A"].features, np.arange(30))
    replies = {}
    for name, features in (("gaps", cases["A"].features), ("filled", filled)):
        kept: list[Message] = []
        site = CohortSite("A", replace(cases["A"], features=features), terms)
        server = FederationServer(given, terms, ("A", "B"), federated.Rounds())
        other = CohortSite("B", cases["B"], terms)
        while (message := server.ask()) is not None:
            kept.append(site.reply(message))
            server.take({"A": kept[-1], "B": other.reply(message)})
        replies[name] = kept
    assert len(replies["gaps"]) > 20
    for one, two in zip(*replies.values(), strict=True):
        assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_site_with_few_in_a_class_tells_nothing_of_log_odds_and_figures() -> None:
    cohorts = three()
    cohorts["B"] = replace(cohorts["B"], positive=np.arange(40) < 4)
    silent = [reply for site, message, reply in heard(cohorts)
              if site == "B" and {"ask/link", "ask/figures"} & message.keys()]  # fmt: skip
    assert len(silent) > 2
    assert not any(silent)


def test_sites_of_few_in_a_class_alone_have_a_rule() -> None:
    cohorts = {site: replace(each, positive=np.arange(len(each.subject)) < 4)
               for site, each in three().items()}  # fmt: skip
    done = federated.train(predict.recipe("logistic"), cohorts)
    assert (done.rule.trained.intercept, done.rule.trained.slope) == (0.0, 1.0)
    assert any("log odds are those of training" in note for note in done.notes)


def test_sums_of_any_two_sets_differ_by_five_cases_or_none() -> None:
    for _, _, reply in heard(three()):
        if "update" in reply:
            apart = np.abs(np.subtract.outer(reply["cases"], reply["cases"]))
            assert ((apart == 0) | (apart >= FEWEST)).all()


def test_the_update_of_the_set_without_a_site_does_not_leave_it() -> None:
    for name, message, reply in heard(three()):
        if "update" in reply:
            place = int(message[f"without/{name}"])
            assert reply["cases"][place] == 0
            assert not reply["update"][place].any()


def asked_of_a() -> tuple[CohortSite, list[Message]]:
    """Return site A, made anew, and all that it is asked in a federation of one round."""
    asked = []

    def keep(message: Message, reply: Message) -> Message:
        asked.append(message)
        return reply

    given, cohorts = predict.recipe("logistic"), three()
    trained(given, cohorts, federated.Rounds(rounds=1), A=keep)
    terms, cases = agreed(given, cohorts, federated.Rounds(rounds=1))
    return CohortSite("A", cases["A"], terms), asked


@pytest.mark.parametrize(
    "other", [{"seed": np.array(2.0)}, {"folds": np.array(1e7)}, {"folds": np.array(np.nan)}]
)
def test_a_server_that_asks_for_other_folds_is_refused(other: Message) -> None:
    site, asked = asked_of_a()
    with pytest.raises(FederationError, match="other folds than were agreed on"):
        site.reply(asked[0] | other)


def test_a_server_that_asks_for_more_training_sets_is_refused() -> None:
    site, asked = asked_of_a()
    site.reply(asked[0])
    with pytest.raises(FederationError, match="other training sets than before"):
        site.reply(asked[1] | {"without/Z": np.array(9.0)})
    terms = replace(site.terms, rounds=replace(site.terms.rounds, folds=0))
    bare = CohortSite("A", site.cases, terms)
    message = asked[0] | {"folds": np.array(0.0), "terms": terms.words}
    with pytest.raises(FederationError, match="some without a judgement"):
        bare.reply(message)


def test_a_server_that_asks_more_often_than_agreed_is_refused() -> None:
    site, asked = asked_of_a()
    for message in asked:
        site.reply(message)
    kinds = {name: message for message in asked for name in message if name.startswith("ask/")}
    assert len(kinds) == 5
    for kind, message in kinds.items():
        with pytest.raises(FederationError, match=f"sends {kind} more than the . times"):
            for _ in range(9):
                site.reply(message)


def test_what_a_site_does_by_itself_is_not_for_the_server_to_say() -> None:
    site, asked = asked_of_a()
    more = {"local": np.array([1e9, 1, np.nan, 5]), "local_steps": np.array(1e9)}
    update = next(message for message in asked if "ask/update" in message)
    figures = next(message for message in asked if "ask/figures" in message)
    other, _ = asked_of_a()
    for each in (site, other):
        each.reply(asked[0])
    for message in (update, figures):
        one, two = site.reply(message | more), other.reply(message)
        assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in two)


def test_a_message_that_lacks_something_is_refused() -> None:
    site, asked = asked_of_a()
    lacking = {name: array for name, array in asked[0].items() if name != "centre"}
    with pytest.raises(FederationError, match="ask/sums holds no 'centre'"):
        site.reply(lacking)


def test_more_folds_than_subjects_are_refused() -> None:
    terms, cases = agreed(predict.recipe("logistic"), three(), federated.Rounds(folds=31))
    with pytest.raises(FederationError, match="site A: folds: found 31, expected no more than its"):
        CohortSite("A", cases["A"], terms)


def test_a_server_with_other_terms_is_refused() -> None:
    cohorts = three()
    terms, cases = agreed(predict.recipe("logistic"), cohorts)
    others, _ = agreed(predict.recipe("svm"), cohorts)
    server = FederationServer(predict.recipe("svm"), others, ("A",), federated.Rounds())
    with pytest.raises(
        FederationError, match="site A: the recipe, the features, the outcome or the"
    ):
        CohortSite("A", cases["A"], terms).reply(server.ask())


def test_a_server_with_other_rounds_is_refused() -> None:
    cohorts, given = three(), predict.recipe("logistic")
    terms, cases = agreed(given, cohorts)
    other = federated.Rounds(clip=1.0, noise=20.0)  # printed as an ε, and added by nobody
    server = FederationServer(given, terms, ("A",), other)
    with pytest.raises(FederationError, match="or the rounds differ"):
        CohortSite("A", cases["A"], terms).reply(server.ask())


def test_nothing_is_said_to_a_server_that_has_not_shown_the_same_terms() -> None:
    """Not even to later messages, which do not hold the terms."""
    site, asked = asked_of_a()
    other = asked[0] | {"terms": asked[0]["terms"] + 1}
    for message in (asked[2], other, asked[3], asked[4], asked[-1]):
        with pytest.raises(FederationError, match="or the rounds differ from those of the server"):
            site.reply(message)


def test_a_message_that_asks_for_nothing_known_is_refused() -> None:
    terms, cases = agreed(predict.recipe("logistic"), three())
    with pytest.raises(FederationError, match="asks for nothing that is known"):
        CohortSite("A", cases["A"], terms).reply({"ask/rows": np.array(0.0)})


def test_a_dry_run_protects_updates_as_they_would_leave() -> None:
    settings = federated.Rounds(rounds=2, clip=0.01)
    left = federated.dry_run(predict.recipe("logistic"), three()["A"], settings=settings)
    row = left[left["name"] == "update"].iloc[0]
    norms = np.linalg.norm(np.reshape(row["values"], row["shape"]), axis=1)
    assert norms.max() == pytest.approx(0.01)
    noisy = replace(settings, noise=5.0)
    left = federated.dry_run(predict.recipe("logistic"), three()["A"], settings=noisy)
    assert set(left[left["asked"] == "update"]["name"]) == {"update", "cases"}
    row = left[left["name"] == "update"].iloc[0]
    norms = np.linalg.norm(np.reshape(row["values"], row["shape"]), axis=1)
    assert norms[0] > 0.02


def test_a_dry_run_lists_the_sums_that_leave() -> None:
    cohorts, given = three(), predict.recipe("logistic")
    listed = federated.dry_run(
        given, cohorts["A"], site="A", others="BC", settings=federated.Rounds(rounds=4)
    )
    kept: list[Message] = []

    def keep(_: Message, reply: Message) -> Message:
        kept.append(reply)
        return reply

    trained(given, cohorts, federated.Rounds(rounds=4), A=keep)
    first = listed[listed["message"] == 1].set_index("name")["values"]
    assert first["total"] == kept[0]["total"].ravel().tolist()
    shapes = listed[listed["asked"] == "update"].drop_duplicates("name").set_index("name")["shape"]
    update = next(reply for reply in kept if "update" in reply)
    assert shapes.to_dict() == {name: array.shape for name, array in update.items()}
