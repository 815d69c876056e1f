"""Every quantity of the register, a factor too large or too small: never an `ok` row."""

import re
import shutil
import warnings

import pytest
import register_studies
from register_studies import KINDS, WAYS

import register_calls
from biomarkers.errors import UnusualValueWarning
from biomarkers.ranges import INPUTS
from register_walks import factors_of, go

# Of any scale: no value of theirs is in a wrong unit.
ARBITRARY = {"signal", "weights"}


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Return one small study of each kind, which is copied before it is spoilt."""
    root = tmp_path_factory.mktemp("studies")
    for kind in KINDS.values():
        register_studies.build(kind, root / kind.name)
    return root


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch):
    """Nothing here looks at them, and they take longest."""
    for name in ("session.map_panels", "steps.dce.curve_panels", "steps.dce.quality_panels"):
        monkeypatch.setattr(f"biomarkers.study.{name}", lambda *_: b"")


def test_every_quantity_has_a_way_in_or_is_of_arbitrary_scale():
    walked = {each.quantity for each in (*WAYS, *register_calls.every_argument())}
    assert walked | ARBITRARY == set(INPUTS)
    assert {name for name, row in INPUTS.items() if not row.usual} == ARBITRARY


@pytest.mark.parametrize("name", KINDS)
def test_what_laboratories_have_passes_without_a_word(studies, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnusualValueWarning)
        table, cards = register_studies.measured(studies / name, KINDS[name])
    assert not table["reason"].str.contains("usual").any()
    assert not any("usual" in card["caption"] for card in cards)
    assert (table["qc"] == "ok").sum() > 0.5 * len(table)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.quantity}: {way.place}, {way.study}")
def test_another_unit_in_a_file_gives_no_ok_row(studies, tmp_path, way):
    for factor in factors_of(way.quantity):
        root = tmp_path / f"{factor:g}"
        shutil.copytree(studies / way.study, root)
        way.spoil(root, factor)
        went = go(lambda root=root: register_studies.measured(root, KINDS[way.study]))
        said = went.said
        if not went.refused:
            table, cards = went.returned
            concerned = table[~table["biomarker"].str.startswith(("volume", *way.untouched))]
            assert "ok" not in set(concerned["qc"]), (factor, concerned[concerned["qc"] == "ok"])
            assert any(card["status"] != "ok" for card in cards)
            said += "; ".join([*table["reason"], *(card["caption"] for card in cards)])
        assert re.search(way.named, said, re.IGNORECASE), (factor, said)
