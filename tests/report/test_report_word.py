"""The report as a Word document."""

import sys
import zipfile

import prediction_cohorts
import pytest
from matplotlib.figure import Figure
from report_factory import Cohort, make_results

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.report import PredictionReport, Report, answer, write_word
from biomarkers.report.html_blocks import Grid, Picture, Text, blocks_of

docx = pytest.importorskip("docx", reason="python-docx is an extra")

COHORT = Cohort({"tumor_volume": "log_ratio", "ADC": "absolute"}, {"ADC": "7"}, subjects=(4, 4))


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    path = write_word(make_results(COHORT), tmp_path_factory.mktemp("word") / "report.docx")
    return docx.Document(str(path))


def words(document):
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_the_answer_the_methods_and_the_references_are_in_it(document):
    text = words(document)
    assert answer(make_results(COHORT))[0] in text.replace("\u00a0", " ")
    for heading in ("Main result", "Methods", "References", "Every test"):
        assert heading in [p.text for p in document.paragraphs if "Heading" in p.style.name]
    assert "DeLong ER" in text


def test_tables_hold_what_the_page_holds(document):
    results = make_results(COHORT)
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    for auc in results.separation["auc"].dropna():
        assert f"{auc:.3f}" in cells


def test_heads_of_tables_stand_again_on_every_page(document):
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in document.tables)


def test_figures_are_pictures_with_their_captions(document):
    assert len(document.inline_shapes) >= 2
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert any("AUC at each visit" in caption for caption in captions)
    assert not any("SVG" in caption for caption in captions)  # links to files stay behind


def test_the_same_results_give_the_same_bytes_without_a_clock(tmp_path):
    first, second = (
        write_word(make_results(COHORT), tmp_path / name).read_bytes() for name in ("a", "b")
    )
    assert first == second
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_what_was_added_to_a_report_is_in_it(tmp_path):
    report = Report(make_results(COHORT), title="Rats & mice")
    report.add_section("Remarks", html="<p>Rat 7 <b>was</b> dosed twice.</p>")
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    report.add_figure(figure, caption="A line.")
    made = docx.Document(str(write_word(report, tmp_path / "own.docx")))
    text = words(made)
    assert "Rat 7 was dosed twice." in text
    assert "A line." in text
    assert made.core_properties.title == "Rats & mice"


def test_without_python_docx_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(InputError, match=r"pip install 'biomarkers\[word\]'"):
        write_word(make_results(COHORT), tmp_path / "report.docx")
    assert not (tmp_path / "report.docx").exists()


def test_blocks_come_in_order_and_folded_parts_are_open():
    html = (
        "<h3>Title</h3><p>One &amp; <b>two</b></p><details><summary>More</summary>"
        "<ul><li>item</li></ul></details><svg><text>drawn</text></svg>"
        '<figure><img data-picture="f1" alt="x"><figcaption>Words '
        '<span class="files"><a href="f.svg">SVG</a></span></figcaption></figure><p>last</p>'
    )
    assert blocks_of(html) == [
        Text("heading-3", "Title"),
        Text("paragraph", "One & two"),
        Text("heading-4", "More"),
        Text("item", "item"),
        Picture("f1"),
        Text("caption", "Words"),
        Text("paragraph", "last"),
    ]


def test_cells_that_reach_over_others_keep_the_rest_in_place():
    html = (
        '<table><thead><tr><th rowspan="2">a</th><th colspan="2">b</th></tr>'
        "<tr><th>c</th><th>d</th></tr></thead><tbody><tr><td>1</td><td>2</td><td>3</td></tr>"
        "</tbody></table>"
    )
    (grid,) = blocks_of(html)
    assert isinstance(grid, Grid)
    assert grid.head == 2
    assert [(row, column, cell.words) for row, column, cell in grid.placed()] == [
        (0, 0, "a"), (0, 1, "b"), (1, 1, "c"), (1, 2, "d"), (2, 0, "1"), (2, 1, "2"), (2, 2, "3"),
    ]  # fmt: skip


def test_a_prediction_is_a_document_too(tmp_path):
    cases = prediction_cohorts.cohort()
    seen = predict.evaluate(predict.recipe("logistic"), cases, settings=prediction_cohorts.BARE)
    report = PredictionReport(seen, cohort=cases, title="Mine")
    document = docx.Document(str(write_word(report, tmp_path / "report.docx")))
    text = words(document)
    assert seen.headline.split(" in subjects")[0] in text.replace("\u00a0", " ")
    assert document.paragraphs[0].text == "Mine"
    assert "18 positive, 18 negative" in document.paragraphs[1].text
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert {"Performance", "Calibration", "Methods", "Checklists"} <= set(headings)
    assert "Provenance" not in headings
    assert len(document.inline_shapes) >= 4
