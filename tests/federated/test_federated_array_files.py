"""Arrays of a site as a file beside its tables, and the network that a configuration names."""

import json

import numpy as np
import pytest
from tests.federated.hospitals import cohort_with_array

from biomarkers import federated, predict
from biomarkers.errors import BiomarkersError, FileError, InputError
from biomarkers.federated.array_files import with_array_of
from biomarkers.federated.config import NetworkConfig, SiteConfig, read_config
from biomarkers.federated.configured import site_of, write_terms

SITE = (
    "[site]\nname='A'\nfeatures='features.csv'\nparticipants='people.csv'\narrays='arrays.npz'\n"
    "[predict]\noutcome='response'\n[network]\nkind='SpectrumCNN'\narray='seen'\nwidth=4\n"
)


@pytest.fixture
def cohort():
    """Spectra of twelve subjects, and how they were made."""
    made = cohort_with_array("A", 12, 1, (48,))
    keys = zip(made.subject, made.lesion, strict=True)
    plain = predict.Cohort.from_tables(
        made.features.assign(subject=made.subject, lesion=made.lesion),
        made.features.assign(subject=made.subject, response=made.positive.astype(int)),
        outcome="response",
    )
    return plain.with_array(
        "seen", dict(zip(keys, made.arrays["seen"], strict=True)), made="48 points"
    )


@pytest.fixture
def folder(cohort, tmp_path):
    """The files of a site."""
    cohort.features.assign(subject=cohort.subject, lesion=cohort.lesion).to_csv(
        tmp_path / "features.csv", index=False
    )
    people = cohort.features[[]].assign(subject=cohort.subject, response=cohort.positive * 1)
    people.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "site.toml").write_text(SITE)
    federated.write_arrays(cohort, tmp_path / "arrays.npz")
    return tmp_path


def test_arrays_come_back_by_subject_and_lesion(cohort, tmp_path):
    path = federated.write_arrays(cohort, tmp_path / "arrays.npz")
    backwards = cohort._of_cases(np.arange(len(cohort))[::-1])
    bare = predict.Cohort(**{**vars(backwards), "arrays": {}, "made": {}})
    again = with_array_of(bare, path, "seen")
    assert again.arrays["seen"].tobytes() == backwards.arrays["seen"].tobytes()
    assert again.made == {"seen": "48 points"}


def test_what_is_no_file_of_arrays_is_named(cohort, tmp_path):
    path = federated.write_arrays(cohort, tmp_path / "arrays.npz")
    with pytest.raises(FileError, match=r"arrays.npz has no array 'mrs'; its arrays: seen"):
        with_array_of(cohort, path, "mrs")
    with pytest.raises(FileError, match=r"absent.npz .*expected arrays of cases, as federated.wri"):
        with_array_of(cohort, tmp_path / "absent.npz", "seen")
    (tmp_path / "words.npz").write_text("no archive")
    np.savez(tmp_path / "alone.npz", seen=np.ones((2, 48)))
    np.savez(tmp_path / "short.npz", subject=["A00"], lesion=["1"], seen=np.ones((2, 48)))
    np.savez(tmp_path / "pickled.npz", subject=["A00"], lesion=["1"], seen=np.array([{}]))
    for name in ("words", "alone", "short", "pickled"):
        with pytest.raises(FileError, match=rf"{name}.npz cannot be read \(.*\); expected arrays"):
            with_array_of(cohort, tmp_path / f"{name}.npz", "seen")


def test_a_cohort_without_arrays_is_not_written(cohort, tmp_path):
    bare = predict.Cohort(**{**vars(cohort), "arrays": {}})
    with pytest.raises(InputError, match="found no array; expected arrays of other names than sub"):
        federated.write_arrays(bare, tmp_path / "arrays.npz")
    named = predict.Cohort(**{**vars(cohort), "arrays": {"made": cohort.arrays["seen"]}})
    with pytest.raises(InputError, match="found an array made; expected arrays of other names"):
        federated.write_arrays(named, tmp_path / "arrays.npz")


def test_a_site_that_has_a_network_agrees_on_it_and_its_array(folder, cohort):
    pytest.importorskip("torch", reason="an extra")
    site = site_of(str(folder / "site.toml"))
    assert site.cases.arrays["seen"].tobytes() == cohort.arrays["seen"].tobytes()
    terms = json.loads(write_terms(folder / "site.toml", folder / "terms.json").read_text())
    assert terms["arrays"] == {"seen": [48]}
    assert terms["made"] == {"seen": "48 points"}
    assert terms["model"]["declared"] == {"array": "seen", "clinical": False, "width": 4}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("arrays='arrays.npz'\n", "", r"site.arrays is missing: \[network\] looks at seen"),
        (
            "[network]\nkind='SpectrumCNN'\narray='seen'\nwidth=4\n",
            "",
            r"site.arrays: .* no \[network\] that",
        ),
        ("array='seen'\n", "", r"network.array is missing"),
        ("SpectrumCNN", "CNN", r"network.kind: found 'CNN', expected 'SliceSequence' | 'Spec"),
        ("width=4", "width=4\nhead='lstm'", r"network.head: found 'lstm', and a SpectrumCNN has"),
        ("width=4", "width=5", r"width: found 5, expected a multiple of 4"),
        ("SpectrumCNN", "SliceSequence", r"seen: found arrays of \(48,\); expected slices"),
        ("[network]", "model='svm'\n[network]", r"predict.model and \[network\]: choose one"),
    ],
)
def test_a_network_that_cannot_be_is_named(folder, old, new, says):
    pytest.importorskip("torch", reason="an extra")
    assert old in SITE
    (folder / "site.toml").write_text(SITE.replace(old, new))
    with pytest.raises(BiomarkersError, match=says):
        site_of(str(folder / "site.toml"))


def test_a_network_without_its_extra_is_asked_for(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(InputError, match=r"a network needs PyTorch .*biomarkers\[deep\]"):
        read_config(folder / "site.toml", "site", SiteConfig)
    assert NetworkConfig("SpectrumCNN", "seen").width is None
