"""The command that makes a machine a site or the server of a federation."""

import json
import os
import re
import subprocess
import sys
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from tests.federated.provision import ADMIN, free_ports, provision

pytest.importorskip("sklearn", reason="the extra `predict`")
pytest.importorskip("skops", reason="the extra `predict`")

from biomarkers import federated, predict
from biomarkers.cli import main
from biomarkers.federated.configured import site_of, what_would_leave

SHARED = "[predict]\noutcome = 'response'\n[rounds]\nrounds = 3\nfolds = 3\n"
SPECTRA = f"{SHARED}[network]\nkind = 'SpectrumCNN'\narray = 'mrs'\nwidth = 4\n"


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


def configure(folder, site, shared=SHARED, **also):
    own = {"name": site, "features": "features.csv", "participants": "people.csv", **also}
    write_toml(folder / site / "site.toml", "site", shared, **own)


def write_toml(file, section, shared, **values):
    """Write a section, whose tables are written as those in it, and what all share."""
    lines = [f"[{section}]", *(f"{name} = {each}" for name, each in map(as_toml, values.items()))]
    file.write_text("\n".join(lines) + f"\n{shared}")


def as_toml(item):
    name, value = item
    if isinstance(value, dict):
        inside = (f"{each} = {json.dumps(path)}" for each, path in value.items())
        return name, f"{{ {', '.join(inside)} }}"
    return name, json.dumps(value)


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


def flower_files(folder):
    """Return what a server and each site need of Flower: a certificate, and keys."""
    authority = pytest.importorskip("tests.federated.authority", reason="make check-federated")
    keys = import_module("biomarkers.federated.engines.flower.keys")
    ca, certificate, key = authority.authority(folder, "ca")
    address = f"127.0.0.1:{free_ports()[0]}"
    pairs = {site: keys.make_keys(folder / site, site) for site in "ABC"}
    server = {"address": address, "certificate": certificate, "key": key}
    server["sites"] = {site: public for site, (_, public) in pairs.items()}
    return server, {site: {"address": address, "key": pairs[site][0], "ca": ca} for site in pairs}


def nvflare_files(folder):
    """Return the same of NVFlare: start-up kits of one provision."""
    kits = provision(folder / "provision", free_ports())
    server = {"kit": str(kits / "localhost"), "admin": str(kits / ADMIN), "sites": list("ABC")}
    return server, {site: {"kit": str(kits / site)} for site in "ABC"}


@pytest.mark.engines
@pytest.mark.parametrize(
    ("engine", "module", "files"),
    [("flower", "flwr", flower_files), ("nvflare", "nvflare", nvflare_files)],
)
def test_a_server_and_three_sites_by_the_command_are_the_reference(
    sites, engine, module, files, monkeypatch
):
    """A network over loopback, encrypted: what is said, what is written, and the rule."""
    pytest.importorskip(module, reason=f"{engine} is in an environment of its own")
    deep = import_module("biomarkers.deep")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(each for each in sys.path if each))
    cohorts = {site: with_spectra(sites, site) for site in "ABC"}
    server, each = files(sites)
    for site, own in each.items():
        configure(sites, site, SPECTRA, arrays="arrays.npz", engine=engine, wait=300.0, **own)
    terms = str(sites / "terms.json")
    assert main(["federated", "site", "--config", f"{sites}/A/site.toml", "--terms", terms]) == 0
    write_toml(sites / "server.toml", "server", SPECTRA, out="out", terms=terms, engine=engine,
               wait=300.0, **server)  # fmt: skip
    running = {name: command(sites, name) for name in ("server", *"ABC")}
    said = {name: process.communicate(timeout=300) for name, process in running.items()}
    assert {name: process.returncode for name, process in running.items()} == dict.fromkeys(
        running, 0
    ), said
    settings = federated.Rounds(rounds=3, folds=3)
    recipe = predict.recipe(deep.SpectrumCNN("mrs", width=4))
    reference = federated.train(recipe, cohorts, settings=settings)
    rule = predict.load(sites / "out" / "rule")
    odds = (each.odds(cohorts["B"]) for each in (rule, reference.rule))
    np.testing.assert_allclose(*odds, rtol=0, atol=1e-12)
    told = pd.read_csv(sites / "out" / "sites.csv")
    pd.testing.assert_frame_equal(told, reference.sites, rtol=0, atol=1e-12, check_dtype=False)
    assert re.search(
        r"Waiting +(at|with the kit) .* for A, B, C, 300 s at most\nAnswer +from A, B, C",
        said["server"][1],
    )
    assert "3/3" in said["server"][1]
    assert f"Rule      {sites}/out/rule" in said["server"][0]
    assert "Cohort of 30 cases (30 subjects), 3 features, array mrs" in said["A"][1]
    left = [json.loads(line) for line in (sites / "A" / "left.jsonl").read_text().splitlines()]
    assert f"Done      {len(left)} replies" in said["A"][0]
    assert "A07" not in json.dumps(left)


def command(folder, name):
    role, config = ("server", "server.toml") if name == "server" else ("site", f"{name}/site.toml")
    arguments = ["federated", role, "--config", str(folder / config)]
    return subprocess.Popen(
        [sys.executable, "-m", "biomarkers", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def with_spectra(folder, site):
    """Return the cohort of a site with an array, and write that beside its tables."""
    cohort = read_cohort(folder / site)
    values = np.random.default_rng(ord(site)).normal(size=(30, 48)) + cohort.positive[:, None]
    keys = zip(cohort.subject, cohort.lesion, strict=True)
    cohort = cohort.with_array("mrs", dict(zip(keys, values, strict=True)), made="points")
    federated.write_arrays(cohort, folder / site / "arrays.npz")
    return cohort


def read_cohort(folder):
    rows, people = (pd.read_csv(folder / name) for name in ("features.csv", "people.csv"))
    return predict.Cohort.from_tables(rows, people, outcome="response")
