import sys

import pytest
from report_factory import Cohort, make_results

from biomarkers.errors import FileError, InputError
from biomarkers.report import write_pdf, write_report

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
