"""From a laboratory's spreadsheet to the same results as from a tidy table of the same cells."""

import datetime
import itertools
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import TableError
from biomarkers.plan import read_plan
from biomarkers.table import TableOptions, make_table_options
from biomarkers.workflow import Analysed, analyse, draft_plan
from biomarkers.workflow.reading import read_tables

DAYS, RATS, MARKERS = (0, 3, 7), tuple(range(1, 13)), ("Ktrans", "Volume")
PLAN = """
outcome = "Répondeur"
positive = "oui"
baseline = 0
[visits]
0 = [0]
3 = [3]
7 = [7]
[biomarkers.Ktrans]
change = "log_ratio"
[biomarkers.Volume]
change = "percent"
[separation]
permutations = 199
"""


def values() -> dict[tuple[int, int, str], float]:
    draw = np.random.default_rng(3)
    level = {"Ktrans": 0.09, "Volume": 40.0}
    return {
        (rat, day, name): round(
            float(level[name] * np.exp(draw.normal(0, 0.1) - 0.4 * (rat <= 6 and day >= 3))), 3
        )
        for rat, day, name in itertools.product(RATS, DAYS, MARKERS)
    }


VALUES = values()


def comma(number: float) -> str:
    return repr(number).replace(".", ",")


def group(rat: int) -> str:
    return "Traité" if rat <= 6 else "Contrôle"


