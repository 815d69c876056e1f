"""Start-up kits of NVFlare, good for a test."""

import socket
import subprocess
import sys
from pathlib import Path

ADMIN = "admin@biomarkers.org"
PROJECT = """\
api_version: 3
name: biomarkers
participants:
  - {{name: localhost, type: server, org: biomarkers, fed_learn_port: {0}, admin_port: {1}}}
  - {{name: A, type: client, org: biomarkers}}
  - {{name: B, type: client, org: biomarkers}}
  - {{name: C, type: client, org: biomarkers}}
  - {{name: D, type: client, org: biomarkers}}
  - {{name: admin@biomarkers.org, type: admin, org: biomarkers, role: project_admin}}
builders:
  - path: nvflare.lighter.impl.workspace.WorkspaceBuilder
  - path: nvflare.lighter.impl.static_file.StaticFileBuilder
    args: {{config_folder: config, scheme: grpc}}
  - path: nvflare.lighter.impl.cert.CertBuilder
  - path: nvflare.lighter.impl.signature.SignatureBuilder
"""


def provision(folder: Path, ports: tuple[int, int]) -> Path:
    """Return the folder of the kits of a provision of its own."""
    folder.mkdir()
    (folder / "project.yml").write_text(PROJECT.format(*ports))
    command = [sys.executable, "-m", "nvflare.cli", "provision", "-p", "project.yml", "-w", "kits"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
    return folder / "kits" / "biomarkers" / "prod_00"


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]
