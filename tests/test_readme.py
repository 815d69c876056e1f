"""The script on the first screen of the README does what it says."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"

PLAN = """
outcome = "responder"
positive = 1
baseline = 0
[visits]
0 = [0]
3 = [3]
[biomarkers.Ktrans]
change = "log_ratio"
"""


@pytest.fixture
def demonstrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out what `make demo` leaves behind, with a table of twelve rats."""
    study = tmp_path / "demo" / "study"
    study.mkdir(parents=True)
    rows = ["subject\tday\tregion\tbiomarker\tvalue\tunit"]
    for rat in range(12):
        for day in (0, 3):
            value = 0.1 * (0.5 if day and rat < 6 else 1.0) + 0.001 * rat
            rows.append(f"{rat}\t{day}\ttumor\tKtrans\t{value}\t1/min")
    (tmp_path / "demo" / "measurements.tsv").write_text("\n".join(rows))
    people = [f"sub-{rat}\t{int(rat < 6)}" for rat in range(12)]
    (study / "participants.tsv").write_text("\n".join(["participant_id\tresponder", *people]))
    (study / "plan.toml").write_text(PLAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_script_runs_and_shows_the_separation(demonstrated, capsys) -> None:
    (script,) = re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)
    exec(compile(script, "README.md", "exec"), {})
    assert "Ktrans" in capsys.readouterr().out
    assert (demonstrated / "again" / "report.html").exists()


def test_the_two_commands_stand_on_the_first_screen() -> None:
    first_screen = README.read_text().splitlines()[:30]
    for command in ("make demo", "make test"):
        assert any(line.startswith(command) for line in first_screen), command
