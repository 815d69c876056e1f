"""Start-up kits, as ``nvflare provision`` makes them: who may take part, with which certificate.

A kit as it comes runs any class of a long list, takes orders for its shell, and lets a site send
its error log to the server. Before one is used here, its local policy is narrowed to what carries
messages; what is signed in it stays as it is.
"""

import json
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from biomarkers.errors import FederationError
from biomarkers.federated.engines.addresses import Endpoint
from biomarkers.federated.engines.nvflare.job import ALLOWED
from biomarkers.files import read_json, write_json

# Who has provisioned may start the job and see the system; nobody may send code or use a shell.
_RIGHTS = {
    "submit_job": "any",
    "manage_job": "any",
    "download_job": "none",
    "view": "any",
    "operate": "any",
    "clone_job": "none",
    "shell_commands": "none",
    "byoc": "none",
    "server-predeployed-flwr": "none",
}
# A job is looked at again within seconds, as long as we wait: not after 10, 20, 40 …, ten times.
_SCHEDULE = {
    "min_schedule_interval": 1.0,
    "max_schedule_interval": 5.0,
    "max_schedule_count": 10**6,
}
_GREETING = 2.0  # s for the server to say something, once it has seen our certificate


def require_kit(kit: Path | str, kind: str) -> Path:
    """Return the folder of a kit of a kind: ``server``, ``client`` or ``admin``.

    Raises
    ------
    FederationError
        If it is no such kit.

    """
    kit = Path(kit)
    if not (kit / "startup" / f"fed_{kind}.json").is_file():
        raise FederationError(
            f"{kit} is no start-up kit of a {kind} (startup/fed_{kind}.json is not there); "
            "nvflare provision makes one"
        )
    return kit.resolve()


def narrow(kit: Path, handlers: Sequence[Mapping[str, Any]]) -> None:
    """Let a kit run what carries our messages, and our handlers, and nothing else."""
    local = kit / "local"
    resources = read_json(local / "resources.json.default", "the resources of a kit")
    resources["class_allow_list"] = list(ALLOWED)
    resources["allow_log_streaming"] = False
    kept = [each for each in resources["components"] if "log_" not in each["id"]]
    for each in kept:
        if each["id"] == "job_scheduler":
            each["args"] |= _SCHEDULE
    resources["components"] = [*kept, *handlers]
    text = json.dumps(resources).replace("/tmp/nvflare/", f"{kit}/storage/")
    write_json(local / "resources.json", json.loads(text))
    rights = {"format_version": "1.0", "permissions": {"project_admin": _RIGHTS}}
    write_json(local / "authorization.json", rights)


def server_address(kit: Path, kind: str = "client") -> str:
    """Return where the server of a kit listens, ``host:port``."""
    servers = read_json(kit / "startup" / f"fed_{kind}.json", "a kit")["servers"]
    return str(servers[0]["service"]["target"])


def command_of(kit: Path, kind: str, *further: str) -> list[str]:
    """Return the arguments of Python that start a kit, as its own start.sh does."""
    return [
        *("-m", f"nvflare.private.fed.app.{kind}.{kind}_train", "-m", str(kit)),
        *("-s", f"fed_{kind}.json", "--set", "secure_train=true", "config_folder=config"),
        *(f"org={_organisation(kit, kind)}", *further),
    ]


def _organisation(kit: Path, kind: str) -> str:
    from cryptography import x509  # noqa: PLC0415  (comes with NVFlare)

    text = (kit / "startup" / f"{kind}.crt").read_bytes()
    names = x509.load_pem_x509_certificate(text).subject
    (organisation,) = names.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return str(organisation.value)


def is_there(kit: Path) -> bool:
    """Whether something answers where the server of a kit should be."""
    end = Endpoint(server_address(kit))
    try:
        socket.create_connection((end.host, end.port), _GREETING).close()
        return True
    except OSError:
        return False


def greet(kit: Path, wait: float) -> None:
    """See whether the server of a kit is who it should be, and knows who signed this kit.

    NVFlare itself would try for ever, in silence.

    Raises
    ------
    FederationError
        If it is not, or nobody answers.

    """
    end, startup = Endpoint(server_address(kit)), kit / "startup"
    context = ssl.create_default_context(cafile=startup / "rootCA.pem")
    context.load_cert_chain(startup / "client.crt", startup / "client.key")
    context.set_alpn_protocols(["h2"])
    until = time.monotonic() + wait
    while True:
        try:
            with (
                socket.create_connection((end.host, end.port), _GREETING) as plain,
                context.wrap_socket(plain, server_hostname=end.host) as line,
            ):
                if not line.recv(1):
                    raise ssl.SSLError("the connection was closed")
            return
        except TimeoutError:
            return  # no refusal: NVFlare will see
        except ssl.SSLError as error:
            raise FederationError(
                f"the server at {end.text} and the kit {kit} do not trust each other: they are "
                f"not of one provision ({error.reason or error})"
            ) from error
        except OSError as error:
            if time.monotonic() > until:
                raise FederationError(f"no server answers at {end.text}") from error
            time.sleep(0.2)
