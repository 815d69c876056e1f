"""Which contrast agent a free text names."""

import re

from biomarkers.cbv import find_agent
from biomarkers.dce.agents import AGENT_NAMES
from biomarkers.errors import InputError

_WORD = re.compile(r"[a-z][a-z0-9-]*")


def agent_in(text: str) -> str:
    """Return the first known agent that a text names by any of its names; empty if it names none.

    Only the name is taken: what else people write beside it may identify somebody.

    Examples
    --------
    >>> from biomarkers.study.convert.agent import agent_in
    >>> agent_in("Dotarem 10 ml i.v.")
    'Gd-DOTA'

    """
    for word in _WORD.findall(text.lower()):
        if word in AGENT_NAMES:
            return AGENT_NAMES[word]
        try:
            return find_agent(word).name
        except InputError:
            continue
    return ""
