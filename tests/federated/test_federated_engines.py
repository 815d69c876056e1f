"""Flower and NVFlare carry the messages of the reference, bit by bit."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.federated import toy_federation as toy
from tests.federated.hospitals import cohort_with_array

from biomarkers import federated, predict
from biomarkers.errors import InputError
from biomarkers.federated.engines import load_engine, run_reference

ENGINES = {"flower": "flwr", "nvflare": "nvflare"}


@pytest.fixture(params=ENGINES)
def engine(request, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(each for each in sys.path if each))
    if find_spec(ENGINES[request.param]) is None:
        pytest.skip(f"{request.param} is in an environment of its own: make check-federated")
    return request.param


def test_the_reference_is_training_on_pooled_rows(tmp_path):
    server = toy.GradientServer(4, rounds=50)
    run_reference(server, toy.makers(tmp_path))
    x, y = (np.concatenate(each) for each in zip(*toy.cohorts().values(), strict=True))
    weights = np.zeros(4)
    for _ in range(50):
        weights -= x.T @ (1 / (1 + np.exp(-x @ weights)) - y) / len(y)
    np.testing.assert_allclose(server.weights, weights, rtol=0, atol=1e-12)


@pytest.mark.engines
def test_three_sites_and_three_rounds_are_those_of_the_reference(engine, tmp_path):
    reference, server = (toy.GradientServer(4, rounds=3) for _ in range(2))
    makers = toy.makers(tmp_path)
    run_reference(reference, makers)
    load_engine(engine)(server, makers, None)
    assert server.weights.tobytes() == reference.weights.tobytes()
    assert [list(each) for each in server.heard] == [["A", "B", "C"]] * 3
    for told, expected in zip(server.heard, reference.heard, strict=True):
        for site in told:
            assert toy.as_bytes(told[site]) == toy.as_bytes(expected[site])


@pytest.mark.engines
def test_numbers_come_back_as_they_went_and_a_site_that_fails_is_left_out(engine):
    server = toy.EchoServer()
    makers = {name: toy.echo_maker(name) for name in ("St. Anna (Köln)", "B")}
    load_engine(engine)(server, makers, None)
    first, *_ = server.heard
    assert [list(each) for each in server.heard] == [list(makers), *[["St. Anna (Köln)"]] * 2]
    for reply in first.values():
        assert toy.as_bytes(reply) == toy.as_bytes(toy.ODD)


@pytest.mark.engines
def test_use_is_not_reported(engine, monkeypatch):
    for name in ("FLWR_TELEMETRY_ENABLED", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, "1")
    load_engine(engine)
    assert os.environ["FLWR_TELEMETRY_ENABLED"] == os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.engines
def test_flower_has_heard_that_use_is_not_reported(monkeypatch, tmp_path):
    pytest.importorskip("flwr", reason="make check-federated")
    load_engine("flower")
    telemetry = import_module("flwr.supercore.telemetry")

    monkeypatch.setenv("FLWR_HOME", str(tmp_path))
    monkeypatch.setattr(telemetry.urllib.request, "urlopen", pytest.fail)
    assert telemetry.create_event(telemetry.EventType.PING, None) == "disabled"


def test_an_engine_that_is_not_installed_is_asked_for():
    absent = [name for name, module in ENGINES.items() if find_spec(module) is None]
    for name in absent:  # at least one: they cannot be in one environment
        with pytest.raises(InputError, match=rf"pip install 'biomarkers\[{name}\]'"):
            load_engine(name)
    assert absent
    with pytest.raises(InputError, match=r"engine: found 'ray', expected one of reference, flower"):
        load_engine("ray")


def test_words_alone_make_a_site(tmp_path):
    made = toy.makers(tmp_path)["A"]
    assert Path(made.arguments["file"]).parent == tmp_path
    assert made().name == "A"


def slices():
    return deep().SliceSequence("seen", head="lstm", clinical=True, width=4)


def spectrum():
    return deep().SpectrumCNN("seen", width=4)


def deep():
    pytest.importorskip("torch", reason="the extra `deep`, which make check-federated installs")
    return import_module("biomarkers.deep")


@pytest.mark.engines
@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (predict.Logistic, (1,)),
        (predict.Svm, (1,)),
        (slices, (2, 16, 16)),
        (spectrum, (48,)),
    ],
)
def test_a_rule_trained_by_an_engine_is_that_of_the_reference(engine, make, shape):
    """Weights of all features, or of a network, which every site holds to one thread."""
    cohorts = {
        site: cohort_with_array(site, 16 + 4 * number, number, shape)
        for number, site in enumerate("ABC")
    }
    recipe = predict.recipe(make())
    done, reference = (
        federated.train(recipe, cohorts, settings=federated.Rounds(3, folds=0, engine=name))
        for name in (engine, "reference")
    )
    assert (reference.history["norm"] > 1e-3).all()
    pd.testing.assert_frame_equal(done.history, reference.history, rtol=0.0, atol=1e-12)
    odds = (each.rule.odds(cohorts["B"]) for each in (done, reference))
    np.testing.assert_allclose(*odds, rtol=0, atol=1e-12)
