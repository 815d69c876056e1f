"""What is said of tables on the command line, and the draft of a plan."""

import argparse
from pathlib import Path

import pytest

from biomarkers.cli import main
from biomarkers.cli.table_options import add_table_options, table_options
from biomarkers.errors import InputError
from biomarkers.table import TableOptions, make_table_options


def parsed(*arguments: str) -> TableOptions:
    parser = argparse.ArgumentParser()
    add_table_options(parser)
    return make_table_options(table_options(parser.parse_args(arguments)))


def test_nothing_said_is_nothing_given() -> None:
    assert parsed() == TableOptions()
    assert TableOptions().given() == {}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--sheet", "A, B", "--sheet", "C"], {"sheet": ("A, B", "C")}),
        (["--header-row", "3"], {"header_row": 3}),
        (["--columns", "subject=Rat, day=Jour"], {"columns": {"subject": "Rat", "day": "Jour"}}),
        (["--columns", '"ADC=ADC, mean"'], {"columns": {"ADC": "ADC, mean"}}),
        (["--columns", "a=b", "--columns", "c=d"], {"columns": {"a": "b", "c": "d"}}),
        (["--decimal", ","], {"decimal": ","}),
        (["--missing", "mort,n.d."], {"missing": ("mort", "n.d.")}),
        (["--missing=-,x", "--missing", '"0,09?"'], {"missing": ("-", "x", "0,09?")}),
        (["--missing", "-999"], {"missing": ("-999",)}),
        (["--fill-down", "--replicates", "mean"], {"fill_down": True, "replicates": "mean"}),
        (["--baseline-date", "2025-03-03", "--date-order", "dmy"],
         {"baseline_date": "2025-03-03", "date_order": "dmy"}),
    ],
)  # fmt: skip
def test_options_become_those_of_tables(arguments: list[str], expected: dict[str, object]) -> None:
    assert parsed(*arguments) == TableOptions(**expected)


def test_a_column_without_a_role() -> None:
    with pytest.raises(InputError, match="--columns: found 'Rat', expected role=name"):
        parsed("--columns", "Rat")


PLAN = """
outcome = "responder"
positive = "yes"
baseline = 0
[visits]
0 = [0]
7 = [7]
[biomarkers.ADC]
[separation]
permutations = 199
[table]
columns = { subject = "Code", day = "When" }
missing = ["x"]
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    rows, people = ["Code;When;ADC"], ["Code;responder"]
    for rat in range(10):
        people.append(f"R{rat};{'yes' if rat < 5 else 'no'}")
        rows += [f"R{rat};{day};{5 + rat + day * (rat < 5)}" for day in (0, 7)]
    names = {"table": "t.csv", "participants": "p.csv", "plan": "plan.toml"}
    contents = ("\n".join(rows), "\n".join(people), PLAN)
    for name, content in zip(names.values(), contents, strict=True):
        (tmp_path / name).write_text(content)
    return {key: tmp_path / name for key, name in names.items()} | {"out": tmp_path / "out"}


def analyse(files: dict[str, Path], *more: str) -> int:
    return main([
        "analyse", str(files["table"]), "--participants", str(files["participants"]),
        "--plan", str(files["plan"]), "--out", str(files["out"]), *more,
    ])  # fmt: skip


def test_what_the_plan_says_of_tables_holds(files, capsys) -> None:
    assert analyse(files) == 0
    assert "Read      No value is 'x', which was to be missing." in capsys.readouterr().out


def test_the_command_line_goes_before_the_plan_and_adds_columns(files, capsys) -> None:
    files["table"].write_text(files["table"].read_text().replace("When", "Moment") + "\nR9;8;y")
    assert analyse(files) == 2
    assert "day is to be 'When', which is no column" in capsys.readouterr().err
    assert analyse(files, "--columns", "day=Moment") == 2
    assert "--missing=y" in capsys.readouterr().err
    assert analyse(files, "--columns", "day=Moment", "--missing", "y") == 0
    said = capsys.readouterr().out
    assert "Read      Taken as missing, as was said: 'y' in 1 cell." in said
    assert "'x'" not in said
    assert analyse(files, "--columns", "day=Moment", "--missing", "y", "--quiet") == 0
    assert "Read" not in capsys.readouterr().out


def test_a_plan_is_drafted_and_then_runs(files, capsys) -> None:
    files["plan"].unlink()
    arguments = ["plan", str(files["table"]), "--participants", str(files["participants"])]
    arguments += ["--out", str(files["plan"]), "--columns", "subject=Code,day=When"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert f"Plan      {files['plan']}" in said
    assert f"Next      biomarkers analyse {files['table']} --participants" in said
    assert "Decide" not in said
    assert main(arguments) == 2
    assert "is there already" in capsys.readouterr().err
    assert analyse(files) == 0


def test_a_draft_without_an_outcome_says_what_is_to_be_decided(files, capsys) -> None:
    files["plan"].unlink()
    arguments = ["plan", str(files["table"]), "--out", str(files["plan"])]
    assert main([*arguments, "--columns", "subject=Code,day=When"]) == 0
    assert 'Decide    outcome and positive: they are "" as yet' in capsys.readouterr().out
    assert analyse(files) == 2
    assert "outcome: found ''" in capsys.readouterr().err
