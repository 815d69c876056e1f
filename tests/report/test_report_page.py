import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_factory import Cohort, empty, make_results, with_table

from biomarkers.errors import InputError
from biomarkers.report import write_report
from biomarkers.report.section import unbroken
from biomarkers.results import load_results

VOLUME = Cohort({"tumor_volume": "log_ratio"}, {"tumor_volume": "7"}, subjects=(4, 5))
THREE = Cohort(
    {"tumor_volume": "log_ratio", "ADC": "percent", "Ktrans": "absolute"},
    {"tumor_volume": "7", "ADC": "3"},
    regions=("tumor", "rim"),
    subjects=(5, 5),
)
VOID = {"meta", "link", "img", "br", "hr", "input"}


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """The page of three biomarkers in two regions."""
    path = tmp_path_factory.mktemp("three") / "report.html"
    return write_report(make_results(THREE), path).read_text("utf-8")


class Outline(HTMLParser):
    """Collects what the checks below need, and refuses tags that do not match."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.tags = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def outline(page):
    parser = Outline()
    parser.feed(page)
    assert not parser.open
    return parser


def test_the_page_is_well_formed_and_its_links_lead_somewhere(three):
    found = outline(three)
    assert len(found.ids) == len(set(found.ids))
    inside = [link[1:] for link in found.links if link.startswith("#")]
    assert set(inside) <= set(found.ids)
    for section in ("answer", "figures", "tests", "attendance", "methods", "quality", "provenance"):
        assert section in inside


def test_references_inside_the_figures_resolve(three):
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', three))
    ids = set(outline(three).ids)
    assert {first or second for first, second in used} <= ids


def test_nothing_is_fetched_and_nothing_runs(three):
    found = outline(three)
    for tag, attrs in found.tags:
        assert tag not in ("script", "link", "iframe", "object")
        assert not any(name.startswith("on") for name in attrs)
        assert attrs.get("src", "data:").startswith("data:")
    outside = [link for link in found.links if "//" in link]
    assert outside
    assert all(link.startswith("https://doi.org/") for link in outside)
    assert "@import" not in three


def test_pictures_speak_and_headers_know_their_cells(three):
    found = outline(three)
    for tag, attrs in found.tags:
        if tag == "svg":
            assert attrs.get("aria-label") or attrs.get("aria-hidden") == "true"
        if tag == "th":
            assert attrs["scope"] in ("col", "row", "rowgroup")
        if tag == "img":
            assert attrs["alt"]


def test_the_same_results_give_the_same_bytes(tmp_path):
    results = make_results(replace(THREE, regions=("tumor",)))
    first = write_report(results, tmp_path / "one.html").read_bytes()
    assert write_report(results, tmp_path / "two.html").read_bytes() == first


def test_results_read_back_from_disk_give_the_same_page(tmp_path):
    results = make_results(VOLUME)
    direct = write_report(results, tmp_path / "a" / "report.html").read_bytes()
    results.save(tmp_path / "saved")
    again = load_results(tmp_path / "saved")
    assert write_report(again, tmp_path / "b" / "report.html").read_bytes() == direct


def test_what_people_wrote_is_shown_and_never_obeyed(page, text_of):
    nasty = "<script>alert('x')</script> & $x$"
    results = make_results(
        Cohort(
            {nasty: "log_ratio"},
            {},
            regions=("rim & <b>core</b>",),
            outcome={"outcome": "<i>arm</i>", "positive": 'a"b', "negative": "c$d$"},
            subjects=(3, 3),
            visits={"0": [0], "<u>late</u> $5$": [9]},
        )
    )
    written = page(results, title="A & B <em>")
    assert "<script" not in written
    for tag in ("<b>", "<i>", "<u>", "<em>"):
        assert tag not in written
    assert nasty in text_of(written)
    assert "A & B <em>" in text_of(written)
    outline(written)


def test_figures_are_kept_on_one_line_and_still_escaped():
    text = unbroken("a < b with arm = a and arm = ab: p < 0.0001", ["arm = a", "arm = ab"])
    assert text == (
        'a &lt; b with <span class="whole">arm = a</span> and <span class="whole">arm = ab</span>: '
        '<span class="whole">p &lt; 0.0001</span>'
    )


def test_every_test_stands_in_the_table_and_the_earliest_is_marked(three):
    table = three[three.index('<table class="tests"') :]
    table = table[: table.index("</table>")]
    assert len(re.findall(r'<tr class="(first|separates|not)">', table)) == 3 * 2 * 4
    assert len(re.findall(r'<tr class="first">', table)) == 2 * 2
    assert len(re.findall(r'<tr class="separates">', table)) == (2 + 3) * 2


def test_one_biomarker_needs_no_map_and_several_get_one(page, three):
    assert '<table class="map"' not in page(make_results(VOLUME))
    assert three.count('<td class="first"') == 4
    assert three.count('<td class="separates"') == (2 + 3) * 2


def test_many_biomarkers_fold_those_that_never_separate(page):
    names = [f"texture_{number}" for number in range(10)]
    cohort = Cohort(dict.fromkeys(names, "percent"), {"texture_4": "3"}, subjects=(3, 3))
    written = page(make_results(cohort))
    figures = written[written.index('<section id="figures"') : written.index('<section id="tests"')]
    assert figures.count("<summary>") == 9
    open_one = figures.index("separates on day 3")
    assert open_one < figures.index("<details>")


def test_an_analysis_without_extras_still_makes_a_page(page, text_of):
    results = make_results(VOLUME)
    results = replace(
        results,
        tables={**results.tables, "class_means": empty("class_means")},
        analysis={"plan": results.analysis["plan"]},
    )
    text = text_of(page(results))
    assert "The results do not record how separation was tested." in text
    assert "None: every measurement was used." in text


def test_one_subject_per_class_and_a_visit_that_could_not_be_tested(page, text_of):
    results = make_results(replace(VOLUME, subjects=(1, 1), separates={}))
    rows = results.separation.to_dict("records")
    for name in ("auc", "auc_low", "auc_high", "p_value", "p_adjusted"):
        for row in rows:
            row[name] = float("nan")
    text = text_of(page(with_table(results, "separation", rows)))
    assert "did not separate responder = 1 from responder = 0 at any visit." in text
    assert "nan" not in text.lower().replace("provenance", "")


def test_results_without_their_plan_are_refused(page):
    with pytest.raises(InputError, match="do not record the plan"):
        page(replace(make_results(VOLUME), analysis={}))


def test_tables_of_another_plan_are_refused(page):
    results = make_results(VOLUME)
    rows = results.separation.assign(visit="99").to_dict("records")
    with pytest.raises(InputError, match="visit '99', which their plan lacks"):
        page(with_table(results, "separation", rows))


def test_an_earliest_visit_that_was_never_tested_is_refused(page):
    results = make_results(VOLUME)
    results = replace(results, earliest=[{**results.earliest[0], "visit": 0}])
    with pytest.raises(InputError, match="earliest names visit '0'"):
        page(results)


def test_result_files_beside_the_page_are_linked(tmp_path):
    results = make_results(VOLUME)
    alone = write_report(results, tmp_path / "alone" / "report.html").read_text("utf-8")
    assert 'href="results/' not in alone
    assert "<code>separation.csv</code>" in alone
    results.save(tmp_path / "whole" / "results")
    whole = write_report(results, tmp_path / "whole" / "report.html").read_text("utf-8")
    linked = set(re.findall(r'href="results/([^"]+)"', whole))
    assert linked == {path.name for path in (tmp_path / "whole" / "results").iterdir()}
