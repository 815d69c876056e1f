"""Whether a judgement, a rule and a validation are of one study: one recipe, one cohort."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from biomarkers.errors import InputError


def study_digest(recipe: Mapping[str, Any], cohort: str) -> str:
    """Return the SHA-256 of a recipe and a cohort; empty where the cohort is not known.

    Parameters
    ----------
    recipe
        From `Recipe.declared`, or of a saved rule.
    cohort
        `Cohort.digest`; a federation keeps none.

    """
    if not cohort:
        return ""
    text = json.dumps([recipe, cohort], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def check_one(name: str, digest: str, other: str, *, what: str) -> None:
    """Refuse what is of another study, where both digests are known.

    Raises
    ------
    InputError
        If they differ.

    """
    if digest and other and digest != other:
        raise InputError(
            f"{name}: found one of another {what} than the judgement's (SHA-256 {digest[:12]}…, "
            f"not {other[:12]}…); expected the same study throughout"
        )
