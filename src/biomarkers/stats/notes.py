"""What an honest analysis says aloud, each as a topic and a sentence."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from biomarkers.stats.circularity import circular, immortal_time, perhaps_circular
from biomarkers.stats.findings import Findings, Note
from biomarkers.stats.labels import relabellings
from biomarkers.stats.missingness.notes import drop_out, what_if
from biomarkers.stats.words import count, listed, verb

FEW = 5  # below this many in a class, an AUC is an anecdote

_WORTH_NAMING = 0.05  # share of resamples below which another choice is left untold


def notes(found: Findings) -> pd.DataFrame:
    """Return every note, `topic` and `text`, in the order a reader needs them."""
    parts = (
        circular, perhaps_circular, immortal_time, _direction, _against, _stability, _sequence,
        _too_few_to_tell, _clusters, _few, _before_baseline, drop_out, what_if, _ratio,
        _subjects, _rows, _set_aside, _names,
    )  # fmt: skip
    return pd.DataFrame([note for part in parts for note in part(found)], columns=["topic", "text"])


def _direction(found: Findings) -> Iterator[Note]:
    auto = [marker.name for marker in found.plan.biomarkers if marker.direction == "auto"]
    if auto:
        yield (
            "direction",
            f"No direction was declared for {listed(auto)}: at each visit it was taken from the "
            "data, so the AUC is at least 0.5 by construction. The test is two-sided.",
        )


def _against(found: Findings) -> Iterator[Note]:
    tested, alpha = found.tables["separation"], found.plan.separation.alpha
    for row in tested[(tested["p_adjusted"] <= alpha) & (tested["auc"] < 0.5)].to_dict("records"):
        yield (
            "against_direction",
            f"{row['biomarker']} in {row['region']} differs at visit {row['visit']} (adjusted p = "
            f"{row['p_adjusted']:.2g}), but against the declared direction ({row['direction']} in "
            "positives); this does not count as separation.",
        )


def _stability(found: Findings) -> Iterator[Note]:
    shares = found.stability.shares.set_index(["biomarker", "region"])
    corrected = found.stability.corrected.set_index(["biomarker", "region"])["auc_corrected"]
    for entry in found.earliest:
        key = entry["biomarker"], entry["region"]
        if entry["visit"] is None or np.isnan(corrected[key]):
            continue
        mine = shares.loc[[key]].set_index("visit")["share"]
        others = [
            f"{f'visit {name}' if name else 'none'} in {share:.0%}"
            for name, share in mine.drop(str(entry["visit"])).items()
            if share >= _WORTH_NAMING
        ]
        yield (
            "stability",
            f"{key[0]} in {key[1]}: of {found.stability.draws} bootstrap samples of the subjects, "
            f"{mine[str(entry['visit'])]:.0%} chose visit {entry['visit']} as the earliest"
            f"{f'; {listed(others)}' if others else ''}. In the subjects that a sample left out, "
            f"the AUC at the visit it chose averages {corrected[key]:.2f} ({entry['auc']:.2f} as "
            "found, on the subjects it was chosen on).",
        )


def _sequence(found: Findings) -> Iterator[Note]:
    if not found.sequence:
        return
    hits = [step for step in found.sequence if step["separates"]]
    result = (
        f"the classes differ from visit {hits[0]['visit']} on (p = {hits[0]['p_adjusted']:.2g})"
        if hits
        else "not even the last visit separates"
    )
    yield (
        "sequence",
        f"The effect was declared beforehand to be sustained. Tested backward from the last visit, "
        f"each at the full level, {result}. This claims the visit, not which biomarker, and holds "
        "only if the declaration was made before looking.",
    )


def _too_few_to_tell(found: Findings) -> Iterator[Note]:
    smallest = 2 / relabellings(found.panel.positive, found.panel.units)
    if smallest > found.plan.separation.alpha:
        yield (
            "too_few_to_tell",
            f"With so few subjects no p-value can be smaller than {smallest:.2g}, whatever they "
            f"show; nothing can separate at alpha {found.plan.separation.alpha:g}.",
        )


def _clusters(found: Findings) -> Iterator[Note]:
    if found.plan.separation.cluster:
        yield (
            "clusters",
            f"Labels were permuted, and bootstrap samples drawn, by whole "
            f"{found.plan.separation.cluster}; the intervals of the AUC count them by their "
            "design effect. The t intervals of the class means take subjects as independent.",
        )


def _few(found: Findings) -> Iterator[Note]:
    tested = found.tables["separation"]
    fewest = tested[["n_positive", "n_negative"]].min(axis=1)
    for rows, told in (
        (tested[fewest == 0], "not tested, a class is absent"),
        (tested[(fewest > 0) & (fewest < FEW)], f"fewer than {FEW} of a class"),
    ):
        alike: dict[tuple[str, str], list[str]] = {}
        for (biomarker, region), mine in rows.groupby(["biomarker", "region"], sort=False):
            counts = [
                f"{row['visit']} ({row['n_positive']} and {row['n_negative']})"
                for row in mine.to_dict("records")
            ]
            alike.setdefault((str(region), listed(counts)), []).append(str(biomarker))
        for (region, counts_text), names in alike.items():
            yield (
                "few_subjects",
                f"{listed(names)} in {region}: {told} at visit {counts_text} (positives and "
                "negatives).",
            )


def _before_baseline(found: Findings) -> Iterator[Note]:
    early = [visit.name for visit in found.plan.before_baseline]
    if early:
        yield (
            "before_baseline",
            f"{verb(len(early), 'Visit', 'Visits')} {listed(early)} "
            f"{verb(len(early), 'lies', 'lie')} before the baseline (visit "
            f"{found.plan.baseline}): shown, but not tested.",
        )


def _ratio(found: Findings) -> Iterator[Note]:
    changes = found.tables["changes"]
    for marker in found.plan.biomarkers:
        if marker.change == "absolute":
            continue
        mine = changes[changes["biomarker"] == marker.name]
        advice = "" if marker.change_declared else ' (change = "absolute" would know it)'
        for problem, rows in (
            (f"a baseline of 0 or below, to which there is no ratio: no change is known{advice}",
             mine[mine["baseline_value"] <= 0]),
            (f"a value below 0, which has no ratio to its baseline: no change is known{advice}",
             mine[mine["value"] < 0]),
            ("a value of 0: the strongest decrease there is, ranked as such; where it occurs "
             "the class mean of the ratio is not defined",
             mine[(mine["value"] == 0) & (mine["baseline_value"] > 0)]),
        ):  # fmt: skip
            if len(rows):
                yield "ratio", f"{marker.name}: {_subjects_of(rows)} had {problem}."


def _subjects(found: Findings) -> Iterator[Note]:
    for topic, names, text in (
        ("unknown_outcome", found.outcome.unknown, "without a known outcome {were} left out"),
        ("ignored_outcome", found.outcome.ignored, "{were} left out, as the plan says"),
        ("never_measured", found.outcome.unmeasured, "with an outcome {were} never measured"),
    ):
        if names:
            told = text.format(were=verb(len(names), "was", "were"))
            yield topic, f"{count(len(names), 'subject')} {told}: {listed(names)}."


def _rows(found: Findings) -> Iterator[Note]:
    unused = found.tables["unused"]
    unclaimed = unused[unused["reason"] == "unclaimed_day"]
    if len(unclaimed):
        days = [f"{day:g}" for day in np.unique(unclaimed["day"])]
        yield (
            "unclaimed_days",
            f"{count(len(unclaimed), 'measurement')} on {verb(len(days), 'a day', 'days')} that "
            f"no visit claims {verb(len(unclaimed), 'was', 'were')} ignored: day {listed(days)}.",
        )
    nearer = int((unused["reason"] == "nearer_measurement").sum())
    if nearer:
        yield (
            "nearer_measurement",
            f"{count(nearer, 'measurement')} gave way to another in the same window, nearer to "
            "the visit's day (the earlier on a tie).",
        )


def _set_aside(found: Findings) -> Iterator[Note]:
    statuses = found.tables["attendance"]["status"]
    failed, excluded = (int((statuses == name).sum()) for name in ("failed_qc", "excluded"))
    if failed:
        yield "failed_qc", f"{count(failed, 'planned measurement')} failed quality control."
    if excluded:
        were = verb(excluded, "was", "were")
        yield "excluded", f"{count(excluded, 'planned measurement')} {were} excluded."
    idle = found.tables["exclusions"]
    for row in idle[idle["rows"] == 0].to_dict("records"):
        yield (
            "idle_exclusion",
            f"The exclusion of {row['subject']} ({row['reason']}) matches no measurement.",
        )


def _names(found: Findings) -> Iterator[Note]:
    if found.left_out:
        yield (
            "left_out",
            f"The plan does not name {listed(found.left_out)}; not analysed.",
        )


def _subjects_of(rows: pd.DataFrame) -> str:
    names = rows["subject"].unique()
    return f"{count(len(names), 'subject')} ({listed(list(names))})"
