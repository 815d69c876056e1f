"""What leaves a site is checked and written down; addresses on a network need certificates."""

import json

import numpy as np
import pytest
from tests.federated import toy_federation as toy

from biomarkers.errors import FederationError
from biomarkers.federated.engines.addresses import Endpoint
from biomarkers.federated.engines.flower.connections import ServerConnection, SiteConnection
from biomarkers.federated.engines.flower.records import from_record
from biomarkers.federated.engines.leaving import WatchedSite, failing_by_their_log, summary
from biomarkers.federated.engines.nvflare.bridge import packed, unpacked


class Telling:
    name = "A"

    def __init__(self, reply):
        self._reply = reply

    def reply(self, message):
        return self._reply


def test_every_reply_is_written_down(tmp_path):
    log = tmp_path / "logs" / "left.jsonl"
    site = WatchedSite(toy.EchoSite("A"), log)
    assert site.reply(toy.ODD) is toy.ODD
    site.failed("no more")
    first, second = map(json.loads, log.read_text().splitlines())
    assert first["round"] == 1
    assert first["arrays"] == {"nothing": [0, 3], "number": [], "none": [6], "turned/äöü": [3, 2]}
    assert first["bytes"] == 13 * 8
    assert second["failed"] == "no more"
    other = {**toy.ODD, "number": np.array(0.3)}
    assert summary(other)["sha256"] != first["sha256"]


@pytest.mark.parametrize(
    "value", ["s07", ["s07"], np.array(["s07"]), np.array([1]), np.zeros(2, np.float32), 1.0]
)
def test_nothing_but_arrays_of_float64_leaves_a_site(value, tmp_path):
    site = WatchedSite(Telling({"sum": value}), tmp_path / "left.jsonl")
    with pytest.raises(FederationError, match=r"site A: sum is .*, expected an array of float64"):
        site.reply({})
    assert not (tmp_path / "left.jsonl").exists()


def test_why_a_site_failed_is_found_in_its_log(tmp_path):
    log = tmp_path / "left.jsonl"
    WatchedSite(toy.EchoSite("A"), log).failed("no age")
    with (
        pytest.raises(FederationError, match=r"^site A cannot answer: no age$"),
        failing_by_their_log({"A": str(log), "B": str(tmp_path / "absent")}),
    ):
        raise FederationError("something")


def test_a_record_that_holds_no_arrays_is_none():
    assert from_record({}) is None
    assert from_record({"message": {"sum": "s07"}}) is None


def test_a_message_is_the_same_across_the_bridge():
    assert toy.as_bytes(unpacked(packed(toy.ODD))) == toy.as_bytes(toy.ODD)
    assert unpacked(packed({})) == {}


@pytest.mark.parametrize("address", ["localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"])
def test_loopback_may_go_without_certificates(address):
    assert Endpoint(address).is_loopback
    assert SiteConnection("A", address, "key").address == address


@pytest.mark.parametrize("address", ["0.0.0.0:1", "192.168.1.2:1", "[::]:1", "server.example:1"])
def test_a_network_may_not(address):
    with pytest.raises(FederationError, match=r"is on a network, and ca not given: without"):
        SiteConnection("A", address, "key")
    with pytest.raises(FederationError, match=r"certificate and key not given"):
        ServerConnection({"A": "A.pub"}, address, certificate="server.pem")
    assert ServerConnection({"A": "A.pub"}, address, "server.pem", "server.key").wait == 600.0


@pytest.mark.parametrize("address", ["server", ":80", "a:b", "a:70000"])
def test_what_is_no_address_is_named(address):
    with pytest.raises(FederationError, match=r"address: found .*, expected host:port"):
        SiteConnection("A", address, "key")


def test_a_server_without_sites_is_refused():
    with pytest.raises(FederationError, match="sites: found none"):
        ServerConnection({})
