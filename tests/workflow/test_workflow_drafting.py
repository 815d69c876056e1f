"""A plan drafted from tables: complete where they tell, empty where they do not."""

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from biomarkers.errors import FileError
from biomarkers.plan import read_plan
from biomarkers.plan.draft import draft_visits
from biomarkers.table import TableOptions
from biomarkers.workflow import analyse, draft_plan

PEOPLE = "subject,group,sex,responder,days_on_study\n" + "".join(
    f"{mouse},{'drug' if mouse < 6 else 'control'},{'mf'[mouse % 2]},{mouse < 6:d},{20 + mouse}\n"
    for mouse in range(12)
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two cohorts on neighbouring days; a score that falls below 0; a weight at birth."""
    rows = ["subject,day,tumor volume (mm3),score,birth_weight"]
    for mouse in range(12):
        days = (0, 3, 6, 14, 30) if mouse % 2 else (0, 3, 7, 14)
        rows += [
            f"{mouse},{day},{20 + day + mouse},{5 - day / (1 + (mouse < 6))},{60 + mouse}"
            for day in days
        ]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(rows) + "\n")
    (tmp_path / "people.csv").write_text(PEOPLE)
    return path


def drafted(table: Path, people: str | None = None, **options: object) -> tuple[str, dict]:
    participants = table.with_name("people.csv")
    if people is not None:
        participants.write_text(people)
    out = table.with_name("plan.toml")
    draft_plan(table, participants, out=out, options=TableOptions(**options))
    text = out.read_text(encoding="utf-8")
    return text, tomllib.loads(text)


def test_a_draft_holds_what_the_tables_tell(table: Path) -> None:
    text, plan = drafted(table)
    assert plan["outcome"] == "responder"
    assert plan["positive"] == 1
    assert plan["groups"] == "group"
    assert plan["baseline"] == 0
    # Days 6 and 7 are of no mouse both; day 30 was measured in half of the mice, which is enough.
    assert plan["visits"] == {"0": [0], "3": [3], "7": [6, 7], "14": [14], "30": [30]}
    assert plan["biomarkers"]["tumor volume"] == {"change": "log_ratio", "direction": "auto"}
    assert plan["biomarkers"]["score"]["change"] == "absolute"
    assert "birth_weight" not in plan["biomarkers"]
    assert "# [biomarkers.birth_weight]" in text
    assert plan["separation"] == {"alpha": 0.05, "permutations": 9999, "seed": 1}
    assert '# time = "days_on_study"' in text
    assert "table" not in plan


def test_a_draft_is_a_plan_that_runs(table: Path, tmp_path: Path) -> None:
    drafted(table)
    plan = tmp_path / "plan.toml"
    plan.write_text(plan.read_text().replace("9999", "199"))
    people = tmp_path / "people.csv"
    done = analyse(table, tmp_path / "out", participants=people, plan=plan)
    assert set(done.results.tables["separation"]["biomarker"]) == {"tumor volume", "score"}


def test_every_comment_that_can_be_uncommented_is_valid(table: Path) -> None:
    text, _ = drafted(table)
    lines = [
        line.removeprefix("# ")
        if line.startswith(("# [", "# time", "# event", "# change", "# direction"))
        else line
        for line in text.splitlines()
    ]  # fmt: skip
    table.with_name("plan.toml").write_text("\n".join(lines))
    plan = read_plan(table.with_name("plan.toml"))
    assert set(plan.sections) == {"cutoff", "models", "survival", "combine"}
    assert "birth_weight" in [marker.name for marker in plan.biomarkers]


def test_a_visit_of_few_subjects_is_a_comment(table: Path) -> None:
    lines = table.read_text().splitlines()
    table.write_text("\n".join(line for line in lines if not line.startswith(("1,30", "3,30"))))
    text, plan = drafted(table)
    assert "30" not in plan["visits"]
    assert "# 30 = [30]" in text
    assert "4 subjects: few" in text


OUTCOMES = {
    "the treatment, if there is nothing else": (
        "subject,arm\n0,drug\n1,vehicle\n", ("arm", "drug"),
    ),
    "a word for yes": ("subject,Répondeur\n0,oui\n1,non\n", ("Répondeur", "oui")),
    "what does not say no": ("subject,status\n0,sham\n1,burnt\n", ("status", "burnt")),
    "two columns: neither": ("subject,relapse,cured\n0,1,0\n1,0,1\n", ("", "")),
    "three values: none": ("subject,response\n0,CR\n1,PR\n2,PD\n", ("", "")),
    "sex is none": ("subject,sex\n0,m\n1,f\n", ("", "")),
}  # fmt: skip


@pytest.mark.parametrize(("people", "expected"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_the_outcome_is_the_one_column_of_two_values(table: Path, people: str, expected) -> None:
    _, plan = drafted(table, people)
    assert (plan["outcome"], plan["positive"]) == expected


@pytest.mark.parametrize(
    ("header", "values", "drafted_event"),
    [
        ("Status", ("dead", "alive", "alive"), '"Status" +# 2 × alive, 1 × dead'),
        ("died", ("1", "0", "0"), '"died" +# 2 × 0, 1 × 1'),
        ("cage", ("2", "2", "2"), '"" +# a column that says who had the event'),
    ],
)
def test_who_died_is_the_event_of_survival_and_no_outcome(
    table: Path, header: str, values: tuple[str, ...], drafted_event: str
) -> None:
    rows = [("yes", 12), ("no", 44), ("no", 45)]
    text, plan = drafted(
        table,
        f"subject,relapse,Survival (days),{header}\n"
        + "".join(
            f"{mouse},{relapse},{days},{value}\n"
            for mouse, ((relapse, days), value) in enumerate(zip(rows, values, strict=True))
        ),
    )
    assert (plan["outcome"], plan["positive"]) == ("relapse", "yes")
    assert re.search(rf'^# time = "Survival \(days\)"\n# event = {drafted_event}', text, re.M)


def test_a_visit_counts_who_was_measured(table: Path) -> None:
    table.write_text(re.sub(r"^0,14,.*$", "0,14,,,", table.read_text(), flags=re.M))
    text, _ = drafted(table)
    assert re.search(r"^7 = \[6, 7\] +# 12 subjects$", text, re.M)
    assert re.search(r"^14 = \[14\] +# 11 subjects$", text, re.M)


def test_candidates_for_the_outcome_are_named(table: Path) -> None:
    text, _ = drafted(table, "subject,relapse,cured\n0,1,0\n1,0,1\n2,0,1\n")
    assert "# May be the outcome: relapse (2 × 0, 1 × 1)" in text
    assert "# May be the outcome: cured (2 × 1, 1 × 0)" in text


def test_without_participants_the_outcome_is_left_open(table: Path) -> None:
    out = table.with_name("plan.toml")
    draft = draft_plan(table, out=out)
    assert not draft.decided
    assert tomllib.loads(out.read_text())["outcome"] == ""


def test_what_was_said_of_the_table_stands_in_the_plan(table: Path) -> None:
    text = table.read_text().replace("subject", "Kennziffer").replace("35,0.0,", "35,tot,")
    table.write_text(text)
    options = {"columns": {"subject": "Kennziffer"}, "missing": ("tot", 999), "decimal": "."}
    _, plan = drafted(table, **options)
    assert plan["table"] == {
        "columns": {"subject": "Kennziffer"}, "missing": ["tot", 999], "decimal": ".",
    }  # fmt: skip
    assert read_plan(table.with_name("plan.toml")).table == TableOptions(**options)


def test_a_plan_is_not_overwritten(table: Path) -> None:
    table.with_name("plan.toml").write_text("mine")
    with pytest.raises(FileError, match=r"plan\.toml is there already; name another file"):
        drafted(table)
    assert table.with_name("plan.toml").read_text() == "mine"


def test_names_that_toml_must_quote(table: Path) -> None:
    table.write_text('subject,day,"a ""b"" Ü/µ",c.d\n1,-1.5,1,2\n1,7,2,3\n2,-1.5,1,2\n2,7,1,4\n')
    _, plan = drafted(table)
    assert list(plan["biomarkers"]) == ['a "b" Ü/µ', "c.d"]
    assert plan["visits"] == {"-1.5": [-1.5], "7": [7]}
    assert plan["baseline"] == "-1.5"


@pytest.mark.parametrize(
    ("days", "visits"),
    [
        ({"a": (0, 7), "b": (-1, 8)}, [("0", (-1, 0)), ("8", (7, 8))]),
        ({"a": (0, 1, 2), "b": (0, 1, 2)}, [("0", (0,)), ("1", (1,)), ("2", (2,))]),
        (
            {"a": (0, 28), "b": (0, 30), "c": (0, 33)},
            [("0", (0,)), ("30", (28, 30)), ("33", (33,))],
        ),
        ({"a": (0, 100), "b": (0, 109)}, [("0", (0,)), ("109", (100, 109))]),
    ],
)
def test_days_that_make_a_visit(days, visits) -> None:
    rows = [(subject, float(day)) for subject, measured in days.items() for day in measured]
    found = draft_visits(pd.DataFrame(rows, columns=["subject", "day"]))
    assert [(visit.name, visit.days) for visit in found] == visits


def test_one_workbook_of_both_tables_is_named_once(tmp_path: Path) -> None:
    book = tmp_path / "rats.xlsx"
    rats = range(1, 7)
    rows = [(rat, day, 30.0 + rat + day) for rat in rats for day in (0, 3)]
    with pd.ExcelWriter(book) as writer:
        tables = {
            "MRI": pd.DataFrame(rows, columns=["rat", "day", "volume"]),
            "rats": pd.DataFrame({"rat": rats, "responder": [0, 1] * 3}),
        }
        for sheet, table in tables.items():
            table.to_excel(writer, sheet_name=sheet, index=False)
    options = TableOptions(sheet=("MRI",), participants_sheet="rats")
    draft = draft_plan(book, book, out=tmp_path / "plan.toml", options=options)
    first = draft.path.read_text("utf-8").splitlines()[0]
    assert first == "# A draft of an analysis plan, from rats.xlsx."
