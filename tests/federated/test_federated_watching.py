"""What is shown of a federation at the terminals of its server and its sites."""

import json

import numpy as np
import pytest

from biomarkers.federated.messages import ENCRYPTED
from biomarkers.federated.watching import ServerProgress, Silent, SiteProgress, followed


class Listening:
    """A watcher that writes everything down."""

    def __init__(self):
        self.heard = []

    def say(self, text):
        self.heard.append(text)

    def __call__(self, done, total, what):
        self.heard.append((done, total, what))


class Rounds:
    """A server that asks for sums, then for updates."""

    def __init__(self, rounds):
        self.asked = [{"ask/sums": np.array(0.0)}]
        self.asked += [{"ask/update": np.array(float(each))} for each in range(1, rounds + 1)]
        self.taken = []

    def ask(self):
        return self.asked.pop(0) if self.asked else None

    def take(self, replies):
        self.taken.append(list(replies))


def test_rounds_are_shown_and_who_is_missing_as_it_changes():
    listening, server = Listening(), Rounds(4)
    shown = ServerProgress(server, ("A", "B"), 4, listening)
    for there in ("AB", "AB", "A", "A", "AB"):
        assert shown.ask() is not None
        shown.take({site: {} for site in there})
    assert shown.ask() is None
    assert server.taken == [[*there] for there in ("AB", "AB", "A", "A", "AB")]
    assert listening.heard == [
        "Answer    from A, B; training begins",
        (1, 4, "round 1: A, B"),
        "Sites     no answer from B; the others go on",
        (2, 4, "round 2: A"),
        (3, 4, "round 3: A"),
        "Sites     all answer again",
        (4, 4, "round 4: A, B"),
    ]


def test_a_site_sees_what_leaves_it_and_why_it_cannot_answer(tmp_path):
    listening, log = Listening(), tmp_path / "left.jsonl"
    log.write_text(json.dumps({"site": "A", "bytes": 7, "arrays": {"update": [1]}}) + "\n")
    sent = SiteProgress("A", 2, listening)
    with followed(log, sent), log.open("a") as file:
        for entry in (
            {"site": "A", "bytes": 24, "arrays": {"cases": [3]}},
            {"site": "B", "bytes": 24, "arrays": {"update": [3]}},
            {"site": "A", "bytes": 1000, "arrays": {"update": [125]}},
            {"site": "A", "bytes": 976, "arrays": {f"{ENCRYPTED}0": [976]}},
            *[{"site": "A", "failed": "the server has other terms"}] * 2,
        ):
            file.write(json.dumps(entry) + "\n")
        file.write('{"site": "A", half')
    assert listening.heard == [
        "Joined    the server asks, this site answers",
        (1, 2, "2 replies, 1,024 bytes"),
        (2, 2, "3 replies, 2,000 bytes"),
        "Failed    no answer was sent: the server has other terms",
    ]
    assert (sent.replies, sent.bytes, sent.failures) == (3, 2000, 2)


def test_nobody_has_to_watch(tmp_path):
    with followed(tmp_path / "absent.jsonl", pytest.fail):
        pass
    server = Rounds(1)
    shown = ServerProgress(server, ("A",), 1, Silent())
    while shown.ask() is not None:
        shown.take({"A": {}})
    assert server.taken == [["A"], ["A"]]  # sums, and a round
