"""What page and checklists claim is so of classes, times, networks, forests, and overlaps."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from biomarkers import predict, workflow
from biomarkers.report import write_prediction_report

BARE = predict.Validation(folds=3, repeats=1, permutations=0)
NTR = ("N", "T", "R")


def tables(*, prefix="s", seed=1, count=36):
    """Rows of four features, and people with a class of two, one of three, a time and an age."""
    random = np.random.default_rng(seed)
    names, number = [f"{prefix}{each:02d}" for each in range(count)], np.arange(count)
    group = np.array(NTR)[number % 3]
    rows = pd.DataFrame(random.normal(size=(count, 4)), columns=["glcm_a", "glcm_b", "x", "y"])
    rows = rows.assign(
        subject=names, x=rows["x"] + 2 * (number % 2), y=rows["y"] + 2 * (group == "T")
    )
    people = pd.DataFrame({
        "subject": names, "response": number % 2, "group": group, "died": number % 4 > 0,
        "time": random.exponential(9, count), "age": random.normal(60, 9, count),
    })  # fmt: skip
    return rows, people.astype({"died": int})


def cohort(outcome="response", *, blocks=None, site=None, **how):
    rows, people = tables(**how)
    if site is not None:
        people["site"] = site
    return predict.Cohort.from_tables(
        rows, people, outcome=outcome, blocks=blocks, site=None if site is None else "site",
        classes=NTR if outcome == "group" else (),
    )  # fmt: skip


def section_of(page, anchor):
    return page.split(f'<section id="{anchor}">')[1].split("</section>")[0]


def items_of(page, guideline):
    """Return status and place of each item of a checklist, by its number."""
    table = page.split(f'id="checklist-{guideline}"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    told = [[re.sub("<[^>]+>", "", each) for each in row] for row in cells]
    return {row[0]: (row[2], row[3]) for row in told if len(row) == 4}


def page_of(seen, tmp_path, **given):
    path = write_prediction_report(seen, tmp_path / "report.html", figures="none", **given)
    return path.read_text()


def test_a_second_run_into_a_folder_leaves_no_table_of_the_first(tmp_path):
    pytest.importorskip("skops", reason="an extra")
    rows, people = tables()
    rows.to_csv(tmp_path / "rows.csv", index=False)
    people.to_csv(tmp_path / "people.csv", index=False)
    out = tmp_path / "out"
    plan, head = tmp_path / "plan.toml", "[predict]\nfolds = 3\nrepeats = 1\npermutations = 0\n"

    def run(text):
        plan.write_text(head + text)
        made = workflow.predict(tmp_path / "rows.csv", tmp_path / "people.csv", out, plan=plan,
                                figures="none")  # fmt: skip
        written = {path.name for path in out.glob("*.csv")}
        linked = set(re.findall(r'href="(\w+\.csv)"', made.report.read_text()))
        assert linked == written
        return written

    assert "net_benefit.csv" in run("outcome = 'response'\nblocks = { clinical = ['age'] }\n")
    (out / "mine.csv").write_text("kept\n")
    plan.write_text(head + "outcome = 'group'\nclasses = ['N', 'T', 'R']\n")
    workflow.predict(tmp_path / "rows.csv", tmp_path / "people.csv", out, plan=plan, figures="none")
    assert (out / "mine.csv").is_file()
    (out / "mine.csv").unlink()
    written = run("outcome = 'group'\nclasses = ['N', 'T', 'R']\n")
    assert not {"gain.csv", "calibration.csv", "calibration_curve.csv", "net_benefit.csv"} & written
    assert "confusion.csv" in written


def test_only_what_the_study_has_is_linked(tmp_path):
    for name in ("gain.csv", "times.csv", "case_mix.csv", "performance.csv"):
        (tmp_path / name).write_text("of whoever\n")
    (tmp_path / "rule").mkdir()
    (tmp_path / "rule" / "card.md").write_text("of whoever\n")
    seen = predict.evaluate(predict.recipe("logistic"), cohort(), settings=BARE)
    told = section_of(page_of(seen, tmp_path), "provenance")
    assert re.findall(r'href="([^"]+)"', told) == ["performance.csv"]


def test_a_cohort_of_known_subjects_is_no_external_test(tmp_path):
    known = cohort()
    rule = predict.fit(predict.recipe("logistic"), known)
    seen = predict.evaluate(predict.recipe("logistic"), known, settings=BARE)

    def items(external, rule=rule):
        page = page_of(seen, tmp_path, rule=rule, external=external)
        return items_of(page, "metrics")["27"], items_of(page, "claim")["33"]

    others = predict.validate(rule, cohort(prefix="x", seed=2))
    assert [status for status, _ in items(others)] == ["reported"] * 2
    rows, people = tables(prefix="x", seed=2)
    some = predict.validate(rule, predict.Cohort.from_tables(
        rows.replace("x00", "s00"), people.replace("x00", "s00"), outcome="response"
    ))  # fmt: skip
    assert items(some) == (("no", "1 subject of the other cases is among those of the rule"),) * 2
    nameless = replace(rule, card=rule.card | {"subject_hashes": []})
    assert [status for status, _ in items(others, nameless)] == ["open"] * 2
    assert items(None)[0] == ("no", "no cohort of other cases was given")
