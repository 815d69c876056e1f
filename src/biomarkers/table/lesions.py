"""Several lesions of one subject: each a subject of the analysis, tied together as a cluster.

Lesions of one animal are alike, and their outcome is that of the animal: nine lesions in four
animals are not nine independent subjects, nor nine biomarkers.
"""

import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.columns import CLUSTER
from biomarkers.table.sheets import cell_text

LESION = "lesion"


def with_lesions_as_subjects(frame: pd.DataFrame, source: str) -> tuple[pd.DataFrame, list[str]]:
    """Return measurements whose subject is `subject/lesion`, and what was made of them in words.

    The column `individual` says whose a lesion is.

    Raises
    ------
    TableError
        If a lesion has no name.

    """
    subject = frame["subject"].map(cell_text).str.removeprefix("sub-")
    lesion = frame[LESION].map(cell_text)
    blank = list(dict.fromkeys(frame.index[(lesion == "") & (subject != "")]))
    if blank:
        raise TableError(
            [f"row {row}, column lesion: found nothing, expected its name" for row in blank], source
        )
    named = (subject + "/" + lesion).where(subject != "", "")
    lesions, whose = (each[each != ""].nunique() for each in (named, subject))
    guess = (
        f"{lesions} lesions of {whose} subjects: each lesion is analysed as a subject, those of "
        "one subject together."
    )
    return frame.drop(columns=LESION).assign(subject=named, **{CLUSTER: subject}), [guess]


def participants_by_lesion(participants: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Return the participants with a row for each of their lesions.

    Parameters
    ----------
    participants
        One row per subject; those without a lesion keep theirs.
    measured
        Measurements with a column `individual`.

    Returns
    -------
    DataFrame
        `subject` is the lesion, `individual` whose it is, for `separation.cluster` of a plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import participants_by_lesion
    >>> people = pd.DataFrame({"subject": ["m1", "m2"], "responder": [1, 0]})
    >>> rows = pd.DataFrame({"subject": ["m1/a", "m1/b"], "individual": ["m1", "m1"]})
    >>> participants_by_lesion(people, rows).to_numpy().tolist()
    [['m1/a', 1, 'm1'], ['m1/b', 1, 'm1'], ['m2', 0, 'm2']]

    """
    lesions = measured[["subject", CLUSTER]].drop_duplicates()
    renamed = participants.rename(columns={"subject": CLUSTER}).drop_duplicates()
    joined = renamed.merge(lesions, on=CLUSTER, how="left")
    joined["subject"] = joined["subject"].fillna(joined[CLUSTER])
    facts = [name for name in participants if name not in ("subject", CLUSTER)]
    return joined[["subject", *facts, CLUSTER]]
