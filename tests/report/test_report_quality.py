import base64
import json

import pytest
from report_factory import Cohort, make_results

from biomarkers.report.cards import read_cards
from biomarkers.report.sections import quality
from biomarkers.report.sections.quality import SHOWN_WARNINGS

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
VOLUME = Cohort({"tumor_volume": "log_ratio"}, {}, subjects=(2, 2), visits={"0": [0], "7": [7]})


@pytest.fixture
def add_card(tmp_path):
    folder = tmp_path / "qc"
    folder.mkdir()

    def add(name, status, **more):
        card = {
            "title": f"Title {name}", "caption": f"Caption {name}", "status": status,
            "subject": "rat01", "session": "day07", "kind": "maps", **more,
        }  # fmt: skip
        if picture := more.get("picture"):
            (folder / picture).write_bytes(PNG)
        (folder / f"{name}.json").write_text(json.dumps(card))
        return folder

    return add


def test_failures_come_first_and_in_full(page, text_of, add_card):
    add_card("a", "ok", picture="a.png")
    add_card("b", "warn")
    folder = add_card("c", "fail", picture="c.png")
    written = page(make_results(VOLUME), qc=folder)
    section = written[written.index('<section id="quality"') :]
    assert section.index("Title c") < section.index("Title b")
    assert "Title a" not in section  # what passed stands on the page of its subject
    assert "3 checks: 1 failed, 1 passed with a warning and 1 passed." in text_of(written)
    assert "1 quality check failed." in text_of(written[: written.index('<section id="figures"')])
    assert f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"' in section
    assert "rat01 · day07 · maps" in section


def test_what_passed_is_a_mark_in_the_grid_and_no_picture(page, text_of, add_card):
    for number in range(100):
        folder = add_card(
            f"n{number:03}", "ok", picture=f"n{number:03}.png", subject=f"rat{number:03}"
        )
    written = page(make_results(VOLUME), qc=folder)
    assert "data:image/png" not in written
    assert "100 checks: 100 passed." in text_of(written)
    assert written.count('class="mark ok" href="subjects/') == 100
    assert 'aria-label="rat099, day07, maps: ok"' in written


def test_the_worst_warnings_are_shown_and_the_others_are_listed(page, text_of, add_card):
    for number in range(20):
        folder = add_card(
            f"n{number:02}", "warn", picture=f"n{number:02}.png",
            values={"fraction_flagged": number / 20},
        )  # fmt: skip
    written = page(make_results(VOLUME), qc=folder)
    assert written.count("data:image/png") == SHOWN_WARNINGS
    assert written.index("Title n19") < written.index("Title n18") < written.index("Title n00")
    assert f"{20 - SHOWN_WARNINGS} more with a warning" in text_of(written)


def test_pictures_beyond_the_room_stay_on_the_pages_of_subjects(page, add_card, monkeypatch):
    for number in range(4):
        folder = add_card(f"n{number}", "fail", picture=f"n{number}.png")
    monkeypatch.setattr(quality, "ROOM", 300)
    written = page(make_results(VOLUME), qc=folder)
    assert written.count("data:image/png") == 2
    assert written.count("</span> Title n") == 4


def test_cards_of_no_subject_are_named_on_the_page(page, text_of, add_card):
    folder = add_card("phantom", "ok", subject=None)
    text = text_of(page(make_results(VOLUME), qc=folder))
    assert "1 passed, of no subject" in text
    assert "Caption phantom" in text


def test_every_failure_is_shown_however_many(page, add_card):
    for number in range(40):
        folder = add_card(f"n{number:02}", "fail", picture=f"n{number:02}.png")
    assert page(make_results(VOLUME), qc=folder).count("data:image/png") == 40


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{broken", "bad.json is not valid JSON"),
        ("[1, 2]", "could not be read"),
        ('{"title": "t", "caption": "c"}', "'status'"),
        ('{"title": "t", "caption": "c", "status": "fine"}', "status is 'fine'"),
        (
            '{"title": "t", "caption": "c", "status": "ok", "picture": "../secret.png"}',
            "expected a PNG or SVG beside the card",
        ),
        (
            '{"title": "t", "caption": "c", "status": "ok", "picture": "absent.png"}',
            "'absent.png' is not in the folder",
        ),
    ],
)
def test_a_card_that_cannot_be_read_is_a_failure_that_says_why(tmp_path, content, why):
    (tmp_path / "bad.json").write_text(content)
    (card,) = read_cards(tmp_path)
    assert card.status == "fail"
    assert card.title == "bad.json"
    assert why in card.caption
    assert str(tmp_path) not in card.caption


def test_no_folder_and_no_cards_are_said(page, text_of, tmp_path):
    results = make_results(VOLUME)
    assert "No quality-control folder was given" in text_of(page(results))
    assert "folder holds no cards" in text_of(page(results, qc=tmp_path / "never-made"))
