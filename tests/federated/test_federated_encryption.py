"""A server adds updates that it cannot read, and the rule is that of plain ones."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.federated.hospitals import Changed, three, trained

tenseal = pytest.importorskip("tenseal", reason="the extra `encrypted`")

from biomarkers import federated, predict  # noqa: E402
from biomarkers.cli import main  # noqa: E402
from biomarkers.errors import FederationError, FileError  # noqa: E402
from biomarkers.federated import encryption  # noqa: E402
from biomarkers.federated.agreement import agreed  # noqa: E402
from biomarkers.federated.configured import what_would_leave  # noqa: E402
from biomarkers.federated.encryption import SLOTS, STEP, added, make_key, read_key  # noqa: E402
from biomarkers.federated.engines.flower.records import from_record, to_record  # noqa: E402
from biomarkers.federated.engines.leaving import WatchedSite, summary  # noqa: E402
from biomarkers.federated.engines.nvflare.bridge import packed, unpacked  # noqa: E402
from biomarkers.federated.engines.nvflare.records import from_shareable, to_shareable  # noqa: E402
from biomarkers.federated.messages import Message  # noqa: E402
from biomarkers.federated.site import CohortSite  # noqa: E402
from biomarkers.federated.site_files import read_site, write_site  # noqa: E402
from biomarkers.federated.training import FederationServer  # noqa: E402

Change = Callable[[Message, Message], Message]
Log = list[tuple[Message, dict[str, Message]]]
SILENCE: Message = {}
GIVEN = predict.recipe("logistic")
HIDDEN = federated.Rounds(rounds=6, folds=2, encrypted=True)
PLAIN = replace(HIDDEN, encrypted=False)
# Updates are told in steps of 2⁻⁴⁰, 9e-13.
CLOSE = {"rtol": 0.0, "atol": 1e-10}


def federation(
    settings: federated.Rounds = HIDDEN,
    keys: dict[str, encryption.Key] | None = None,
    sites: str = "ABC",
    **changes: Change,
) -> tuple[federated.Federated, Log]:
    """Train, and return also every message of the server with its replies."""
    terms, cases = agreed(GIVEN, {site: three()[site] for site in sites}, settings)
    keys = keys or dict.fromkeys(cases, make_key())
    there = {site: CohortSite(site, cases[site], terms, key=keys[site]) for site in cases}
    there |= {site: Changed(there[site], change) for site, change in changes.items()}
    server = FederationServer(GIVEN, terms, tuple(cases), settings)
    log = []
    while (message := server.ask()) is not None:
        log.append((message, {name: site.reply(message) for name, site in there.items()}))
        server.take({name: reply for name, reply in log[-1][1].items() if reply is not SILENCE})
    return server.federated(), log


@pytest.fixture(scope="module")
def honest() -> tuple[federated.Federated, Log]:
    """Three sites that do as they should, and all that was said."""
    return federation()


@pytest.fixture
def site() -> CohortSite:
    """One of them, started anew."""
    terms, cases = agreed(GIVEN, three(), HIDDEN)
    return CohortSite("A", cases["A"], terms, key=make_key())


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


def test_a_network_is_that_of_plain_updates() -> None:
    pytest.importorskip("torch", reason="an extra")
    deep = pytest.importorskip("biomarkers.deep", reason="an extra")
    random, cohorts = np.random.default_rng(1), {}
    for site, plain in three().items():
        arrays = {(name, ""): random.normal(size=24) for name in plain.subject}
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
        federation(sites="AB", B=otherwise)


def test_weights_that_are_the_updates_of_one_site_stay_closed() -> None:
    def silent(message: Message, reply: Message) -> Message:
        return SILENCE if "ask/update" in message else reply

    with pytest.raises(FederationError, match="every update is of A, and would be seen in the we"):
        federation(B=silent, C=silent)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (np.zeros(9, np.uint8), "no ciphertexts of numbers"),
        (make_key().encrypt(np.zeros(35))["encrypted/0"], "35 encrypted numbers, not 36"),
    ],
)
def test_a_message_without_ciphertexts_is_refused(
    content: np.ndarray, says: str, honest, site
) -> None:
    _, log = honest
    message = log[-1][0] | {"encrypted/0": content}
    with pytest.raises(FederationError, match=says):
        site.reply(message)


def test_the_weights_are_opened_once(honest, site) -> None:
    _, log = honest
    message = log[-1][0]
    assert list(site.reply(message)) == ["weights"]
    with pytest.raises(FederationError, match="ask/open more than the 1 times"):
        site.reply(message)


def test_a_key_file_is_for_its_user_alone_and_never_written_over(tmp_path, capsys) -> None:
    file = tmp_path / "sites.key"
    assert main(["federated", "key", "--out", str(file)]) == 0
    assert "the server must not have it" in capsys.readouterr().out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_bytes()
    assert main(["federated", "key", "--out", str(file)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert read_key(file).content == content
    with pytest.raises(FileError, match="cannot be written"):
        encryption.write_key(tmp_path / "absent" / "sites.key")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["key"], "key needs --out, and takes no --config"),
        (["key", "--out", "k", "--config", "c"], "key needs --out, and takes no --config"),
        (["server"], "server needs --config, and takes no --out"),
        (["key", "--out", "k", "--dry-run"], "--dry-run and --terms are of a site"),
    ],
)
def test_options_of_another_role_are_named(words: list[str], says: str, capsys) -> None:
    with pytest.raises(SystemExit):
        main(["federated", *words])
    assert says in capsys.readouterr().err


def nvflare_context() -> bytes:
    made = tenseal.context(
        tenseal.SCHEME_TYPE.CKKS,
        poly_modulus_degree=8192,
        coeff_mod_bit_sizes=[60, 40, 40],
        encryption_type=tenseal.ENCRYPTION_TYPE.SYMMETRIC,
    )
    return made.serialize(save_secret_key=True, save_galois_keys=False)


def smaller_key() -> bytes:
    made = tenseal.context(
        tenseal.SCHEME_TYPE.BFV, 4096, 1032193, encryption_type=tenseal.ENCRYPTION_TYPE.SYMMETRIC
    )
    return made.serialize(
        save_public_key=False, save_secret_key=True, save_galois_keys=False, save_relin_keys=False
    )


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"",
        lambda: b"no key",
        nvflare_context,
        smaller_key,
        lambda: make_key().content[:1000],
        lambda: encryption._serialized(encryption._new_context(), secret=False),
    ],
)
def test_what_is_no_key_is_refused(content: Callable[[], bytes], tmp_path) -> None:
    (tmp_path / "sites.key").write_bytes(content())
    with pytest.raises(FileError, match=r"sites.key is no key of ours; biomarkers federated key"):
        read_key(tmp_path / "sites.key")


def test_a_dry_run_lists_ciphertexts_and_no_numbers_of_them() -> None:
    left = federated.dry_run(GIVEN, three()["A"], settings=HIDDEN)
    row = left[left["asked"] == "update"].iloc[0]
    assert row["name"] == "encrypted/0"
    assert row["values"] == []
    assert row["shape"][0] > 1e5
    assert left["asked"].iloc[-1] == "open"


def test_a_site_of_a_file_takes_the_key_that_it_names(tmp_path, capsys) -> None:
    names = [f"A{number:02d}" for number in range(20)]
    lines = [f"{name},{number % 7},{number % 3}" for number, name in enumerate(names)]
    (tmp_path / "features.csv").write_text("\n".join(["subject,a,b", *lines]))
    truth = [f"{name},{number % 2}" for number, name in enumerate(names)]
    (tmp_path / "people.csv").write_text("\n".join(["subject,response", *truth]))
    shared = "[predict]\noutcome = 'response'\n[rounds]\nrounds = 2\nfolds = 2\nencrypted = true\n"
    site = "[site]\nname = 'A'\nfeatures = 'features.csv'\nparticipants = 'people.csv'\n"
    config = tmp_path / "site.toml"
    config.write_text(site + shared)
    assert main(["federated", "site", "--config", str(config), "--dry-run"]) == 2
    assert "found no key" in capsys.readouterr().err
    encryption.write_key(tmp_path / "sites.key")
    config.write_text(f"{site}encryption = 'sites.key'\n{shared}")
    assert main(["federated", "site", "--config", str(config), "--dry-run"]) == 0
    left = what_would_leave(config)
    size = left.loc[left["name"] == "encrypted/0", "shape"].iloc[0][0]
    assert abs(size - 235_700) < 1_000
    shown = capsys.readouterr().out
    assert "update: encrypted/0 (23" in shown
    assert "encrypted, 23" in shown


def test_a_site_in_a_file_keeps_its_key(tmp_path) -> None:
    terms, cases = agreed(GIVEN, three(), HIDDEN)
    key = make_key()
    path = write_site(tmp_path / "site.npz", CohortSite("A", cases["A"], terms, key=key))
    again = read_site(str(path))
    assert again.key is not None
    assert again.key.content == key.content


class Telling:
    name = "A"

    def __init__(self, reply: Message) -> None:
        self._reply = reply

    def reply(self, message: Message) -> Message:
        return self._reply


def test_ciphertexts_are_written_down_and_carried_as_bytes(tmp_path) -> None:
    told = make_key().encrypt(np.ones(2)) | {"cases": np.ones(2)}
    WatchedSite(Telling(told), tmp_path / "left.jsonl").reply({})
    (line,) = map(json.loads, (tmp_path / "left.jsonl").read_text().splitlines())
    size = told["encrypted/0"].size
    assert line["arrays"] == {"encrypted/0": [size], "cases": [2]}
    assert line["bytes"] == size + 16
    assert summary(told)["sha256"] == line["sha256"]
    again = unpacked(packed(told))
    assert {name: (array.dtype, array.tobytes()) for name, array in again.items()} == {
        name: (array.dtype, array.tobytes()) for name, array in told.items()
    }


@pytest.mark.parametrize(
    "told",
    [{"pixels": np.zeros(3, np.uint8)}, {"encrypted/0": np.zeros(3)}, {"encrypted/0": b"abc"}],
)
def test_bytes_leave_as_ciphertexts_only(told: Message, tmp_path) -> None:
    with pytest.raises(FederationError, match="nothing else may leave a site"):
        WatchedSite(Telling(told), tmp_path / "left.jsonl").reply({})
    assert not (tmp_path / "left.jsonl").exists()


@pytest.mark.engines
@pytest.mark.parametrize("name", ["flower", "nvflare"])
def test_an_engine_carries_ciphertexts(name: str, monkeypatch) -> None:
    pytest.importorskip(
        {"flower": "flwr", "nvflare": "nvflare"}[name], reason="make check-federated"
    )
    told = make_key().encrypt(np.ones(2))
    to, back = {
        "flower": (to_record, from_record),
        "nvflare": (to_shareable, from_shareable),
    }[name]
    came = back(to(told))
    assert came is not None
    assert came["encrypted/0"].dtype == np.uint8
    assert came["encrypted/0"].tobytes() == told["encrypted/0"].tobytes()
    done, reference = (
        federated.train(GIVEN, three(), settings=replace(HIDDEN, rounds=2, engine=engine))
        for engine in (name, "reference")
    )
    assert np.array_equal(linear(done), linear(reference))
