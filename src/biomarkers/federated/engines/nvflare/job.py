"""The job of NVFlare: only the names of what is installed at every site, no code and no data."""

from collections.abc import Sequence
from pathlib import Path

from biomarkers.federated.engines.nvflare.records import END, TASK
from biomarkers.files import write_json

_ROOM = __name__.rpartition(".")[0]
_LOOP, _ANSWER = f"{_ROOM}.server.Loop", f"{_ROOM}.site.Answer"
# All that a job may make, at the server or at a site: NVFlare refuses a job that names more.
ALLOWED = (_LOOP, _ANSWER)
_INTERVAL = 0.2  # s between a site's questions for work
# s after which NVFlare would end a job of which a site is gone: never, the others go on.
_NEVER = 1e9


def write_job(folder: Path, sites: Sequence[str], wait: float) -> Path:
    """Write the job for some sites, that waits so many seconds for an answer; return its folder."""
    job = folder / "job"
    empty = {"format_version": 2, "task_data_filters": [], "task_result_filters": []}
    loop = {"id": "loop", "path": _LOOP}
    loop |= {"args": {"sites": list(sites), "wait": round(wait)}}  # type: ignore[dict-item]
    answer = {"path": _ANSWER, "args": {}}
    config = job / "app" / "config"
    write_json(
        config / "config_fed_server.json",
        empty
        | {"server": {"task_request_interval": _INTERVAL}, "workflows": [loop]}
        | {"dead_client_grace_period": _NEVER},
    )
    write_json(
        config / "config_fed_client.json",
        empty | {"executors": [{"tasks": [TASK, END], "executor": answer}], "components": []},
    )
    meta = {"name": "biomarkers", "min_clients": len(sites), "mandatory_clients": list(sites)}
    write_json(job / "meta.json", meta | {"deploy_map": {"app": ["@ALL"]}, "resource_spec": {}})
    return job
