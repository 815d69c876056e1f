# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own spreadsheet
#
# A workbook as it grew in a laboratory: a sheet per marker, days across, decimal commas, a title, a
# remark where a number should be. From it to a plan, the questions it asks, and a report.

# %%
import json
from pathlib import Path

import numpy as np
import openpyxl
from IPython.display import Image

from biomarkers import workflow
from biomarkers.errors import TableError
from biomarkers.report import answer
from biomarkers.table import TableOptions

# %% [markdown]
# ## The workbook
#
# Sixteen invented rats. In the eight responders Ktrans falls by 45 % from day 3 on, and the tumour
# grows less from day 10 on. Somebody typed the numbers as text with commas, wrote `mort` for rats
# that had died, and `n.d.` once.

# %%
random = np.random.default_rng(4)
days = [0, 3, 10, 17]
rats = [f"Rat {number}" for number in range(1, 17)]
responds = {rat: number < 8 for number, rat in enumerate(rats)}


def typed(value):
    """Return a number as it was typed."""
    return f"{value:.3g}".replace(".", ",")


def measured(rat, marker, day):
    """Return a cell: a number with its comma, or a word."""
    if rat in ("Rat 14", "Rat 16") and day == 17:
        return "mort"
    if (rat, marker, day) == ("Rat 5", "Ktrans", 10):
        return "n.d."
    level = {"Ktrans": 0.09, "Volume": 38.0}[marker]
    effect = {
        "Ktrans": 0.55 if responds[rat] and day >= 3 else 1.0,
        "Volume": np.exp(0.08 * (min(day, 6) if responds[rat] else day)),
    }[marker]
    return typed(level * effect * np.exp(random.normal(0, 0.15)))


book = openpyxl.Workbook()
book.remove(book.active)
for marker, unit in (("Ktrans", "min-1"), ("Volume", "mm3")):
    sheet = book.create_sheet(marker)
    sheet.append([f"Étude gliome 2025 : {marker} ({unit})"])
    sheet.append([])
    sheet.append(["Rat", "Groupe", *(f"J{day}" for day in days), "Remarques"])
    for number, rat in enumerate(rats):
        group = "Traité" if number < 10 else "Contrôle"
        cells = [measured(rat, marker, day) for day in days]
        sheet.append([rat, group, *cells, "mouvement ?" if number == 4 else None])
people = book.create_sheet("Animaux")
people.append(["Rat", "Groupe", "Répondeur"])
for number, rat in enumerate(rats):
    group = "Traité" if number < 10 else "Contrôle"
    people.append([rat, group, "oui" if responds[rat] else "non"])
book.save("gliome.xlsx")
for row in book["Ktrans"].iter_rows(min_row=1, max_row=7, values_only=True):
    print(*("" if cell is None else cell for cell in row), sep="\t")

# %% [markdown]
# ## What it asks
#
# `biomarkers plan gliome.xlsx --participants gliome.xlsx --participants-sheet Animaux` drafts a
# plan; from Python it is `workflow.draft_plan`. What could be meant in two ways is not guessed. All
# of it is asked at once, with the place and what to say:

# %%
sheets = TableOptions(sheet=("Ktrans", "Volume"), participants_sheet="Animaux")
try:
    workflow.draft_plan("gliome.xlsx", "gliome.xlsx", options=sheets)
except TableError as error:
    print(error)

# %% [markdown]
# `mort` and `n.d.` mean that nothing was measured. We say so, and it is written into the plan, so
# that it is said once.

# %%
sheets = TableOptions(
    sheet=("Ktrans", "Volume"), participants_sheet="Animaux", missing=("mort", "n.d.")
)
draft = workflow.draft_plan("gliome.xlsx", "gliome.xlsx", options=sheets)
print(*draft.guesses, sep="\n")

# %% [markdown]
# Whatever was guessed is told, and is in the record of the analysis. The draft:

# %%
text = Path(draft.path).read_text(encoding="utf-8")
print(text)

# %% [markdown]
# ## Decisions
#
# What its comments ask is for people, before anybody looks at a test. Here: both markers are lower
# in responders, rats that died would have had a larger tumour than any measured, and a cut-off and
# a model of all visits are wanted too. In an editor these are a few words; then the plan is dated.

# %%
decisions = {
    'direction = "auto" ': 'direction = "lower"',
    '# labels = ["responders", "non-responders"]': 'labels = ["responders", "non-responders"]',
    "\n[separation]": 'worst = "higher"               # of rats that died\n\n[separation]',
    "# [cutoff]": "[cutoff]",
    "# [models]": "[models]",
}
for drafted, decision in decisions.items():
    assert drafted in text
    text = text.replace(drafted, decision)
characters = Path(draft.path).write_text(f"# Decided on 3 March 2025.\n{text}", encoding="utf-8")

# %% [markdown]
# ## Results
#
# `biomarkers analyse gliome.xlsx --participants gliome.xlsx --plan plan.toml --out out`:

# %%
done = workflow.analyse("gliome.xlsx", "out", participants="gliome.xlsx", plan=draft.path)
print(*answer(done.results), sep="\n")

# %%
columns = ["biomarker", "visit", "n_positive", "n_negative", "auc", "p_adjusted", "separates"]
done.results.separation[columns].round(4)

# %% [markdown]
# ## Figures of the report
#
# The report is one file, `out/report.html`; its figures lie beside it as SVG, PDF and PNG, for a
# paper.

# %%
figures = json.loads((done.report.parent / "figures" / "figures.json").read_text("utf-8"))
for figure in figures:
    print(f"{figure['name']:24} {figure['caption'][:70]}")

# %% tags=["thumbnail"]
Image(done.report.parent / "figures" / f"{figures[0]['name']}.png", width=640)

# %% [markdown]
# What was not decided, or might mislead, is said at the end of the report:

# %%
print(*done.results.tables["notes"]["text"], sep="\n")
