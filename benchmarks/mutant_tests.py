"""What each test of a room calls and costs, and the tests in the order that suits one change.

A plugin of pytest (`-p benchmarks.mutant_tests`) with two uses, each named by a variable of the
environment. `MUTANTS_TRACE` names a file to write: the functions that each test calls, compiled or
not, its seconds, and the seconds that each compiled function takes to compile. `MUTANTS_ORDER`
names a file to read: the tests in order, each with the seconds after which it goes round in
circles; the process then ends with a signal, which stops compiled loops, too. Of 0 seconds, a test
is passed over. All seconds are of the processor, which other work on the machine does not lengthen.
"""

import json
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest
from numba.core import event
from numba.core.dispatcher import Dispatcher

SOURCE = f"{os.sep}src{os.sep}biomarkers{os.sep}"
LIMIT = 300.0  # s; of what has no limit of its own: to collect, and a test that is not known
FIRST = 20.0  # s; the cheapest tests that call a function, before the others, file by file


def pytest_configure(config):
    if path := os.environ.get("MUTANTS_TRACE"):
        config.pluginmanager.register(Tracer(Path(path)))
    if path := os.environ.get("MUTANTS_ORDER"):
        config.pluginmanager.register(Order(json.loads(Path(path).read_text(encoding="utf-8"))))


class Order:
    """Runs tests in a given order, each with a limit; those that are not named come first."""

    def __init__(self, limits):
        self.limits = limits
        signal.setitimer(signal.ITIMER_PROF, LIMIT)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        places = {name: place for place, name in enumerate(self.limits)}
        items.sort(key=lambda item: places.get(item.nodeid, -1))
        items[:] = [item for item in items if self.limits.get(item.nodeid, LIMIT)]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        signal.setitimer(signal.ITIMER_PROF, self.limits.get(item.nodeid, LIMIT))
        try:
            return (yield)
        finally:
            signal.setitimer(signal.ITIMER_PROF, LIMIT)


class Tracer(event.Listener):
    """Notes the functions of the package that each test calls, and what is compiled meanwhile."""

    def __init__(self, path):
        self.path, self.tests, self.codes, self.called = path, [], {}, set()
        self.fixtures = defaultdict(set)  # what they call, by where they are seen, and name
        self.compiling, self.compiled = [], defaultdict(list)  # seconds, without what is inside
        event.register("numba:compile", self)

    def on_start(self, event):
        self.compiling.append([time.process_time(), 0.0])

    def on_end(self, event):
        began, inside = self.compiling.pop()
        seconds = time.process_time() - began
        if self.compiling:
            self.compiling[-1][1] += seconds
        self.compiled[name_of(event.data["dispatcher"].py_func.__code__)].append(seconds - inside)

    def note(self, frame, kind, _):
        if kind == "call":
            code = frame.f_code
            self.codes[id(code)] = code
            self.called.add(id(code))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.called = set()
        before, began = self.spent(), time.process_time()
        threading.setprofile(self.note)
        sys.setprofile(self.note)
        try:
            return (yield)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            seconds = time.process_time() - began - (self.spent() - before)
            shared = [
                called
                for (seen_in, name), called in self.fixtures.items()
                if item.nodeid.startswith(seen_in) and name in item.fixturenames
            ]
            self.tests.append((item.nodeid, seconds, self.called.union(*shared)))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        before, self.called = self.called, set()
        try:
            return (yield)
        finally:
            self.fixtures[fixturedef.baseid, fixturedef.argname] |= self.called
            self.called |= before

    def spent(self):
        return sum(sum(each) for each in self.compiled.values())

    def pytest_sessionfinish(self):
        calls = calls_in_compiled_code()
        ours = {key: name_of(c) for key, c in self.codes.items() if SOURCE in c.co_filename}
        tests = [
            {
                "name": name,
                "seconds": seconds,
                "calls": sorted(closure({ours[key] for key in called & ours.keys()}, calls)),
            }
            for name, seconds, called in self.tests
        ]
        compiled = {name: sum(each) / len(each) for name, each in self.compiled.items()}
        text = json.dumps({"tests": tests, "compiled": compiled})
        self.path.write_text(text, encoding="utf-8")


def name_of(code):
    """Name a function by its file and line, as `src/biomarkers/room/module.py:12`."""
    file = code.co_filename
    return f"{file[file.rfind(SOURCE) + 1 :]}:{code.co_firstlineno}"


def calls_in_compiled_code():
    """For every compiled function that is loaded, those that it calls by their names."""
    loaded = [module for name, module in sys.modules.items() if name.startswith("biomarkers.")]
    functions = {
        value
        for module in loaded
        for value in vars(module).values()
        if isinstance(value, Dispatcher)
    }
    result = {}
    for function in functions:
        named = [function.py_func.__globals__.get(n) for n in function.py_func.__code__.co_names]
        called = [each.py_func for each in named if isinstance(each, Dispatcher)]
        called += [each for each in named if hasattr(each, "__code__")]  # a stub of what is chosen
        result[name_of(function.py_func.__code__)] = {name_of(each.__code__) for each in called}
    return result


def closure(names, calls):
    reached, ahead = set(), list(names)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += calls.get(name, ())
    return reached


def ordered(trace, file, function, anew, *, rest=True):
    """Put tests into an order, and give each a limit in seconds.

    First come those that call `function` (its line in `file`), then those that call others of the
    file, then the rest, which get no seconds without `rest`. `anew` are the files whose functions
    must be compiled again.
    """
    compiled = {k: s for k, s in trace["compiled"].items() if k.rpartition(":")[0] in anew}
    costs, nearness = {}, {}
    for test in trace["tests"]:
        calls = set(test["calls"])
        costs[test["name"]] = test["seconds"] + sum(compiled[k] for k in calls & compiled.keys())
        near = any(each.startswith(f"{file}:") for each in calls)
        nearness[test["name"]] = 0 if f"{file}:{function}" in calls else 1 if near else 2
    cheap, spent = set(), 0.0
    for name in sorted(costs, key=costs.__getitem__):
        if nearness[name] == 0 and (not cheap or spent + costs[name] < FIRST):
            cheap.add(name)
            spent += costs[name]
    means = defaultdict(list)
    for name, cost in costs.items():
        means[file_of(name), nearness[name]].append(cost)

    def place(name):
        if name in cheap:
            return -1, costs[name], ""
        each = means[file_of(name), nearness[name]]
        return nearness[name], sum(each) / len(each), file_of(name)

    limits = {
        name: 60.0 + 10.0 * cost for name, cost in costs.items() if rest or nearness[name] < 2
    }
    return {name: limits.get(name, 0.0) for name in sorted(costs, key=place)}


def file_of(test):
    return test.partition("::")[0]
