"""Faults put into the source, one at a time: do the tests of the room notice?

A random sample of operators and constants is changed, each in a copy of the tree of its own (a
mutant), and the tests of the room that it lies in are run until the first failure. What passes all
of them has survived. Lines that no test reaches are drawn like any others. Mutants that no test
can tell from the original are named in `results/mutants_equivalent.csv`, with the reason, and left
out: others are drawn in their place.

Left alone: annotations, what is raised, texts, `__all__`, modules and functions that draw or put
into words.

The room's tests run on the unchanged tree once, from an empty cache of compiled code, and must
pass. What each calls and costs then says in which order a mutant meets them: the cheapest that
call the changed function first, then others that do, then those that call others of its module,
then the rest. A test that takes a minute and ten times what it should goes round in circles, and
is stopped: that is noticed.

Each mutant starts from a cache of its own, which holds nothing of the change: it is empty but for
what the unchanged tree has compiled of those modules that do not import the changed one, directly
or not, at any place.

With `--callers`, tests that call no function of the changed module are not run: less is noticed,
sooner. With `--out`, what the table holds already is not tried again, unless `--only` names it.

    python -m benchmarks.mutants [--count 100] [--seed 0] [--groups kinetics,relaxometry stats]
                                 [--jobs 1] [--list] [--only FILE:LINE ...] [--keep FOLDER]
                                 [--callers] [--out FILE.csv]
"""

import argparse
import csv
import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

from benchmarks.mutant_tree import Tree
from benchmarks.mutations import DRAWING, mutants_of

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).parent / "results" / "mutants_equivalent.csv"
GROUPS = ("kinetics,relaxometry", "stats")  # each gives an equal share of the sample
COLUMNS = ("file", "line", "text", "column", "change", "outcome", "seconds")
TIMEOUT = 7200.0  # s; a mutant that takes longer waits for ever, which is noticed


def draw(root, groups, count, seed):
    """Draw a sample, an equal share of every group of rooms, without those that are equivalent."""
    known = {(row["file"], row["text"], row["column"], row["change"]) for row in read_equivalent()}
    drawn, left_out = [], []
    for index, group in enumerate(groups):
        paths = [
            path
            for room in group.split(",")
            for path in sorted((root / "src" / "biomarkers" / room).rglob("*.py"))
            if not DRAWING.search(path.stem)
        ]
        every = [mutant for path in paths for mutant in mutants_of(path, root)]
        random.Random(f"{seed} {group}").shuffle(every)
        share = count // len(groups) + (index < count % len(groups))
        while share and every:
            mutant = every.pop()
            (left_out if mutant.key in known else drawn).append(mutant)
            share -= mutant.key not in known
    return drawn, left_out


def read_equivalent():
    with EQUIVALENT.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def judge_all(root, mutants, options):
    """Yield each mutant with its outcome and how many seconds that took."""
    with tempfile.TemporaryDirectory() as folder:
        kept, trees = options.keep or Path(folder) / "kept", SimpleQueue()
        kept.mkdir(parents=True, exist_ok=True)
        lock = Lock()

        def judge(mutant):
            tree = trees.get()
            try:
                with lock:  # once for all trees
                    tree.observe(mutant.room, options.timeout)
                return mutant, *tree.judge(mutant, options.timeout, rest=not options.callers)
            finally:
                trees.put(tree)

        for number in range(options.jobs):
            trees.put(Tree(root, Path(folder) / f"{number}", kept))
        with ThreadPoolExecutor(options.jobs) as pool:
            yield from pool.map(judge, mutants)


def read_judged(path):
    """Rows of a table that was written before, by what stays the same of their mutants."""
    if path is None or not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {(row["file"], row["text"], row["column"], row["change"]): row for row in rows}


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--count", type=int, default=100, help="how many mutants in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--groups", nargs="+", default=GROUPS, help="rooms, joined by commas")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at once")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help="seconds for each")
    parser.add_argument("--list", action="store_true", help="only say what would be changed")
    parser.add_argument("--only", nargs="+", help="only those with such a name")
    parser.add_argument("--callers", action="store_true", help="without tests that call no such")
    parser.add_argument("--keep", type=Path, help="a folder for what the unchanged tree gave")
    parser.add_argument("--out", type=Path, help="a table of all")
    return parser.parse_args()


def main():
    options = parsed()
    drawn, left_out = draw(options.root, options.groups, options.count, options.seed)
    judged = read_judged(options.out)
    ahead = [
        mutant
        for mutant in drawn
        if any(each in mutant.name for each in options.only or [""])
        and (options.only or mutant.key not in judged)
    ]
    if options.list:
        print(*(mutant.name for mutant in ahead), sep="\n")
        return
    for mutant, outcome, seconds in judge_all(options.root, ahead, options):
        print(f"{outcome:<16}{seconds:6.0f} s  {mutant.name}", flush=True)
        values = (mutant.file, mutant.line, *mutant.key[1:], outcome, round(seconds))
        judged[mutant.key] = dict(zip(COLUMNS, values, strict=True))
        if options.out:
            write(options.out, [judged[each.key] for each in drawn if each.key in judged])
    rows = [judged[each.key] for each in drawn if each.key in judged]
    killed = sum(row["outcome"] != "survived" for row in rows)
    print(f"{killed} of {len(rows)} killed; {len(left_out)} equivalent ones left out")


if __name__ == "__main__":
    main()
