"""What leaves a site: no row, no name, and nothing that counts fewer than five cases."""

import numpy as np
import pytest
from tests.federated.hospitals import cohort, three, trained, with_gaps

from biomarkers import federated, predict
from biomarkers.errors import FederationError
from biomarkers.federated.agreement import agreed
from biomarkers.federated.messages import Message
from biomarkers.federated.site import CohortSite
from biomarkers.federated.sums import FEWEST
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


def test_a_server_that_asks_for_other_folds_is_refused() -> None:
    asked = []

    def keep(message: Message, reply: Message) -> Message:
        asked.append(message)
        return reply

    given, cohorts = predict.recipe("logistic"), three()
    trained(given, cohorts, federated.Rounds(rounds=1), A=keep)
    terms, cases = agreed(given, cohorts)
    site = CohortSite("A", cases["A"], terms)
    site.reply(asked[0])
    with pytest.raises(FederationError, match="other folds than before"):
        site.reply(asked[0] | {"seed": np.array(2.0)})


def test_a_server_with_other_terms_is_refused() -> None:
    cohorts = three()
    terms, cases = agreed(predict.recipe("logistic"), cohorts)
    others, _ = agreed(predict.recipe("svm"), cohorts)
    server = FederationServer(predict.recipe("svm"), others, ("A",), federated.Rounds())
    with pytest.raises(FederationError, match="site A: the recipe, the features or the outcome"):
        CohortSite("A", cases["A"], terms).reply(server.ask())


def test_a_message_that_asks_for_nothing_known_is_refused() -> None:
    terms, cases = agreed(predict.recipe("logistic"), three())
    with pytest.raises(FederationError, match="asks for nothing that is known"):
        CohortSite("A", cases["A"], terms).reply({"ask/rows": np.array(0.0)})


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
