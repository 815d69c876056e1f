"""The notes of an analysis: what a reader must know of it, each a topic and a sentence."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from biomarkers.plan import biomarker_label, class_nouns, series_label
from biomarkers.stats.labels import relabellings
from biomarkers.stats.outcome_words import says_no
from biomarkers.stats.planned_analysis.circularity import circular, immortal_time, perhaps_circular
from biomarkers.stats.planned_analysis.findings import Findings, Note
from biomarkers.stats.planned_analysis.missing_notes import drop_out, what_if
from biomarkers.stats.planned_analysis.odd_values import odd_values
from biomarkers.stats.shown import p_text
from biomarkers.stats.words import count, listed, verb

FEW = 5  # below this many in a class, an AUC says little

_LEAST_SHARE = 0.05  # of resamples, from which another chosen visit is named


def notes(findings: Findings, further: Sequence[Note] = ()) -> pd.DataFrame:
    """Return every note, `topic` and `text`, in the order a reader needs them.

    Those of further analyses come last.
    """
    parts = (
        circular, perhaps_circular, immortal_time, odd_values, _uncompared, _direction, _against,
        _borderline, _stability, _sequence, _too_few_to_tell, _clusters, _few, _before_baseline,
        drop_out, what_if, _ratio, _negatives, _subjects, _rows, _set_aside, _names,
    )  # fmt: skip
    return pd.DataFrame(
        [*(note for part in parts for note in part(findings)), *further],
        columns=["topic", "text"],
    )


def _uncompared(findings: Findings) -> Iterator[Note]:
    """Say who has no change at any visit, as nobody without a baseline has."""
    table, plan = findings.tables["attendance"], findings.plan
    follow_up = table[table["visit"].isin([visit.name for visit in plan.follow_ups])]
    baseline = next(visit for visit in plan.visits if visit.name == plan.baseline)
    measured = follow_up[follow_up["status"] == "measured"]
    whose = ["subject", "biomarker", "region"]
    used = pd.MultiIndex.from_frame(measured[whose].drop_duplicates())
    uncompared = follow_up[~pd.MultiIndex.from_frame(follow_up[whose]).isin(used)]
    subjects = follow_up["subject"].nunique()  # attendance has all of them in every series
    for (biomarker, region), lost in uncompared.groupby(["biomarker", "region"], sort=False):
        for status, why in (
            ("no_baseline", f"no value at baseline (visit {plan.baseline}: day {baseline.text})"),
            ("no_change", "no ratio to baseline at any visit"),
        ):
            names = lost.loc[lost["status"] == status, "subject"].unique()
            if len(names):
                yield (
                    "uncompared",
                    f"{series_label(str(biomarker), str(region))}: {len(names)} of {subjects} "
                    f"subjects {verb(len(names), 'has', 'have')} {why}, and so count nowhere: "
                    f"{listed(list(names))}.",
                )


def _direction(findings: Findings) -> Iterator[Note]:
    auto = [biomarker_label(name) for name in findings.plan.undirected]
    if auto:
        yield (
            "direction",
            f"No direction was declared for {listed(auto)}: at each visit it was taken from the "
            "data, so the AUC is at least 0.5 by construction. The test is two-sided.",
        )


def _against(findings: Findings) -> Iterator[Note]:
    tested, settings = findings.tables["separation"], findings.plan.separation
    positives = class_nouns(findings.plan)[0]
    against = (tested["p_adjusted"] <= settings.alpha) & (tested["auc"] < 0.5)
    for row in tested[against].to_dict("records"):
        yield (
            "against_direction",
            f"{series_label(row['biomarker'], row['region'])} differs at visit {row['visit']} "
            f"(adjusted {p_text(row['p_adjusted'], settings.permutations)}), but against the "
            f"declared direction ({row['direction']} in {positives}); this does not count as "
            "separation.",
        )


def _borderline(findings: Findings) -> Iterator[Note]:
    """Name what separates by the test while the interval, another method, still holds ½."""
    tested = findings.tables["separation"]
    for row in tested[tested["separates"] & (tested["auc_low"] <= 0.5)].to_dict("records"):
        yield (
            "borderline",
            f"{series_label(row['biomarker'], row['region'])} separates at visit {row['visit']} "
            f"by the permutation test, but the interval of its AUC ({row['auc_low']:.3f} to "
            f"{row['auc_high']:.3f}) holds 0.5: the two are different methods, and the finding is "
            "on the border.",
        )


def _stability(findings: Findings) -> Iterator[Note]:
    shares = findings.stability.shares.set_index(["biomarker", "region"])
    corrected = findings.stability.corrected.set_index(["biomarker", "region"])["auc_corrected"]
    for entry in findings.earliest:
        key = entry["biomarker"], entry["region"]
        if entry["visit"] is None or np.isnan(corrected[key]):
            continue
        mine = shares.loc[[key]].set_index("visit")["share"]
        others = [
            f"{f'visit {name}' if name else 'none'} in {share:.0%}"
            for name, share in mine.drop(str(entry["visit"])).items()
            if share >= _LEAST_SHARE
        ]
        elsewhere = f"; {listed(others)}" if others else ""
        yield (
            "stability",
            f"{series_label(*key)}: of {findings.stability.draws} bootstrap samples of the "
            f"subjects, {mine[str(entry['visit'])]:.0%} chose visit {entry['visit']} as the "
            f"earliest{elsewhere}. A sample shows a higher AUC at the visit it chose than all "
            f"subjects do there; less this optimism, the AUC at visit {entry['visit']} is "
            f"{corrected[key]:.2f} ({entry['auc']:.2f} as found).",
        )


def _sequence(findings: Findings) -> Iterator[Note]:
    if not findings.sequence:
        return
    hits = [step for step in findings.sequence if step["separates"]]
    result = (
        f"the classes differ from visit {hits[0]['visit']} on "
        f"({p_text(hits[0]['p_adjusted'], findings.plan.separation.permutations)})"
        if hits
        else "not even the last visit separates"
    )
    yield (
        "sequence",
        f"The effect was declared beforehand to be sustained. Tested backward from the last visit, "
        f"each at the full level, {result}. This claims the visit, not which biomarker, and holds "
        "only if the declaration was made before looking.",
    )


def _too_few_to_tell(findings: Findings) -> Iterator[Note]:
    smallest = 2 / relabellings(findings.panel.positive, findings.panel.units)
    if smallest > findings.plan.separation.alpha:
        yield (
            "too_few_to_tell",
            f"With so few subjects no p-value can be smaller than {smallest:.2g}, whatever they "
            f"show; nothing can separate at alpha {findings.plan.separation.alpha:g}.",
        )


def _clusters(findings: Findings) -> Iterator[Note]:
    if findings.plan.separation.cluster:
        yield (
            "clusters",
            f"Labels were permuted, and bootstrap samples drawn, by whole "
            f"{findings.plan.separation.cluster}; the intervals of the AUC count them by their "
            "design effect. The t intervals of the class means take subjects as independent.",
        )


def _few(findings: Findings) -> Iterator[Note]:
    tested = findings.tables["separation"]
    fewest = tested[["n_positive", "n_negative"]].min(axis=1)
    for rows, problem in (
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
            series = listed([series_label(name, region) for name in names])
            yield (
                "few_subjects",
                f"{series}: {problem} at visit {counts_text} "
                f"({' and '.join(class_nouns(findings.plan))}).",
            )


def _before_baseline(findings: Findings) -> Iterator[Note]:
    early = [visit.name for visit in findings.plan.before_baseline]
    if early:
        yield (
            "before_baseline",
            f"{verb(len(early), 'Visit', 'Visits')} {listed(early)} "
            f"{verb(len(early), 'lies', 'lie')} before the baseline (visit "
            f"{findings.plan.baseline}): shown, but not tested.",
        )


def _ratio(findings: Findings) -> Iterator[Note]:
    changes = findings.tables["changes"]
    changes = changes[(changes["baseline_value"] <= 0) | (changes["value"] <= 0)]
    doubtful = set(changes["biomarker"])
    for marker in findings.plan.biomarkers:
        if marker.change == "absolute" or marker.name not in doubtful:
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


def _negatives(findings: Findings) -> Iterator[Note]:
    """List who is negative by which value, where the plan names only the positives."""
    outcome, plan = findings.outcome, findings.plan
    values = outcome.value[~outcome.positive]
    if plan.negative or (len(set(values)) == 1 and says_no(values.iloc[0])):
        return
    who = [
        f"{value} ({listed(list(rows.index))})" for value, rows in values.groupby(values, sort=True)
    ]
    yield (
        "negative_values",
        f"The plan names no negatives: whoever is not positive counts as one, by {plan.outcome} "
        f"{'; '.join(who)}.",
    )


def _subjects(findings: Findings) -> Iterator[Note]:
    for topic, names, text in (
        ("unlisted", findings.outcome.unlisted, "not among the participants {were} left out"),
        ("unknown_outcome", findings.outcome.unknown, "without a known outcome {were} left out"),
        ("ignored_outcome", findings.outcome.ignored, "{were} left out, as the plan says"),
        ("never_measured", findings.outcome.unmeasured, "with an outcome {were} never measured"),
    ):
        if names:
            fate = text.format(were=verb(len(names), "was", "were"))
            yield topic, f"{count(len(names), 'subject')} {fate}: {listed(names)}."


def _rows(findings: Findings) -> Iterator[Note]:
    unused = findings.tables["unused"]
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


def _set_aside(findings: Findings) -> Iterator[Note]:
    statuses = findings.tables["attendance"]["status"]
    failed, excluded = (int((statuses == name).sum()) for name in ("failed_qc", "excluded"))
    if failed:
        yield "failed_qc", f"{count(failed, 'planned measurement')} failed quality control."
    if excluded:
        were = verb(excluded, "was", "were")
        yield "excluded", f"{count(excluded, 'planned measurement')} {were} excluded."
    idle = findings.tables["exclusions"]
    for row in idle[idle["rows"] == 0].to_dict("records"):
        yield (
            "idle_exclusion",
            f"The exclusion of {row['subject']} ({row['reason']}) matches no measurement.",
        )


def _names(findings: Findings) -> Iterator[Note]:
    if findings.left_out:
        yield (
            "left_out",
            f"The plan does not name {listed(findings.left_out)}; not analysed.",
        )


def _subjects_of(rows: pd.DataFrame) -> str:
    names = rows["subject"].unique()
    return f"{count(len(names), 'subject')} ({listed(list(names))})"
