"""A page per subject, the overview that leads there, and the course of each subject."""

import base64
import html
import json
import re

import pytest
from report_factory import Cohort, make_results

from biomarkers.report.cards import read_cards
from biomarkers.report.subjects import Links, write_subject_pages
from biomarkers.report.view import look_at

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
COHORT = Cohort({"tumor_volume": "log_ratio", "ADC": "absolute"}, {"ADC": "7"}, subjects=(3, 3))


@pytest.fixture
def cards(tmp_path):
    """Return a function that makes cards: subject, session, kind, status, day and more."""
    folder = tmp_path / "qc"
    folder.mkdir()

    def make(*rows, **more):
        for number, (subject, session, kind, status, day) in enumerate(rows):
            (folder / f"{number}.png").write_bytes(PNG)
            (folder / f"{number}.json").write_text(
                json.dumps(
                    {
                        "title": f"Title {number}", "caption": f"Caption {number}",
                        "status": status, "subject": subject, "session": session, "kind": kind,
                        "day": day, "picture": f"{number}.png", **more,
                    }
                )
            )  # fmt: skip
        return read_cards(folder)

    return make


def written(cards, folder, **options):
    pages = write_subject_pages(cards, folder, report="report.html", **options)
    return {page.stem: page.read_text("utf-8") for page in pages}


def test_each_subject_gets_a_page_with_all_of_its_cards(cards, tmp_path):
    pages = written(
        cards(("1", "a", "maps", "ok", 0), ("1", "b", "dce", "ok", 3), ("2", "a", "maps", "ok", 0)),
        tmp_path,
    )
    assert list(pages) == ["1", "2"]
    assert pages["1"].count("data:image/png") == 2
    assert "Caption 2" not in pages["1"]
    assert 'href="2.html" rel="next"' in pages["1"]
    assert 'href="../report.html#quality"' in pages["1"]
    assert not re.search(r'(?:src|href)="https?:', pages["1"])


def test_the_worst_session_comes_first_and_the_worst_card_in_it(cards, tmp_path):
    (page,) = written(
        cards(
            ("1", "d0", "maps", "ok", 0),
            ("1", "d3", "dce", "warn", 3),
            ("1", "d9", "maps", "ok", 9),
            ("1", "d9", "dce", "fail", 9),
        ),
        tmp_path,
    ).values()
    places = [page.index(f"<p>Caption {number}") for number in (3, 2, 1, 0)]
    assert places == sorted(places)
    assert re.findall(r"<h2>(.*?) <span", page) == ["Day 9", "Day 3", "Day 0"]


def test_the_grid_leads_to_each_card(page, cards, tmp_path):
    cards(("rat1", "d3", "maps", "warn", 3), ("rat1", "d0", "maps", "ok", 0))
    report = page(make_results(COHORT), qc=tmp_path / "qc")
    (place,) = re.findall(r'class="mark warn" href="(.*?)"', report)
    file, _, anchor = place.partition("#")
    assert f'id="{anchor}"' in (tmp_path / file).read_text("utf-8")
    heads = re.findall(r'<th scope="colgroup" colspan="1">(.*?)</th>', report)
    assert heads == ["day 0", "day 3"]


def test_names_that_are_no_file_names_are_safe_and_stay_apart(cards, tmp_path):
    names = ["../../etc", "a b", "a_b", "A_B", "<script>alert(1)</script>"]
    made = cards(*((name, "s", "k", "ok", 0) for name in names))
    links = Links.of(made)
    assert len({name.lower() for name in links.names.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.html", name) for name in links.names.values())
    pages = written(made, tmp_path)
    assert not any("<script>" in page for page in pages.values())
    assert any(html.escape(names[-1]) in page for page in pages.values())


def test_pages_of_subjects_that_left_go_and_files_of_others_stay(cards, tmp_path):
    both = cards(("1", "a", "maps", "ok", 0), ("2", "a", "maps", "ok", 0))
    written(both, tmp_path)
    mine = tmp_path / "subjects" / "notes.html"
    mine.write_text("<p>mine</p>")
    written([card for card in both if card.subject == "1"], tmp_path)
    assert sorted(path.name for path in mine.parent.iterdir()) == ["1.html", "notes.html"]


def test_a_subject_is_a_line_beside_the_means_of_the_classes(cards, tmp_path):
    results = make_results(COHORT)
    made = cards(("rat01", "a", "maps", "ok", 0), ("stranger", "a", "maps", "ok", 0))
    pages = written(made, tmp_path, view=look_at(results))
    points = re.findall(r'<polyline points="([^"]+)"', pages["rat01"])
    rows = results.tables["changes"].query("subject == 'rat01' and biomarker == 'tumor_volume'")
    rows = rows.dropna(subset=["change"]).sort_values("day")
    drawn = [tuple(map(float, pair.split(","))) for pair in points[1].split()]
    assert len(drawn) == len(rows)
    across, up = zip(*drawn, strict=True)
    assert list(across) == sorted(across)
    # Higher is fewer pixels from the top.
    ranks = [sorted(values).index(value) for values in (list(rows["change"]),) for value in values]
    assert ranks == [sorted(up, reverse=True).index(value) for value in up]
    assert "polyline" not in pages["stranger"]
    assert "not in the analysis" in pages["stranger"]


def test_what_the_analysis_could_not_use_is_listed(cards, tmp_path):
    results = make_results(COHORT)
    results.tables["attendance"].loc[3, "status"] = "failed_qc"
    lacking = results.tables["attendance"].loc[3]
    pages = written(cards((lacking["subject"], "a", "maps", "ok", 0)), tmp_path,
                    view=look_at(results))  # fmt: skip
    (page,) = pages.values()
    assert "Not in the analysis" in page
    assert "<td>failed qc</td>" in page


def test_the_same_cards_give_the_same_bytes(cards, tmp_path):
    made, view = cards(("rat01", "a", "maps", "ok", 0)), look_at(make_results(COHORT))
    assert written(made, tmp_path, view=view) == written(made, tmp_path, view=view)


def test_numbers_behind_a_caption_are_listed(cards, tmp_path):
    (page,) = written(
        cards(("1", "a", "maps", "ok", 0), values={"median_r2": 0.92134, "unknown": None}), tmp_path
    ).values()
    assert "<dt>median r2</dt><dd>0.9213</dd>" in page
    assert "<dt>unknown" not in page
