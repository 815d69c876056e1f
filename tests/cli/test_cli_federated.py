"""The command that makes a machine a site or the server of a federation."""

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", reason="the extra `predict`")
pytest.importorskip("skops", reason="the extra `predict`")

from biomarkers import federated, predict
from biomarkers.cli import main
from biomarkers.federated.configured import serve, site_of, take_part, what_would_leave
from biomarkers.federated.engines.flower.keys import make_keys

SHARED = "[predict]\noutcome = 'response'\n[rounds]\nrounds = 3\nfolds = 3\n"


@pytest.fixture
def sites(tmp_path):
    """Write the tables and the configuration of three sites."""
    for seed, site in enumerate("ABC"):
        (tmp_path / site).mkdir()
        names, truth = [f"{site}{number:02d}" for number in range(30)], np.tile([0, 1], 15)
        rows = pd.DataFrame(np.random.default_rng(seed).normal(size=(30, 3)), columns=list("abc"))
        rows.assign(subject=names, a=rows["a"] + 2 * truth).to_csv(
            tmp_path / site / "features.csv", index=False
        )
        people = pd.DataFrame({"subject": names, "response": truth})
        people.to_csv(tmp_path / site / "people.csv", index=False)
        configure(tmp_path, site)
    return tmp_path


def configure(folder, site, **also):
    lines = {"name": site, "features": "features.csv", "participants": "people.csv", **also}
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items())
    (folder / site / "site.toml").write_text(f"[site]\n{text}{SHARED}")


def test_a_dry_run_shows_every_number_and_sends_none(sites, capsys):
    config = str(sites / "A" / "site.toml")
    assert main(["federated", "site", "--config", config, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "Would     1 sums: cases (3,)  10.0 10.0 10.0" in shown
    assert "nothing was sent" in shown
    assert "A07" not in shown
    assert not list(sites.rglob("*.jsonl"))


def test_terms_hold_names_and_no_data(sites, capsys):
    config, into = str(sites / "A" / "site.toml"), sites / "terms.json"
    assert main(["federated", "site", "--config", config, "--terms", str(into)]) == 0
    terms = json.loads(into.read_text())
    assert terms["features"] == ["a", "b", "c"]
    assert terms["outcome"] == "response"
    assert f"Terms     {into}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[site]\nname = 'A'\n", r"no section \[predict\]"),
        (f"[site]\nname = 'A'\n{SHARED}", r"site.features is missing"),
        (
            f"[site]\nname='A'\nfeatures='f'\nparticipants='p'\nkee='k'\n{SHARED}",
            "did you mean key",
        ),
        (f"[site]\nname='A'\nfeatures='f'\nparticipants='p'\nclip=1.0\n{SHARED}", "clip"),
    ],
)
def test_a_wrong_configuration_is_named(text, says, tmp_path, capsys):
    (tmp_path / "site.toml").write_text(text)
    assert main(["federated", "site", "--config", str(tmp_path / "site.toml")]) == 2
    assert re.search(says, capsys.readouterr().err)


def test_a_site_protects_its_updates_as_the_rounds_say(sites):
    config = sites / "A" / "site.toml"
    config.write_text(config.read_text() + "clip = 1\nnoise = 20\n")
    guard = site_of(str(config)).guard
    assert (guard.clip, guard.noise) == (1.0, 20.0)
    left = what_would_leave(config)
    assert "loss" not in left[left["asked"] == "update"]["name"].tolist()


def test_rounds_that_differ_from_those_of_the_sites_are_named(sites, capsys):
    config, terms = str(sites / "A" / "site.toml"), f"{sites}/t.json"
    main(["federated", "site", "--config", config, "--terms", terms])
    (sites / "server.toml").write_text(
        "[server]\nterms = 't.json'\nout = 'out'\n[server.sites]\nA = 'A.pub'\n"
        f"{SHARED}clip = 1.0\nnoise = 20.0\n"
    )
    assert main(["federated", "server", "--config", str(sites / "server.toml")]) == 2
    said = capsys.readouterr().err
    assert "rounds.noise: found 20.0, the terms of the sites say None" in said


@pytest.mark.engines
def test_a_server_and_three_sites_of_files_are_the_reference(sites):
    pytest.importorskip("flwr", reason="Flower is in an environment of its own")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    for site in "ABC":
        make_keys(sites / site, site)
        configure(sites, site, address=address, key=site, wait=60.0)
    main(
        ["federated", "site", "--config", str(sites / "A/site.toml"), "--terms", f"{sites}/t.json"]
    )
    allowed = "".join(f"{site} = '{site}/{site}.pub'\n" for site in "ABC")
    (sites / "server.toml").write_text(
        f"[server]\naddress = '{address}'\nterms = 't.json'\nout = 'out'\nwait = 60.0\n"
        f"[server.sites]\n{allowed}{SHARED}"
    )
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(take_part, sites / site / "site.toml") for site in "ABC"]
        _, done = pool.submit(serve, sites / "server.toml").result(120)
        for each in running:
            each.result(60)
    cohorts = {site: read_cohort(sites / site) for site in "ABC"}
    settings = federated.Rounds(rounds=3, folds=3)
    reference = federated.train(predict.recipe("logistic"), cohorts, settings=settings)
    pd.testing.assert_frame_equal(done.sites, reference.sites, check_exact=True)
    assert (sites / "out" / "rule").is_dir()
    assert "A07" not in (sites / "A" / "left.jsonl").read_text()


def read_cohort(folder):
    rows, people = (pd.read_csv(folder / name) for name in ("features.csv", "people.csv"))
    return predict.Cohort.from_tables(rows, people, outcome="response")
