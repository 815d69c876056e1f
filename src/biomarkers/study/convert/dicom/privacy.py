"""Which fields of a header identify somebody; nothing of them is copied unless asked for."""

import re
from collections.abc import Iterator
from typing import Any

from biomarkers.study.convert.dicom.header import Header

# Names, dates, times of day, unique identifiers, and free text.
_TYPES = ("PN", "DA", "TM", "DT", "UI", "LT", "ST", "UT")
_WORDS = re.compile(
    r"^(Other)?Patient(?!Weight|Size|Sex$|Position|Orientation)|Institution|Station|Physician|Operator|"
    r"Accession|StudyID|Comment|Description|ProtocolName|SerialNumber|Request|Perform|Schedul|"
    r"Admission|Insurance|Telephone|Address|Department|Reason|ContrastBolusAgent$"
)
# Identifiers of kinds of things, not of things, and frames by the thousand.
_PASSED = re.compile(r"ClassUID$|TransferSyntaxUID$|PerFrame|^Instance.?Number")
PRIVATE = "private elements"


def identifying(dataset: Any) -> frozenset[str]:
    """Return the names of the fields of a header that identify, nested ones among them."""
    return frozenset(_names(dataset))


def _names(dataset: Any) -> Iterator[str]:
    for element in dataset:
        if element.tag.is_private:
            yield PRIVATE
        elif _PASSED.search(element.keyword) or element.value in (None, "", []):
            continue
        elif element.VR == "SQ":
            for item in element.value:
                yield from _names(item)
        elif element.VR in _TYPES or _WORDS.search(element.keyword):
            yield element.keyword


def kept_fields(header: Header, keep: tuple[str, ...]) -> dict[str, str]:
    """Return the fields that were asked for by name and are filled in, as text."""
    values = {name: header.text(name) for name in keep if not name.endswith("Sequence")}
    return {name: value for name, value in values.items() if value}
