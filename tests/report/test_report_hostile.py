"""Names that are HTML, templates or paths: shown as text, and kept in the folder."""

import json
from html.parser import HTMLParser

import pandas as pd
import pytest

from biomarkers import workflow
from biomarkers.errors import FileError
from biomarkers.files import file_in
from biomarkers.report.view import _slugs

HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}{% raw %}",
           "../../etc/passwd", "=cmd|' /C calc'!A0")  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_files_stay_in_their_folder(name, tmp_path) -> None:
    slug = _slugs([name])[0]
    assert file_in(tmp_path, f"{slug}.svg").parent == tmp_path


@pytest.mark.parametrize("name", ["../x.csv", "a/b.csv", "..", "a\\b.csv", "", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(name, tmp_path) -> None:
    with pytest.raises(FileError, match="no name of a file"):
        file_in(tmp_path, name)


def evil(what):
    """Return a name that would be an element, end an attribute, and be a template."""
    return f"<evil-{what} onevil='1'>'\"><evil-{what}>{{{{7*7}}}}"


class Elements(HTMLParser):
    """Gathers the text of pages, and what of `evil` became an element or an attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.alive, self.text = [], ""

    def handle_starttag(self, tag, attributes) -> None:
        if "evil" in tag or any("onevil" in name for name, _ in attributes):
            self.alive.append((tag, attributes))

    def handle_data(self, data) -> None:
        self.text += data


def write_hostile_tables(folder) -> None:
    subjects = [f"{evil('subject')}{number}" for number in range(8)]
    rows = [
        (subject, day, evil("region"), evil("biomarker"), 1 + number % 2 * day / 50, evil("unit"))
        for number, subject in enumerate(subjects)
        for day in (0, 7)
    ]
    names = ["subject", "day", "region", "biomarker", "value", "unit"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "m.tsv", sep="\t", index=False)
    people = pd.DataFrame({"participant_id": subjects})
    people["responder"] = [evil("positive"), evil("negative")] * 4
    people["group"] = [evil("drug"), evil("drug"), evil("control"), evil("control")] * 2
    people.to_csv(folder / "p.tsv", sep="\t", index=False)
    (folder / "plan.toml").write_text(
        f"title = {json.dumps(evil('title'))}\n"
        f'outcome = "responder"\npositive = {json.dumps(evil("positive"))}\nbaseline = 0\n'
        f"labels = [{json.dumps(evil('yes'))}, {json.dumps(evil('no'))}]\n"
        f"[visits]\n0 = [0]\n{json.dumps(evil('visit'))} = [7]\n"
        f"[biomarkers.{json.dumps(evil('biomarker'))}]\n[separation]\npermutations = 199\n"
    )
    card = {"title": evil("heading"), "caption": evil("caption"), "status": "fail",
            "subject": subjects[0], "session": evil("session"), "kind": evil("kind"), "day": 0,
            "values": {evil("number"): 1.0}}  # fmt: skip
    for name, content in {"a": card, "b": {**card, "status": evil("status")}}.items():
        (folder / f"{name}.json").write_text(json.dumps(content))


def test_whatever_names_labels_and_cards_hold_is_shown_as_text(tmp_path) -> None:
    write_hostile_tables(tmp_path)
    files = {"participants": tmp_path / "p.tsv", "plan": tmp_path / "plan.toml", "qc": tmp_path}
    workflow.analyse(tmp_path / "m.tsv", tmp_path / "out", **files)
    pages = [*(tmp_path / "out").rglob("*.html"), *(tmp_path / "out").rglob("*.svg")]
    assert len(pages) > 5
    text = ""
    for path in pages:
        page = Elements()
        page.feed(path.read_text())
        assert page.alive == [], path.name
        text += page.text
    shown = {"subject", "region", "biomarker", "unit", "drug", "control", "title", "positive",
             "yes", "no", "visit", "heading", "caption", "session", "kind", "number",
             "status"}  # fmt: skip
    assert {each for each in shown if f"<evil-{each}" not in text} == set()
    assert "{{7*7}}" in text
