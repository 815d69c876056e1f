"""Relaxation times: what is published, what may be given, what is refused."""

import numpy as np
import pytest

from biomarkers import mrs
from biomarkers.errors import InputError

WATER = {"gm": (1.3, 0.11), "wm": (0.8, 0.08), "csf": (4.0, 2.0)}


@pytest.mark.parametrize("field", [2.89, 3.0, 6.98, 7.0])
def test_published_times_have_a_source_each_and_are_in_seconds(field):
    table = mrs.relaxation_times(field).table
    assert (table["source"] != "").all()
    assert table["t1"].between(0.5, 5.0).all()
    assert table["t2"].between(0.03, 2.5).all()
    assert (table["t2"] < table["t1"]).all()
    assert {"water", "NAA", "Cr", "PCr", "GPC", "Ins", "Glu", "Gln"} <= set(table["name"])


def test_values_of_the_sources():
    """Wyss 2018 (T2, mean of two regions) and Mlynarik 2001 (T1) at 3 T; Xin 2013 at 7 T."""
    three, seven = mrs.relaxation_times(3.0), mrs.relaxation_times(7.0)
    assert three.of("Cr", "gm") == pytest.approx((1.46, 0.146))
    assert three.of("Cr", "wm") == pytest.approx((1.24, 0.166))
    assert three.water["gm"] == (1.331, 0.110)
    assert seven.of("NAA", "wm") == pytest.approx((1.83, 0.155))


@pytest.mark.parametrize("field", [1.5, 4.0, 9.4, 11.7])
def test_other_fields_are_refused(field):
    with pytest.raises(InputError, match=r"no published relaxation times.*relaxation="):
        mrs.relaxation_times(field)


@pytest.mark.parametrize("species", ["mouse", "rattus norvegicus", "macaca mulatta", ""])
def test_other_species_are_refused(species):
    with pytest.raises(InputError, match=r"of '.*', only of the human.*relaxation="):
        mrs.relaxation_times(7.0, species=species)
    assert mrs.relaxation_times(7.0, species="homo sapiens") == mrs.relaxation_times(7.0)


def test_signal_that_is_left():
    times = mrs.Relaxation(WATER, {"Cr": (1.4, 0.16)}).of("Cr", "gm")
    assert times.signal(0.03, 2.0) == pytest.approx((1 - np.exp(-2.0 / 1.4)) * np.exp(-0.03 / 0.16))
    assert times.signal(0.0, 1e3) == pytest.approx(1.0)


def test_times_by_tissue_and_of_all_others():
    given = mrs.Relaxation(WATER, {"Cr": {"gm": (1.5, 0.1)}}, others=(1.0, 0.2))
    assert given.of("Cr", "gm") == (1.5, 0.1)
    assert given.of("Cr", "wm") is None
    assert given.of("NAA", "wm") == (1.0, 0.2)
    assert mrs.relaxation_times(3.0).of("2HG", "gm") is None


def test_single_times_can_be_replaced():
    own = mrs.relaxation_times(3.0).with_metabolites(Cr=(1.1, 0.2))
    assert own.of("Cr", "wm") == (1.1, 0.2)
    assert own.of("NAA", "gm") == mrs.relaxation_times(3.0).of("NAA", "gm")
    sources = own.table.set_index("name")["source"]
    assert set(sources["Cr"]) == {"given"}
    assert sources["NAA"].str.contains("doi").all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"water": {"gm": (1.3, 0.1)}}, "water in wm, csf"),
        ({"water": WATER, "metabolites": {"Cr": (1460, 146)}}, "Cr.*looks like ms"),
        ({"water": WATER, "metabolites": {"Cr": (1.4, 0.0)}}, "Cr.*above 0"),
        ({"water": WATER, "others": (1.4,)}, "others.*T1 and T2"),
    ],
)
def test_times_that_cannot_be_are_refused(given, words):
    with pytest.raises(InputError, match=words):
        mrs.Relaxation(**given)
