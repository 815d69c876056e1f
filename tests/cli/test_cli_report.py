"""A report drawn again from the files of an analysis."""

from pathlib import Path

import pytest

from biomarkers.cli import main

PLAN = """
outcome = "responder"
positive = 1
negative = 0
labels = ["responders", "progressors"]
title = "Ten rats"
baseline = 0
[visits]
0 = [0]
7 = [7]
[biomarkers.ADC]
change = "percent"
[separation]
permutations = 99
[cutoff]
draws = 100
"""


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an analysis of ten rats."""
    folder = tmp_path_factory.mktemp("ten")
    rows = [
        f"{rat},{day},ADC,{1.0 + 0.3 * (day == 7 and rat < 5) + 0.01 * ((rat * 7 + day) % 5)},mm2/s"
        for rat in range(10)
        for day in (0, 7)
    ]
    (folder / "table.csv").write_text("\n".join(["subject,day,biomarker,value,unit", *rows]))
    people = [f"{rat},{int(rat < 5)}" for rat in range(10)]
    (folder / "participants.csv").write_text("\n".join(["subject,responder", *people]))
    (folder / "plan.toml").write_text(PLAN)
    arguments = [
        "analyse", str(folder / "table.csv"), "--participants", str(folder / "participants.csv"),
        "--plan", str(folder / "plan.toml"), "--out", str(folder / "out"), "--quiet",
    ]  # fmt: skip
    assert main(arguments) == 0
    return folder / "out"


@pytest.mark.parametrize("source", ["", "results"])
def test_the_same_page_and_figures_from_files_alone(analysed, source, tmp_path, capsys) -> None:
    assert main(["report", str(analysed / source), "--out", str(tmp_path)]) == 0
    assert f"Report    {tmp_path / 'report.html'}" in capsys.readouterr().out
    for path in analysed.rglob("*"):
        if path.is_file():
            assert (tmp_path / path.relative_to(analysed)).read_bytes() == path.read_bytes()
    drawn = {path.relative_to(tmp_path) for path in tmp_path.rglob("*")}
    assert drawn == {path.relative_to(analysed) for path in analysed.rglob("*")}


def test_a_title_and_how_many_figures(analysed, tmp_path) -> None:
    arguments = ["report", str(analysed), "--out", str(tmp_path), "--title", "Mine"]
    assert main([*arguments, "--figures", "none"]) == 0
    assert "<h1>Mine</h1>" in (tmp_path / "report.html").read_text("utf-8")
    assert not (tmp_path / "figures").exists()


def test_a_folder_that_holds_no_results(tmp_path, capsys) -> None:
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "does not exist; expected" in capsys.readouterr().err


def test_a_pdf_is_written_beside_the_page(analysed, tmp_path, capsys) -> None:
    pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    arguments = ["report", str(analysed), "--out", str(tmp_path), "--pdf", "--figures", "none"]
    assert main(arguments) == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert "report.pdf" in capsys.readouterr().out