def down(*, dates: bool = False, commas: bool = False, title: bool = False) -> list[list[object]]:
    head = [
        "Rat",
        "Groupe",
        "Date" if dates else "Jour",
        "Ktrans (min-1)",
        "Volume (mm3)",
        "Remarques",
    ]
    rows: list[list[object]] = [["Étude gliome 2025"], [], head] if title else [head]
    for rat, day in itertools.product(RATS, DAYS):
        numbers = [VALUES[rat, day, name] for name in MARKERS]
        when = datetime.date(2025, 3, 3) + datetime.timedelta(days=day + rat // 3)
        row = [f"Rat {rat}", group(rat), when if dates else day]
        rows.append([*row, *(map(comma, numbers) if commas else numbers), ""])
    return rows


def across(names: tuple[str, ...], label: str) -> list[list[object]]:
    pairs = list(itertools.product(names, DAYS))
    rows: list[list[object]] = [["Rat", "Groupe", *(label.format(n, d) for n, d in pairs)]]
    return rows + [
        [f"Rat {rat}", group(rat), *(VALUES[rat, day, name] for name, day in pairs)] for rat in RATS
    ]


LAYOUTS = {
    "title, dates, commas": {"Feuil1": down(title=True, dates=True, commas=True)},
    "dates, commas": {"Feuil1": down(dates=True, commas=True)},
    "commas": {"Feuil1": down(commas=True)},
    "remarks": {"Feuil1": down()},
    "clean": {"Feuil1": [row[:-1] for row in down()]},
    "a sheet per biomarker": {name: across((name,), "J{1}") for name in MARKERS},
    "all across": {"Feuil1": across(MARKERS, "{0} J{1}")},
}
WITH_UNITS = list(LAYOUTS)[:5]


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """Plan, participants, and two tidy tables, with and without units."""
    folder = tmp_path_factory.mktemp("spreadsheets")
    rows = [["Rat", "Groupe", "Répondeur"]]
    rows += [[f"Rat {rat}", group(rat), "oui" if rat <= 6 else "non"] for rat in RATS]
    (folder / "plan.toml").write_text(PLAN)
    files = {"plan": folder / "plan.toml", "participants": workbook(folder / "p.xlsx", {"P": rows})}
    for units in (True, False):
        files[str(units)] = folder / f"tidy_{units}.csv"
        unit = {"Ktrans": "1/min", "Volume": "mm^3"} if units else dict.fromkeys(MARKERS, "")
        lines = ["subject,group,day,biomarker,value,unit"]
        lines += [f"Rat {r},{group(r)},{d},{n},{v!r},{unit[n]}" for (r, d, n), v in VALUES.items()]
        files[str(units)].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files


def tables(path: Path, files: dict[str, Path]) -> Mapping[str, pd.DataFrame]:
    """Return the tables of results; the report, which takes most of the time, is not drawn."""
    reading = read_tables(path, files["participants"], None, TableOptions())
    plan = read_plan(files["plan"])
    return stats.analyse(reading.measurements, reading.participants, plan).tables


@pytest.fixture(scope="module")
def tidy(files) -> dict[str, Mapping[str, pd.DataFrame]]:
    """Return what the tidy tables give, with and without units."""
    return {units: tables(files[units], files) for units in ("True", "False")}


def same_tables(got: Mapping[str, pd.DataFrame], expected: Mapping[str, pd.DataFrame]) -> None:
    assert list(got) == list(expected)
    for name in expected:
        pd.testing.assert_frame_equal(got[name], expected[name], check_exact=True, obj=name)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_gives_the_results_of_a_tidy_table(
    tmp_path: Path, files, tidy, layout: str
) -> None:
    path = workbook(tmp_path / "lab.xlsx", LAYOUTS[layout])
    same_tables(tables(path, files), tidy[str(layout in WITH_UNITS)])


def test_a_french_csv_gives_the_results_of_a_tidy_table(tmp_path: Path, files, tidy) -> None:
    rows = [["Étude", *[""] * 5], *down(commas=True, dates=True)]
    text = "\r\n".join(";".join(map(str, row)) for row in rows)
    path = tmp_path / "données.csv"
    path.write_bytes(text.encode("cp1252"))
    same_tables(tables(path, files), tidy["True"])


def test_what_was_guessed_is_told_and_recorded(tmp_path: Path, files) -> None:
    path = workbook(tmp_path / "lab.xlsx", LAYOUTS["a sheet per biomarker"])
    analysed = _analysed(path, files, tmp_path / "out")
    assert "Participants: Column Rat was read as subject." in analysed.guesses
    recorded = json.loads((analysed.folder / "analysis.json").read_text())["reading"]
    told = recorded["guessed"]["measurements"]
    assert "Sheets Ktrans, Volume were put together." in told
    assert set(told) < set(analysed.guesses)


def _analysed(path: Path, files: dict[str, Path], out: Path, **options: object) -> Analysed:
    return analyse(path, out, participants=files["participants"], plan=files["plan"], table=options)


def test_the_second_try_says_what_the_first_asked_for(tmp_path: Path, files) -> None:
    rows = down(title=True, dates=True, commas=True)
    rows[5][3:5], rows[8][4], rows[11][3] = ["mort", "mort"], "n.d.", "0,09?"
    path = workbook(tmp_path / "lab.xlsx", {"Feuil1": rows})
    with pytest.raises(TableError) as caught:
        _analysed(path, files, tmp_path / "out")
    assert "--missing=mort,n.d." in str(caught.value)
    assert "left out by a row of exclusions.tsv" in str(caught.value)
    (tmp_path / "exclusions.tsv").write_text(
        "subject\tday\tbiomarker\treason\tby\nRat 3\t7\tKtrans\tunsure\tSB\n"
    )
    analysed = _analysed(path, files, tmp_path / "out", missing=("mort", "n.d."))
    changes = analysed.results.tables["attendance"]
    gone = changes[changes["status"] != "measured"]
    assert len(gone) >= 4
    said = json.loads((analysed.folder / "analysis.json").read_text())["reading"]["said"]
    assert said == {"missing": ["mort", "n.d."]}


def test_a_drafted_plan_reads_the_table_alike(tmp_path: Path, files) -> None:
    rows = down(commas=True)
    rows[5][3] = "mort"
    rows[0][0] = "Kennziffer"
    path = workbook(tmp_path / "lab.xlsx", {"Feuil1": rows})
    options = {"columns": {"subject": "Kennziffer"}, "missing": ("mort",)}
    plan = tmp_path / "plan.toml"
    draft_plan(path, files["participants"], out=plan, options=make_table_options(options))
    analysed = analyse(path, tmp_path / "out", participants=files["participants"], plan=plan)
    assert "Taken as missing, as was said: 'mort' in 1 cell." in analysed.guesses


def _mice(folder: Path) -> tuple[Path, Path]:
    """Write 20 mice with 1 to 4 lesions each, half of them responders whose lesions shrink."""
    draw = np.random.default_rng(11)
    rows, people = ["Mouse;Day;TUMOR;Volume"], ["Mouse;Responder"]
    for mouse in range(1, 21):
        people.append(f"{mouse};{int(mouse <= 10)}")
        own = draw.normal(0, 0.2)
        for lesion in range(1, 2 + mouse % 4):
            size = np.exp(draw.normal(3, 0.3))
            for day in (0, 7):
                growth = 0.0 if day == 0 else 0.5 - 0.9 * (mouse <= 10) + own
                volume = size * np.exp(growth + draw.normal(0, 0.05))
                rows.append(f"{mouse};{day};{lesion};{volume:.2f}")
    table, participants = folder / "mice.csv", folder / "people.csv"
    table.write_text("\n".join(rows) + "\n")
    participants.write_text("\n".join(people) + "\n")
    return table, participants


def test_lesions_of_one_mouse_are_one_biomarker_clustered_by_mouse(tmp_path: Path) -> None:
    table, participants = _mice(tmp_path)
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'outcome = "Responder"\npositive = 1\nbaseline = 0\n[visits]\n0 = [0]\n7 = [7]\n'
        "[biomarkers.Volume]\n[separation]\npermutations = 999\n"
    )
    with pytest.raises(TableError, match="--columns lesion=TUMOR"):
        analyse(table, tmp_path / "out", participants=participants, plan=plan)
    columns = {"columns": {"lesion": "TUMOR"}}
    analysed = analyse(table, tmp_path / "out", participants=participants, plan=plan, table=columns)
    tests = analysed.results.tables["separation"]
    assert len(tests) == 1  # one biomarker, one region, one test
    assert tests["n_positive"].iloc[0] + tests["n_negative"].iloc[0] == 50
    assert analysed.results.analysis["plan"]["separation"]["cluster"] == "individual"

    # The same by hand: lesions as subjects, and a column of participants that ties them.
    wide = pd.read_csv(table, sep=";")
    wide["subject"] = wide["Mouse"].astype(str) + "/" + wide["TUMOR"].astype(str)
    people = pd.read_csv(participants, sep=";")
    units = wide[["subject", "Mouse"]].drop_duplicates().merge(people, on="Mouse")
    wide.rename(columns={"Day": "day"})[["subject", "day", "Volume"]].to_csv(
        tmp_path / "units.csv", index=False
    )
    units.to_csv(tmp_path / "units_people.csv", index=False)
    plan.write_text(plan.read_text() + 'cluster = "Mouse"\n')
    by_hand = analyse(
        tmp_path / "units.csv",
        tmp_path / "hand",
        participants=tmp_path / "units_people.csv",
        plan=plan,
        table={"columns": {"subject": "subject"}},
    )
    assert (analysed.folder / "separation.csv").read_bytes() == (
        by_hand.folder / "separation.csv"
    ).read_bytes()


