import re
import sys

import pytest
from report_factory import Cohort, make_results

from biomarkers.errors import FileError, InputError
from biomarkers.report import write_pdf, write_report
from biomarkers.report.pdf import for_paper

VOLUME = Cohort({"tumor_volume": "log_ratio"}, {}, subjects=(2, 2), visits={"0": [0], "7": [7]})


@pytest.fixture
def html(tmp_path):
    return write_report(make_results(VOLUME), tmp_path / "report.html")


def test_without_weasyprint_the_message_says_what_to_install(html, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=r"pip install 'biomarkers\[pdf\]'"):
        write_pdf(html, tmp_path / "report.pdf")
    assert not (tmp_path / "report.pdf").exists()


def test_a_missing_report_is_named(tmp_path):
    with pytest.raises(FileError, match=r"report\.html does not exist"):
        write_pdf(tmp_path / "report.html", tmp_path / "report.pdf")


def test_with_weasyprint_a_pdf_is_written(html, tmp_path):
    pytest.importorskip("weasyprint", reason="WeasyPrint is an extra")
    assert write_pdf(html, tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_paper_marks_what_is_wide_long_or_broad():
    def table(columns, rows):
        head = "".join("<th scope=col>x</th>" for _ in range(columns))
        body = "<tr></tr>" * rows
        return f'<div class="scroll" role="region"><table><thead><tr>{head}</tr></thead>' + (
            f"<tbody>{body}</tbody></table></div>"
        )

    marked = for_paper("<style></style>" + table(3, 4) + table(10, 4) + table(14, 50))
    assert re.findall(r'class="(scroll[^"]*)"', marked) == [
        "scroll", "scroll wide", "scroll wide widest long",
    ]  # fmt: skip
    wide = '<figure class="picture" id="f"> <div class="plate"><svg role="img" data-wide="">'
    assert 'class="picture broad"' in for_paper(wide)


def test_a_pdf_names_no_place_on_this_machine_and_no_time(html, tmp_path):
    pytest.importorskip("weasyprint", reason="WeasyPrint is an extra")
    first, second = (write_pdf(html, tmp_path / name).read_bytes() for name in ("a.pdf", "b.pdf"))
    assert first == second
    assert b"file:" not in first
    assert str(tmp_path).encode() not in first
