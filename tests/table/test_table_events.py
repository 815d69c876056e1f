"""Whether an event was seen, in the words of laboratories."""

import pytest

from biomarkers.table.events import event_flag, is_event_column


@pytest.mark.parametrize(
    ("word", "flag"),
    [(1, 1), ("1.0", 1), (True, 1), ("Ja", 1), ("Dead", 1), ("décédé", 1), ("gestorben", 1),
     (0, 0), ("0.0", 0), ("FALSE", 0), ("no", 0), ("alive", 0), ("zensiert", 0),
     ("lost", None), ("", None), ("2", None)],
)  # fmt: skip
def test_words_for_an_event(word: object, flag: float | None) -> None:
    assert event_flag(word) == flag


@pytest.mark.parametrize(
    ("name", "values", "is_event"),
    [
        ("Status", ["dead", "alive"], True),
        ("Died?", ["yes", "no"], True),
        ("death", ["0", "1"], True),
        ("Progressed?", ["yes", "no"], False),
        ("censored", ["0", "1"], False),
        ("day of death", ["12", "20"], False),
        ("died", [], False),
    ],
)
def test_columns_that_say_who_had_the_event(name: str, values: list[str], is_event: bool) -> None:
    assert is_event_column(name, values) is is_event
