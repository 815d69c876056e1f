"""Names that are HTML, templates or paths: shown as text, and kept in the folder."""

import pytest
from benchmarks.corpus_commands import write_analysis

from biomarkers.cli import main
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


def test_a_page_shows_hostile_names_as_text(tmp_path) -> None:
    given, out = tmp_path / "given", tmp_path / "out"
    write_analysis(given)
    name, title = "<script>alert(1)</script>{{7*7}}", "<img src=x onerror=alert(2)>"
    for file in ("m.tsv", "plan.toml"):
        text = (given / file).read_text()
        (given / file).write_text(text.replace("[biomarkers.ADC]", f'[biomarkers."{name}"]')
                                  .replace("ADC", name))  # fmt: skip
    plan = given / "plan.toml"
    plan.write_text(f'title = "{title}"\n{plan.read_text()}')
    arguments = ["--participants", str(given / "p.tsv"), "--plan", str(plan), "--out", str(out)]
    assert main(["analyse", str(given / "m.tsv"), *arguments]) == 0
    page = (out / "report.html").read_text()
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "49" not in page.split("<h1")[1].split("</h1>")[0]
