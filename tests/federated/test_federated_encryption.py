"""A server adds updates that it cannot read, and the rule is that of plain ones."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.federated.hospitals import Changed, cohort, three, trained

tenseal = pytest.importorskip("tenseal", reason="the extra `encrypted`")

from biomarkers import federated, predict  # noqa: E402
from biomarkers.errors import FederationError, InputError  # noqa: E402
from biomarkers.federated import encryption  # noqa: E402
from biomarkers.federated.agreement import agreed  # noqa: E402
from biomarkers.federated.encryption import SLOTS, STEP, added, make_key  # noqa: E402
from biomarkers.federated.messages import Message  # noqa: E402
from biomarkers.federated.site import CohortSite  # noqa: E402
from biomarkers.federated.training import FederationServer  # noqa: E402

Change = Callable[[Message, Message], Message]
Log = list[tuple[Message, dict[str, Message]]]
SILENCE: Message = {}
GIVEN = predict.recipe("logistic")
HIDDEN = federated.Rounds(rounds=6, folds=2, encrypted=True)
PLAIN = replace(HIDDEN, encrypted=False)
ENVELOPE = np.frombuffer(b"\n\x01$", np.uint8)  # of 36 numbers, with no ciphertext in it
# Updates are told in steps of 2⁻⁴⁰, 9e-13.
CLOSE = {"rtol": 0.0, "atol": 1e-10}


def federation(
    settings: federated.Rounds = HIDDEN,
    keys: dict[str, encryption.Key] | None = None,
    cohorts: dict[str, predict.Cohort] | None = None,
    **changes: Change,
) -> tuple[federated.Federated, Log]:
    """Train, and return also every message of the server with its replies."""
    terms, cases = agreed(GIVEN, cohorts or three(), settings)
    keys = keys or dict.fromkeys(cases, make_key())
    there = {site: CohortSite(site, cases[site], terms, key=keys[site]) for site in cases}
    there |= {site: Changed(there[site], change) for site, change in changes.items()}
    server = FederationServer(GIVEN, terms, tuple(cases), settings)
    log = []
    while (message := server.ask()) is not None:
        log.append((message, {name: site.reply(message) for name, site in there.items()}))
        server.take({name: reply for name, reply in log[-1][1].items() if reply is not SILENCE})
    return server.federated(), log


def two() -> dict[str, predict.Cohort]:
    return {site: three()[site] for site in "AB"}


@pytest.fixture(scope="module")
def honest() -> tuple[federated.Federated, Log]:
    """Three sites that do as they should, and all that was said."""
    return federation()


@pytest.fixture
def site(honest) -> CohortSite:
    """One of them, started anew, which has seen the terms of the server."""
    terms, cases = agreed(GIVEN, three(), HIDDEN)
    made = CohortSite("A", cases["A"], terms, key=make_key())
    made.reply(honest[1][0][0])
    return made


def linear(done: federated.Federated) -> np.ndarray:
    return np.append(done.rule.trained.model.intercept, done.rule.trained.model.coefficients)


def asking(log: Log, what: str) -> list[int]:
    return [number for number, (message, _) in enumerate(log) if f"ask/{what}" in message]


@pytest.mark.parametrize("model", ["logistic", "svm"])
@pytest.mark.parametrize("how", ["average", "prox"])
def test_the_rule_and_its_worth_are_those_of_plain_updates(model: str, how: str) -> None:
    settings = federated.Rounds(rounds=20, folds=3, aggregate=how, local_steps=2, rate=0.3)
    plain, hidden = (
        federated.train(
            predict.recipe(model), three(), settings=replace(settings, encrypted=encrypted)
        )
        for encrypted in (False, True)
    )
    np.testing.assert_allclose(linear(hidden), linear(plain), **CLOSE)
    numbers = (each.sites.select_dtypes(float).to_numpy() for each in (hidden, plain))
    np.testing.assert_allclose(*numbers, **CLOSE)
    assert np.abs(linear(plain)).max() > 0.1
    assert hidden.history[["loss", "norm"]].isna().all(axis=None)
    assert hidden.history["used"].all()
    assert any("Updates were encrypted" in note for note in hidden.notes)


def test_noise_and_its_epsilon_are_those_of_plain_updates() -> None:
    settings = replace(HIDDEN, clip=0.2, noise=2.0, local_steps=2, rate=0.3)
    hidden, plain, quiet = (
        federated.train(GIVEN, three(), settings=each)
        for each in (settings, replace(settings, encrypted=False), HIDDEN)
    )
    np.testing.assert_allclose(linear(hidden), linear(plain), **CLOSE)
    assert hidden.epsilon == plain.epsilon == federated.epsilon(noise=2.0, releases=30, delta=1e-5)
    assert np.abs(linear(hidden) - linear(quiet)).max() > 0.1


def test_a_network_is_that_of_plain_updates() -> None:
    pytest.importorskip("torch", reason="an extra")
    deep = pytest.importorskip("biomarkers.deep", reason="an extra")
    random, cohorts = np.random.default_rng(1), {}
    for site, plain in three().items():
        arrays = {(name, ""): random.normal(size=32) for name in plain.subject}
        cohorts[site] = plain.with_array("seen", arrays)
    given = predict.recipe(deep.SpectrumCNN("seen", width=4))
    settings = federated.Rounds(rounds=3, folds=0, rate=0.3)
    plain, hidden = (
        federated.train(given, cohorts, settings=replace(settings, encrypted=encrypted))
        for encrypted in (False, True)
    )
    weights = plain.rule.trained.model.weights
    for name, each in hidden.rule.trained.model.weights.items():
        np.testing.assert_allclose(each, weights[name], **CLOSE)


def test_the_server_is_told_no_update_and_of_the_weights_only_the_last_of_all_cases(honest) -> None:
    done, log = honest
    updates, (opening,) = asking(log, "update"), asking(log, "open")
    assert len(updates) == HIDDEN.rounds
    assert opening == len(log) - 1
    start = log[updates[0]][0]["weights"]
    for message, _ in log[updates[0] :]:
        assert message["weights"].tobytes() == start.tobytes()
    for number in updates:
        for reply in log[number][1].values():
            assert set(reply) == {"encrypted/0", "cases"}
            assert reply["encrypted/0"].dtype == np.uint8
    for _, replies in log[updates[0] : opening]:
        for reply in replies.values():
            sizes = [array.size for name, array in reply.items() if name != "encrypted/0"]
            assert max(sizes) < start.size
    opened = [reply["weights"] for reply in log[opening][1].values()]
    assert {each.shape for each in opened} == {start[0].shape}
    assert {each.tobytes() for each in opened} == {linear(done).tobytes()}


def test_the_same_update_never_looks_the_same() -> None:
    key = make_key()
    one, other = (key.encrypt(np.ones(3))["encrypted/0"] for _ in range(2))
    assert one.tobytes() != other.tobytes()


def test_what_the_server_has_reads_nothing(honest) -> None:
    _, log = honest
    key, number = make_key(), asking(log, "update")[0]
    told = log[number][1]["A"]["encrypted/0"].tobytes()
    server = encryption._server_context()
    assert not server.is_private()
    with pytest.raises(ValueError, match="secret_key"):
        tenseal.bfv_vector_from(server, told).decrypt()
    other = key.decrypt({"encrypted/0": np.frombuffer(told, np.uint8)}, 36)
    assert np.abs(other).mean() > 1e3  # of updates below 1: another key gives any number


def test_sums_of_many_numbers_are_exact() -> None:
    key, random = make_key(), np.random.default_rng(1)
    values = random.normal(size=(50, SLOTS + 5))
    every = [key.encrypt(each) for each in values]
    assert list(every[0]) == ["encrypted/0", "encrypted/1"]
    total = key.decrypt(added(every, SLOTS + 5), SLOTS + 5)
    assert np.array_equal(total, np.rint(values / STEP).sum(axis=0) * STEP)
    np.testing.assert_allclose(total, values.sum(axis=0), rtol=0, atol=50 * STEP)


def test_a_site_that_is_out_of_a_round_moves_nothing_in_it() -> None:
    def silent(message: Message, reply: Message) -> Message:
        return SILENCE if message.get("ask/update") == 2 else reply

    def still(message: Message, reply: Message) -> Message:
        return reply | {"update": 0 * reply["update"]} if message.get("ask/update") == 2 else reply

    done, _ = federation(B=silent)
    _, plain = trained(GIVEN, three(), PLAIN, B=still)
    np.testing.assert_allclose(linear(done), linear(plain), **CLOSE)
    lacking = done.history[~done.history["used"]]
    assert lacking[["round", "site"]].to_numpy().tolist() == [[2, "B"]]
    assert any("B was left out of round 2: did not answer" in note for note in done.notes)


def test_sites_with_different_keys_are_named_before_training() -> None:
    keys = dict.fromkeys("AC", make_key()) | {"B": make_key()}
    with pytest.raises(FederationError, match=r"encrypt with different keys \(A, C; B\); give all"):
        federation(keys=keys)


def test_a_site_without_a_key_is_refused() -> None:
    terms, cases = agreed(GIVEN, three(), HIDDEN)
    with pytest.raises(FederationError, match="site A: encrypted: found no key; biomarkers fed"):
        CohortSite("A", cases["A"], terms)


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"encrypted/0": np.zeros(9, np.uint8)}, "its encrypted/0 is no ciphertext of 36 numbers"),
        ({"encrypted/0": np.zeros(0, np.uint8)}, "its encrypted/0 is no ciphertext of 36 numbers"),
        ({"encrypted/0": ENVELOPE}, "its encrypted/0 is no ciphertext of 36 numbers"),
        (make_key().encrypt(np.zeros(35)), "its encrypted/0 is no ciphertext of 36 numbers"),
        ({"cases": np.full(6, 9.0)}, "its cases are not those of its sums"),
        ({}, "its reply holds no encrypted/0"),
    ],
)
def test_what_is_no_encrypted_update_is_named(spoilt: Message, why: str) -> None:
    def change(message: Message, reply: Message) -> Message:
        if message.get("ask/update") != 1:
            return reply
        return {"cases": reply["cases"]} | ({**reply, **spoilt} if spoilt else {})

    done, _ = federation(B=change)
    assert done.history.loc[1, ["site", "used", "why"]].tolist() == ["B", False, why]


@pytest.mark.parametrize("value", [np.nan, 1e6])
def test_an_update_that_cannot_be_added_is_not_sent(value: float, honest, site) -> None:
    _, log = honest
    message = dict(log[asking(log, "update")[0]][0])
    message["rate"] = np.full_like(message["rate"], value)
    with pytest.raises(FederationError, match=r"site A: its update holds .*; expected numbers up"):
        site.reply(message)


def test_a_server_that_states_too_few_cases_gets_no_update(honest, site) -> None:
    _, log = honest
    message = dict(log[asking(log, "update")[0]][0])
    message["all_cases"] = message["all_cases"] / 10
    with pytest.raises(FederationError, match="fewer cases of all sites than are here"):
        site.reply(message)


def otherwise(message: Message, reply: Message) -> Message:
    return {"weights": reply["weights"] + 1} if "ask/open" in message else reply


def test_a_site_that_opens_other_weights_is_named(honest) -> None:
    done, _ = federation(B=otherwise)
    assert np.array_equal(linear(done), linear(honest[0]))
    note = "B was left out of the opening of the weights: it opened other weights than most."
    assert note in done.notes


def test_of_two_sites_that_open_differently_neither_is_believed() -> None:
    with pytest.raises(FederationError, match="open the weights differently: A; B"):
        federation(cohorts=two(), B=otherwise)


def test_weights_that_are_the_updates_of_one_site_stay_closed() -> None:
    asked = []

    def silent(message: Message, reply: Message) -> Message:
        asked.extend(message)
        return SILENCE if "ask/update" in message else reply

    with pytest.raises(FederationError, match="every update is of A, and would be seen in the we"):
        federation(B=silent, C=silent)
    assert "ask/update" in asked
    assert not {"ask/link", "ask/figures", "ask/open"} & set(asked)


def test_of_two_sites_no_figure_tells_of_the_updates_of_one() -> None:
    done, log = federation(cohorts=two())
    plain = federated.train(GIVEN, two(), settings=PLAIN)
    columns = [name for name in done.sites if name.startswith("left_out")]
    assert done.sites[columns].isna().all(axis=None)
    assert plain.sites[columns].notna().all(axis=None)
    for _, replies in log[asking(log, "figures")[0] :][:1]:
        assert all(np.isnan(reply["figures"][2]).all() for reply in replies.values())
    others = done.sites.columns.difference(columns)
    np.testing.assert_allclose(*(each.sites[others].select_dtypes(float) for each in (done, plain)))
    assert any("a model without one is the updates of the other" in note for note in done.notes)
    assert not any("of two sites" in note.lower() for note in plain.notes)


def test_of_three_sites_of_which_one_sends_no_update_no_figure_tells_of_one() -> None:
    def silent(message: Message, reply: Message) -> Message:
        return SILENCE if "ask/update" in message else reply

    done, log = federation(C=silent)
    for reply in log[asking(log, "figures")[0]][1].values():
        assert np.isnan(reply["figures"][2]).all()
        assert not np.isnan(reply["figures"][0]).any()
    assert any("a model without one is the updates of the other" in note for note in done.notes)


def test_of_two_sites_one_without_folds_tells_nothing_of_a_model_of_the_other() -> None:
    settings = replace(HIDDEN, seed=2)
    cohorts = two() | {"A": cohort("A", 10, 0)}
    done, log = federation(settings, cohorts=cohorts)
    assert all(log[number][1]["A"] == {} for number in asking(log, "link"))
    assert done.sites.loc[0, "global_auc":"global_brier"].isna().all()
    assert done.sites.loc[0, "local_auc":"left_out_brier"].isna().all()
    assert done.sites.loc[1, "global_auc":"global_brier"].notna().all()
    assert any(note.endswith("figures of the model of all sites: A.") for note in done.notes)
    plain = federated.train(GIVEN, cohorts, settings=replace(settings, encrypted=False))
    assert plain.sites["global_auc"].notna().all()
    small = {site: cohort(site, 10, number) for number, site in enumerate("AB")}
    alone, _ = federation(replace(HIDDEN, seed=6), cohorts=small)
    assert any("log odds are those of training" in note for note in alone.notes)


def test_a_server_of_one_site_is_refused() -> None:
    terms, _ = agreed(GIVEN, three(), HIDDEN)
    with pytest.raises(InputError, match="weights of one site would be its updates; expected two"):
        FederationServer(GIVEN, terms, ("A",), HIDDEN)


@pytest.mark.parametrize(
    "content",
    [np.zeros(9, np.uint8), make_key().encrypt(np.zeros(35))["encrypted/0"], ENVELOPE],
)
def test_a_message_without_ciphertexts_is_refused(content: np.ndarray, honest, site) -> None:
    _, log = honest
    message = log[-1][0] | {"encrypted/0": content}
    says = "site A: the server's message: encrypted/0 is no ciphertext of 36 numbers"
    with pytest.raises(FederationError, match=says):
        site.reply(message)


def test_no_weights_are_opened_for_a_server_that_has_not_shown_the_terms(honest) -> None:
    terms, cases = agreed(GIVEN, three(), HIDDEN)
    with pytest.raises(FederationError, match="differ from those of the server"):
        CohortSite("A", cases["A"], terms, key=make_key()).reply(honest[1][-1][0])


def test_the_weights_are_opened_once(honest, site) -> None:
    _, log = honest
    message = log[-1][0]
    assert list(site.reply(message)) == ["weights"]
    with pytest.raises(FederationError, match="ask/open more than the 1 times"):
        site.reply(message)