def test_a_cluster_that_the_plan_names_stays(tmp_path: Path) -> None:
    table, participants = _mice(tmp_path)
    lines = participants.read_text().splitlines()
    # Litters of two, each of one class.
    litters = ["Mouse;Responder;litter", *(f"{line};{n // 2}" for n, line in enumerate(lines[1:]))]
    participants.write_text("\n".join(litters) + "\n")
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'outcome = "Responder"\npositive = 1\nbaseline = 0\n[visits]\n0 = [0]\n7 = [7]\n'
        '[biomarkers.Volume]\n[separation]\npermutations = 199\ncluster = "litter"\n'
        "[table.columns]\nlesion = 'TUMOR'\n"
    )
    analysed = analyse(table, tmp_path / "out", participants=participants, plan=plan)
    assert analysed.results.analysis["plan"]["separation"]["cluster"] == "litter"
    assert len(analysed.results.tables["separation"]) == 1


def test_participants_called_by_number_are_matched_and_said(tmp_path: Path, files) -> None:
    rows = [["N°", "Répondeur"], *[[rat, "oui" if rat <= 6 else "non"] for rat in RATS]]
    rows[0][0] = "ID"
    people = workbook(tmp_path / "p.xlsx", {"P": rows})
    path = workbook(tmp_path / "lab.xlsx", LAYOUTS["clean"])
    analysed = analyse(path, tmp_path / "out", participants=people, plan=files["plan"])
    told = "Participants: Participants match by number: '1' was taken for 'Rat 1'."
    assert told in analysed.guesses
    assert len(analysed.results.tables["attendance"]["subject"].unique()) == 12


def test_replicates_are_averaged_and_their_agreement_is_analysed(tmp_path: Path, files) -> None:
    rows = [["Rat", "Jour", "Lecteur", *MARKERS]]
    for rat, day, reader in itertools.product(RATS, DAYS, (1, 2)):
        shifts = [VALUES[rat, day, name] * (1 + 0.01 * reader) for name in MARKERS]
        rows.append([f"Rat {rat}", day, f"reader {reader}", *shifts])
    path = workbook(tmp_path / "lab.xlsx", {"Feuil1": rows})
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN + "[table]\nreplicates = 'mean'\n[agreement]\n")
    analysed = analyse(path, tmp_path / "out", participants=files["participants"], plan=plan)
    assert "144 values became 72 means of replicates." in analysed.guesses
    found = analysed.results.tables["agreement"]
    assert set(found["n"]) == {len(RATS) * len(DAYS)}
