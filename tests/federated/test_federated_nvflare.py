"""NVFlare between machines, with start-up kits: who is let in, over loopback."""

import json
import os
import shutil
import sys
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.federated import toy_federation as toy
from tests.federated.provision import ADMIN, free_ports, provision

from biomarkers.errors import FederationError
from biomarkers.federated.engines import run_reference
from biomarkers.federated.engines.leaving import summary

pytestmark = pytest.mark.engines
pytest.importorskip("nvflare", reason="NVFlare is in an environment of its own: check-federated")

from nvflare.fuel.flare_api import flare_api  # noqa: E402

from biomarkers.federated.engines.nvflare import submit  # noqa: E402
from biomarkers.federated.engines.nvflare.real import (  # noqa: E402
    ServerKit,
    SiteKit,
    serve,
    take_part,
)


def test_three_sites_of_one_provision_and_nobody_else(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(each for each in sys.path if each))
    ports = free_ports()
    kits, foreign = (provision(tmp_path / name, ports) for name in ("right", "wrong"))
    makers = toy.makers(tmp_path)
    reference, server = (toy.GradientServer(4, rounds=3) for _ in range(2))
    run_reference(reference, makers)
    here = {
        name: SiteKit(name, str(kits / name), f"{tmp_path}/{name}.jsonl", 600.0) for name in "ABCD"
    }
    given = ServerKit(str(kits / "localhost"), str(kits / ADMIN), ("A", "B", "C"), 600.0)
    with ThreadPoolExecutor(4) as pool:
        running = [
            pool.submit(serve, server, given),
            pool.submit(take_part, makers["A"], here["A"]),
        ]
        wait_for(kits / "A" / "biomarkers" / "registered", running)
        with pytest.raises(FederationError, match=r"do not trust each other: they are not of one"):
            take_part(makers["B"], SiteKit("B", str(foreign / "B"), "left.jsonl", 60.0))
        with pytest.raises(FederationError, match=r"refuses site D: it is not on its list"):
            take_part(makers["A"], here["D"])
        double = shutil.copytree(kits / "A", tmp_path / "double")
        with pytest.raises(FederationError, match=r"refuses site A: .* or is there already"):
            take_part(makers["A"], SiteKit("A", str(double), "left.jsonl", 60.0))
        running += [pool.submit(take_part, makers[name], here[name]) for name in "BC"]
        for each in running:
            each.result(600)
    assert server.weights.tobytes() == reference.weights.tobytes()
    lines = [json.loads(line) for line in (tmp_path / "A.jsonl").read_text().splitlines()]
    for line, heard in zip(lines, reference.heard, strict=True):
        assert {name: line[name] for name in ("arrays", "bytes", "sha256")} == summary(heard["A"])
    policy = json.loads((kits / "A" / "local" / "resources.json").read_text())
    assert len(policy["class_allow_list"]) == 2
    assert not any("log" in each["id"] for each in policy["components"])


def wait_for(file: Path, running: list[Future[None]]) -> None:
    for _ in range(600):
        if file.exists():
            return
        for each in wait(running, 0.2, return_when=FIRST_EXCEPTION).done:
            each.result()
    pytest.fail(f"{file} did not come")


def test_a_folder_that_is_no_kit_is_refused(tmp_path):
    with pytest.raises(FederationError, match=r"is no start-up kit of a client"):
        take_part(toy.echo_maker("A"), SiteKit("A", str(tmp_path)))


class Session:
    """Of NVFlare's administrator, for jobs that end as they are told to."""

    def __init__(self, *ends: str) -> None:
        self.ends, self.submitted = ends, 0

    def get_system_info(self) -> SimpleNamespace:
        return SimpleNamespace(client_info=[SimpleNamespace(name=name) for name in "AB"])

    def submit_job(self, job: str) -> str:
        self.submitted += 1
        return str(self.submitted)

    def get_job_meta(self, job: str) -> dict[str, object]:
        detail = ["A: no reply (deployment timeout)"]
        return {"status": self.ends[int(job) - 1], "job_deploy_detail": detail}

    def close(self) -> None:
        pass


def submitted(tmp_path, monkeypatch, session: Session, wait: str) -> int:
    where = {"host": "127.0.0.1", "port": 1, "username": ADMIN}
    (tmp_path / "startup").mkdir()
    (tmp_path / "startup" / "fed_admin.json").write_text(json.dumps({"admin": where}))
    monkeypatch.setattr(submit, "_wait_for_port", lambda *_: None)
    monkeypatch.setattr(flare_api, "new_secure_session", lambda *_, **__: session)
    return submit.main(str(tmp_path), "job", wait, "A", "B")


def test_a_job_that_did_not_reach_a_site_is_submitted_again(tmp_path, monkeypatch, capsys):
    session = Session("FINISHED:FAILED_TO_RUN", "FINISHED:CAN_NOT_SCHEDULE", "RUNNING")
    assert submitted(tmp_path, monkeypatch, session, "60") == 0
    assert session.submitted == 3
    assert "A: no reply (deployment timeout)']; once more" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("end", "why"), [("SUBMITTED", "never tried"), ("FINISHED:FAILED_TO_RUN", "no reply")]
)
def test_a_job_that_does_not_begin_in_time_is_given_up(tmp_path, monkeypatch, capsys, end, why):
    assert submitted(tmp_path, monkeypatch, Session(*[end] * 5), "0") == 1
    assert why in capsys.readouterr().err
