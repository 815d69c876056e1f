"""Flower between machines: who is let in, over loopback."""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from tests.federated import toy_federation as toy

from biomarkers.errors import FederationError
from biomarkers.federated.engines import load_engine, run_reference
from biomarkers.federated.engines.flower.connections import ServerConnection, SiteConnection
from biomarkers.federated.engines.flower.keys import make_keys
from biomarkers.federated.engines.flower.server import listening
from biomarkers.federated.engines.flower.site import take_part
from biomarkers.federated.engines.leaving import summary

pytestmark = pytest.mark.engines
pytest.importorskip("flwr", reason="Flower is in an environment of its own: make check-federated")

from tests.federated.authority import authority  # noqa: E402


class Waiting(toy.GradientServer):
    """A server that asks nothing until it may."""

    def __init__(self) -> None:
        super().__init__(4, rounds=3)
        self.may = threading.Event()

    def ask(self):
        assert self.may.wait(120)
        return super().ask()


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    """A server with TLS for A, B and C, and the connection of each, and of D, which is unknown."""
    folder = tmp_path_factory.mktemp("flower")
    ca, certificate, key = authority(folder, "right")
    keys = {name: make_keys(folder, name) for name in "ABCD"}
    allowed = {name: keys[name][1] for name in "ABC"}
    with listening(ServerConnection(allowed, "127.0.0.1:0", certificate, key, 120.0)) as link:
        yield (
            link,
            {
                name: SiteConnection(
                    name, f"127.0.0.1:{link.port}", private, ca, str(folder / f"{name}.jsonl"), 60.0
                )
                for name, (private, _) in keys.items()
            },
            folder,
        )


def test_three_sites_with_certificates_and_nobody_else(encrypted):
    link, connections, folder = encrypted
    makers = toy.makers(folder)
    sites = {name: maker() for name, maker in makers.items()}
    reference, server = toy.GradientServer(4, rounds=3), Waiting()
    run_reference(reference, makers)
    wrong_ca = authority(folder, "wrong")[0]
    with pytest.raises(FederationError, match=r"is not who it should be: .* not signed by that in"):
        take_part(sites["A"], replace(connections["A"], ca=wrong_ca))
    with pytest.raises(FederationError, match=r"refuses site D: it does not know its key"):
        take_part(sites["A"], connections["D"])
    with pytest.raises(FederationError, match=r"no server answers at 127.0.0.1"):
        take_part(sites["A"], replace(connections["A"], ca="", wait=0.5))
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(take_part, sites[name], connections[name]) for name in "ABC"]
        running.append(pool.submit(link.drive, server))
        link.wait_for_sites()
        with pytest.raises(FederationError, match=r"refuses site A: .*a site with this key is the"):
            take_part(sites["A"], connections["A"])
        server.may.set()
        for each in running:
            each.result(120)
    assert server.weights.tobytes() == reference.weights.tobytes()
    lines = [json.loads(line) for line in (folder / "A.jsonl").read_text().splitlines()]
    assert [line["round"] for line in lines] == [1, 2, 3]
    for line, heard in zip(lines, reference.heard, strict=True):
        assert {name: line[name] for name in ("arrays", "bytes", "sha256")} == summary(heard["A"])


def test_a_key_of_two_sites_or_of_none_is_refused(tmp_path):
    _, public = make_keys(tmp_path, "A")
    for sites, says in (
        ({"A": public, "B": public}, r"site B: .*A.pub is the key of another site"),
        ({"A": str(tmp_path / "absent")}, r"absent is no file; expected a key of a site"),
    ):
        with pytest.raises(FederationError, match=says), listening(ServerConnection(sites)):
            pass
    (tmp_path / "no.pub").write_text("no key")
    with (
        pytest.raises(FederationError, match=r"no.pub holds no key .* ssh-keygen -t ecdsa"),
        listening(ServerConnection({"A": str(tmp_path / "no.pub")})),
    ):
        pass


def test_a_site_that_cannot_be_made_is_named_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(each for each in sys.path if each))
    absent = toy.gradient_maker("A", str(tmp_path / "absent.npz"))
    with pytest.raises(FederationError, match=r"site A: its process has failed \(1\)"):
        load_engine("flower")(toy.GradientServer(4, rounds=1), {"A": absent}, None)


def test_a_site_that_goes_is_left_out(tmp_path):
    """The rest go on; the server hears of it by the name that is missing."""
    keys = {name: make_keys(tmp_path, name) for name in "AB"}
    allowed = {name: public for name, (_, public) in keys.items()}
    sites = {name: maker() for name, maker in toy.makers(tmp_path).items() if name in "AB"}
    server = toy.GradientServer(4, rounds=2)
    with listening(ServerConnection(allowed, wait=20.0)) as link, ThreadPoolExecutor(3) as pool:
        lines = {
            name: SiteConnection(name, f"127.0.0.1:{link.port}", private, log=str(tmp_path / name))
            for name, (private, _) in keys.items()
        }
        driving = pool.submit(link.drive, server)
        staying = pool.submit(take_part, sites["A"], replace(lines["A"], log=f"{tmp_path}/a.log"))
        leaving = pool.submit(
            take_part, toy.LeavingSite(sites["B"]), replace(lines["B"], log=f"{tmp_path}/b.log")
        )
        with pytest.raises(KeyboardInterrupt):
            leaving.result(60)
        driving.result(60)
        staying.result(60)
    assert [list(each) for each in server.heard] == [["A", "B"], ["A"]]
    assert np.isfinite(server.weights).all()


def test_sites_hear_that_the_server_has_stopped(tmp_path):
    """They would wait for it to come back."""
    private, public = make_keys(tmp_path, "A")
    site = toy.makers(tmp_path)["A"]()

    class Stopping(toy.GradientServer):
        def take(self, replies):
            raise FederationError("the common weights are no longer finite")

    with (
        listening(ServerConnection({"A": public}, wait=60.0)) as link,
        ThreadPoolExecutor(1) as pool,
    ):
        line = SiteConnection("A", f"127.0.0.1:{link.port}", private, log=f"{tmp_path}/a.log")
        taking = pool.submit(take_part, site, line)
        with pytest.raises(FederationError, match="no longer finite"):
            link.drive(Stopping(4, rounds=2))
        with pytest.raises(FederationError, match="has stopped before all was done"):
            taking.result(60)
