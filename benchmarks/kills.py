"""Is anything lost when processes are killed? A cohort measured while it is disturbed.

Two rats are simulated, with few scans, and linked under as many names as are asked for, so that
the cohort is large and soon made: what is tested is the engine, not the fits. It is measured once
undisturbed. Then one of the two workers is killed (`kill -9`) while it works and, in another
folder, the whole run, at random moments, resumed each time. All files but logs, tables, maps, cards
and records, must be those of the undisturbed run, byte by byte.

    python -m benchmarks.kills [--sessions 12] [--kills 10] [--scheduler]

`--sessions 200` is the full run. `--scheduler` measures once more by a Dask scheduler with two
worker processes, of which one is killed. What the engine costs, and how it scales, is measured by
`benchmarks.scaling`.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from biomarkers import simulate

SIMULATED = 2
FEW_SCANS = ("T2w", "VFA", "TB1AFI", "ADC")
BEGUN = time.perf_counter()
COMMAND = [sys.executable, "-m", "biomarkers", "measure"]


def say(text):
    print(f"{time.perf_counter() - BEGUN:6.0f} s  {text}", flush=True)


def make_cohort(folder, sessions):
    """Write a cohort: `SIMULATED` rats, linked under new names until there are enough sessions."""
    simulate.rat_glioma(folder / "few", subjects=SIMULATED, seed=1, scans=FEW_SCANS)
    root = folder / "study"
    shutil.copytree(folder / "few", root, ignore=shutil.ignore_patterns("sub-*", "plan.toml"))
    people = pd.read_csv(folder / "few" / "participants.tsv", sep="\t", dtype=str)
    visits = [len(list((folder / "few" / f"sub-{k:02}").glob("ses-*"))) for k in (1, 2)]
    rows, made = [], 0
    while made < sessions:
        index = len(rows)
        rows.append(people.iloc[index % SIMULATED].copy())
        rows[-1]["participant_id"] = f"sub-{index + 1:03}"
        link_subject(folder / "few", root, f"{index % SIMULATED + 1:02}", f"{index + 1:03}")
        made += visits[index % SIMULATED]
    pd.DataFrame(rows).to_csv(root / "participants.tsv", sep="\t", index=False, na_rep="n/a")
    return root, made


def link_subject(few, root, old, new):
    for source in few.rglob(f"sub-{old}*"):
        if source.is_file():
            name = str(source.relative_to(few)).replace(f"sub-{old}", f"sub-{new}")
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(source, root / name)


def start(root, out, *more):
    command = [*COMMAND, str(root), str(out), "--jobs", "2", "--quiet", *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def workers_of(run):
    """Return the processes that measure for a run."""
    command = ["ps", "-o", "pid=,args=", "--ppid", str(run.pid)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "spawn_main" in line]


def staged(out):
    """Return whether some session is being measured."""
    return any((out / "records" / "staging").glob("*/sub-*"))


def wait_for(condition, run):
    while run.poll() is None and not condition():
        time.sleep(0.01)


def tree(out):
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*")
        if path.is_file() and path.parent != out / "logs"
    }


def compare(what, out, wanted):
    here = tree(out)
    differ = sorted(name for name in {*here, *wanted} if here.get(name) != wanted.get(name))
    say(f"{what}: {len(here)} files, {len(differ)} differ {differ[:3] if differ else ''}")
    return not differ


def kill_a_worker(root, out, rng):
    run = start(root, out)
    wait_for(lambda: staged(out), run)
    time.sleep(rng.uniform(0.0, 0.5))
    workers = workers_of(run)
    os.kill(rng.choice(workers), signal.SIGKILL)
    return run.wait()


def kill_the_run(root, out, kills, whole, rng):
    """Kill the run at random moments, each within what is left of its time; return how many."""
    done = 0
    while done < kills:
        run = start(root, out, "--resume")
        moment = rng.uniform(0.0, 1.5 * whole / kills)
        if rng.random() < 0.8:  # mostly while sessions are measured, sometimes as it starts
            wait_for(lambda: staged(out), run)
        time.sleep(moment)
        if run.poll() is not None:  # done before its moment: begin anew
            shutil.rmtree(out)
            continue
        run.kill()
        run.wait()
        done += 1
        measured = len(list((out / "records").glob("sub-*.json")))
        say(f"the run killed {done} times, {measured} sessions done")
    return done, start(root, out, "--resume").wait()


def kill_a_dask_worker(root, out, rng):
    """Kill one of the two workers of a scheduler of our own."""
    from distributed import Client, LocalCluster  # noqa: PLC0415  (an extra)

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        run = start(root, out, "--scheduler", cluster.scheduler_address)
        wait_for(lambda: staged(out), run)
        time.sleep(rng.uniform(0.0, 0.5))
        os.kill(rng.choice(list(client.run(os.getpid).values())), signal.SIGKILL)
        return run.wait()


def timed(root, out):
    before = time.perf_counter()
    status = start(root, out).wait()
    return time.perf_counter() - before, status


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--scheduler", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kills, same = disturb(Path(folder), options)
    say(f"{kills} kills: {'' if same else 'NOT '}the same")
    sys.exit(not same)


def disturb(place, options):
    """Kill what there is to kill; return how often, and whether all results are the same."""
    rng = random.Random(4)
    root, sessions = make_cohort(place, options.sessions)
    say(f"{sessions} sessions: {SIMULATED} simulated rats under other names")
    whole, status = timed(root, place / "whole")
    wanted = tree(place / "whole")
    say(f"undisturbed: {whole:.0f} s, exit status {status}, {len(wanted)} files")
    status = kill_a_worker(root, place / "worker", rng)
    same = compare(f"a worker killed, exit status {status}", place / "worker", wanted)
    kills, status = kill_the_run(root, place / "run", options.kills, whole, rng)
    what = f"the run killed {kills} times and resumed, exit status {status}"
    same &= compare(what, place / "run", wanted)
    before = time.perf_counter()
    start(root, place / "run", "--resume").wait()
    say(f"resumed with nothing to do: {time.perf_counter() - before:.1f} s")
    if options.scheduler:
        status = kill_a_dask_worker(root, place / "dask", rng)
        what = f"a worker of a scheduler killed, exit status {status}"
        same &= compare(what, place / "dask", wanted)
        kills += 1
    return kills + 1, same


if __name__ == "__main__":
    main()
