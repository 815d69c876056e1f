import json
import re
import zlib

import matplotlib.pyplot as plt
import pytest
from further_tables import EVERYTHING, labelled, with_further
from matplotlib.figure import Figure
from PIL import Image
from report_factory import Cohort, make_results

from biomarkers.errors import FileError, InputError
from biomarkers.report import TITLE, Report, write_report

NASTY = "<script>alert('x')</script> $x$ 数"
FORMATS = ("svg", "pdf", "png")


def files(folder):
    """Every file of the figures, by name."""
    return {path.name: path.read_bytes() for path in sorted((folder / "figures").iterdir())}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The folder of a report with every analysis."""
    folder = tmp_path_factory.mktemp("drawn")
    write_report(labelled(**EVERYTHING), folder / "report.html")
    return folder


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    """The folder of a report whose biomarker bears a name that could do harm."""
    folder = tmp_path_factory.mktemp("nasty")
    results = make_results(Cohort({NASTY: "percent"}, {NASTY: "3"}, (3, 3)))
    write_report(results, folder / "report.html")
    return folder


def test_every_figure_of_the_page_is_a_file_in_three_formats(drawn):
    page = (drawn / "report.html").read_text("utf-8")
    shown = re.findall(r'<figure class="picture" id="figure-([^"]+)"', page)
    assert len(shown) == len(set(shown)) >= 12
    expected = {f"{name}.{suffix}" for name in shown for suffix in FORMATS}
    assert set(files(drawn)) == expected | {"figures.json"}
    linked = set(re.findall(r'href="figures/([^"]+)"', page))
    assert linked == expected


def test_the_captions_lie_beside_the_figures(drawn):
    index = json.loads((drawn / "figures" / "figures.json").read_text("utf-8"))
    page = (drawn / "report.html").read_text("utf-8")
    for entry in index:
        assert entry["caption"]
        assert f'id="figure-{entry["name"]}"' in page


def test_text_is_text_in_svg_and_in_pdf(drawn):
    svg = (drawn / "figures" / "tumour-volume-auc.svg").read_text("utf-8")
    assert ">first: day 7</text>" in svg
    assert "Arial" in svg
    pdf = (drawn / "figures" / "tumour-volume-auc.pdf").read_bytes()
    assert b"/FontType0" in pdf or b"/Subtype /TrueType" in pdf or b"/CIDFontType2" in pdf
    assert b"/Subtype /Type3" not in pdf
    assert b"/FontFile2" in pdf


def test_a_png_has_300_dots_per_inch(drawn):
    with Image.open(drawn / "figures" / "tumour-volume-change.png") as picture:
        picture.load()
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.width == pytest.approx(3.4 * 300, abs=1)
        assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}
        assert (10, 92, 168) in colours


def test_the_same_results_give_the_same_bytes(drawn, tmp_path):
    write_report(labelled(**EVERYTHING), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == (drawn / "report.html").read_bytes()
    assert files(tmp_path) == files(drawn)


def test_a_name_is_drawn_as_it_is_written_and_does_nothing(nasty):
    page = (nasty / "report.html").read_text("utf-8")
    assert "<script" not in page
    change = next(nasty.glob("figures/*-change.svg")).read_text("utf-8")
    assert "<script" not in change
    assert "&lt;script&gt;alert('x')" in change
    plain = re.compile(r"[a-z0-9-]+\.(svg|pdf|png|json)")
    assert all(plain.fullmatch(name) for name in files(nasty))


def test_names_that_look_alike_have_files_of_their_own(tmp_path):
    results = make_results(Cohort({"a b": "percent", "a-b": "percent"}, {}, (3, 3)))
    write_report(results, tmp_path / "report.html")
    assert {"a-b-change.svg", "a-b-2-change.svg"} < set(files(tmp_path))


MANY = Cohort({f"texture_{number}": "percent" for number in range(5)}, {"texture_3": "3"}, (3, 3))


def few_shown():
    """Results of five biomarkers of which two are shown."""
    rows = [
        {"biomarker": name, "region": "whole", "reason": reason}
        for name, reason in (("texture_3", "separates"), ("texture_1", "next"))
    ]
    return with_further(make_results(MANY), shown=rows)


def test_the_page_shows_some_in_full_and_the_others_small(page):
    written = page(few_shown())
    order = re.findall(r'id="figures-(texture-\d)"', written)
    assert order == ["texture-3", "texture-1"]
    small = written[written.index('id="figure-small-multiples-1"') :]
    assert all(f">texture_{number}</text>" in small for number in (0, 2, 4))
    assert ">texture_3</text>" not in small
    assert written.count('<tr class="group">') >= 5


@pytest.mark.parametrize(("extent", "others"), [("shown", False), ("all", True)])
def test_files_of_all_are_written_when_asked_for(tmp_path, extent, others):
    write_report(few_shown(), tmp_path / "report.html", figures=extent)
    names = set(files(tmp_path))
    assert "texture-3-change.pdf" in names
    assert ("texture-0-change.pdf" in names) == others


def test_no_files_and_no_links_where_none_are_asked_for(tmp_path):
    page = write_report(few_shown(), tmp_path / "report.html", figures="none").read_text("utf-8")
    assert not (tmp_path / "figures").exists()
    assert 'href="figures/' not in page


def test_an_unknown_extent_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"figures is 'some'; expected shown \| all \| none"):
        write_report(few_shown(), tmp_path / "report.html", figures="some")


def test_figures_of_an_earlier_report_go_and_those_of_others_stay(tmp_path):
    write_report(make_results(Cohort({"old": "percent"}, {}, (3, 3))), tmp_path / "report.html")
    (tmp_path / "figures" / "mine.svg").write_text("<svg/>")
    write_report(make_results(Cohort({"new": "percent"}, {}, (3, 3))), tmp_path / "report.html")
    names = set(files(tmp_path))
    assert {"new-change.svg", "mine.svg"} < names
    assert not any(name.startswith("old") for name in names)


def test_a_report_is_made_from_files_and_added_to(tmp_path, text_of):
    results = labelled()
    results.save(tmp_path / "results")
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot([0, 1], [1, 0])
    report = Report.from_results(tmp_path / "results", title="Mine")
    report.add_section("Remarks", html="<p>Rat 7 was <b>dosed</b> twice.</p>")
    report.add_figure(figure, caption="A line & more")
    report.add_section("More", html="<p>end</p>")
    page = report.save(tmp_path / "report.html").read_text("utf-8")
    anchors = re.findall(r'<section id="([^"]+)">', page)
    assert anchors.index("tests") < anchors.index("added-1") < anchors.index("methods")
    assert anchors.index("added-2") == anchors.index("added-1") + 1
    assert "<b>dosed</b>" in page
    assert "A line &amp; more" in page
    assert "<title>Mine</title>" in page
    assert {f"added-1-1.{suffix}" for suffix in FORMATS} < set(files(tmp_path))


def test_a_figure_of_pyplot_can_be_added_without_a_section(tmp_path):
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    report = Report(labelled())
    report.add_figure(figure, caption="From a notebook")
    plt.close(figure)
    page = report.save(tmp_path / "report.html", figures="none").read_text("utf-8")
    assert "<h2>Further figures</h2>" in page


def test_a_section_is_added_once():
    report = Report(labelled())
    report.add_section("Remarks")
    with pytest.raises(InputError, match="'Remarks' is there already"):
        report.add_section("Remarks")


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        Report.from_results(tmp_path / "nothing")


def test_the_title_is_that_of_the_plan_unless_given(page):
    assert "<h1>Rats &amp; glioma</h1>" in page(labelled())
    assert "<h1>Other</h1>" in page(labelled(), title="Other")
    assert f"<h1>{TITLE}</h1>" in page(few_shown())


def test_the_pixels_of_a_png_are_those_that_were_drawn(drawn):
    content = (drawn / "figures" / "stability.png").read_bytes()
    start = content.index(b"IDAT")
    length = int.from_bytes(content[start - 4 : start], "big")
    checked = int.from_bytes(content[start + 4 + length : start + 8 + length], "big")
    assert checked == zlib.crc32(content[start : start + 4 + length])
