"""Keys of sites, and how ciphertexts are written down and carried."""

import json
import stat
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from tests.federated.hospitals import three

tenseal = pytest.importorskip("tenseal", reason="the extra `encrypted`")

from biomarkers import federated, predict  # noqa: E402
from biomarkers.cli import main  # noqa: E402
from biomarkers.errors import (  # noqa: E402
    FederationError,
    FileError,
    InputError,
    PlanError,
    UnusualValueWarning,
)
from biomarkers.federated import encryption  # noqa: E402
from biomarkers.federated.agreement import agreed  # noqa: E402
from biomarkers.federated.configured import serve, what_would_leave  # noqa: E402
from biomarkers.federated.encryption import make_key, read_key  # noqa: E402
from biomarkers.federated.engines.flower.records import from_record, to_record  # noqa: E402
from biomarkers.federated.engines.leaving import WatchedSite, summary  # noqa: E402
from biomarkers.federated.engines.nvflare.bridge import packed, unpacked  # noqa: E402
from biomarkers.federated.engines.nvflare.records import from_shareable, to_shareable  # noqa: E402
from biomarkers.federated.messages import Message  # noqa: E402
from biomarkers.federated.site import CohortSite  # noqa: E402
from biomarkers.federated.site_files import read_site, write_site  # noqa: E402

GIVEN = predict.recipe("logistic")
HIDDEN = federated.Rounds(rounds=2, folds=2, encrypted=True)


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


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_a_key_that_others_can_read_is_warned_of(mode: int, tmp_path) -> None:
    file = encryption.write_key(tmp_path / "sites.key")
    read_key(file)  # warnings are errors here
    file.chmod(mode)
    with pytest.warns(UnusualValueWarning, match=r"sites.key can be read by others .* chmod 600"):
        read_key(file)


def test_without_the_extra_a_key_is_not_called_wrong(tmp_path, monkeypatch) -> None:
    file = encryption.write_key(tmp_path / "sites.key")
    monkeypatch.setitem(sys.modules, "tenseal", None)
    with pytest.raises(InputError, match=r"needs TenSEAL .* pip install 'biomarkers\[encrypted\]'"):
        read_key(file)


def test_a_server_that_names_the_key_is_refused(tmp_path) -> None:
    config = tmp_path / "server.toml"
    config.write_text(
        "[server]\nsites = ['A', 'B']\nterms = 't'\nout = 'o'\nencryption = 'k'\n[predict]\n"
    )
    with pytest.raises(PlanError, match=r"server.encryption: the server must not have the key"):
        serve(config)


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
    config.write_text(config.read_text().replace("encrypted = true\n", ""))
    assert main(["federated", "site", "--config", str(config), "--dry-run"]) == 2
    said = capsys.readouterr().err
    assert "site.encryption names a key, but rounds.encrypted is not true: updates would l" in said


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
def test_an_engine_carries_ciphertexts(name: str) -> None:
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
        federated.train(GIVEN, three(), settings=replace(HIDDEN, engine=engine))
        for engine in (name, "reference")
    )
    assert np.array_equal(*(each.rule.predict(three()["B"]) for each in (done, reference)))
