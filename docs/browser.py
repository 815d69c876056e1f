"""A headless Chromium, spoken to through pipes: no driver, no socket, nothing to install."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_READS, _WRITES = 3, 4  # file descriptors that --remote-debugging-pipe uses
_SWITCHES = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
)  # fmt: skip
LONGEST = 14_000  # pixels of a screenshot: Chromium draws no taller ones


@dataclass
class Tab:
    """A page that is open, and what it has complained about and asked for."""

    browser: "Browser"
    session: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    loaded: bool = False

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the DevTools protocol."""
        return self.browser.call(method, session=self.session, **parameters)

    def take(self, event: Mapping[str, Any]) -> None:
        """Note an event."""
        name, content = event["method"], event["params"]
        if name == "Page.loadEventFired":
            self.loaded = True
        elif name == "Network.requestWillBeSent":
            self.requests.append(content["request"]["url"])
        elif name == "Runtime.exceptionThrown":
            self.complaints.append(content["exceptionDetails"]["text"])
        elif name == "Runtime.consoleAPICalled" and content["type"] in ("error", "warning"):
            self.complaints.append(str([each.get("value") for each in content["args"]]))
        elif name == "Log.entryAdded" and content["entry"]["level"] == "error":
            self.complaints.append(content["entry"]["text"])

    def go(self, page: Path, query: str = "") -> None:
        """Open a file and wait until all of it is there."""
        self.loaded = False
        self.call("Page.navigate", url=page.resolve().as_uri() + query)
        while not self.loaded:
            self.browser.listen()

    def evaluate(self, script: str) -> Any:
        """Run a script in the page and return its value, awaited."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """Write the whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "scale": 1}
        clip["height"] = min(size["height"], LONGEST)
        answer = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def print_to(self, path: Path) -> None:
        """Write the page as PDF."""
        answer = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(answer["data"]))


class Browser:
    """A running Chromium; use it in a `with` statement."""

    def __init__(self) -> None:
        """Start it.

        Raises
        ------
        FileNotFoundError
            If no Chromium is installed.

        """
        program = next(filter(None, map(shutil.which, _NAMES)), None)
        if program is None:
            raise FileNotFoundError(f"none of {', '.join(_NAMES)} is installed")
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self._to = _high_pipe()
        self._from, to_write = _high_pipe()

        def connect() -> None:
            os.dup2(to_read, _READS)
            os.dup2(to_write, _WRITES)

        self._process = subprocess.Popen(
            [program, *_SWITCHES, f"--user-data-dir={self._profile.name}", "about:blank"],
            stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            preexec_fn=connect, pass_fds=(_READS, _WRITES),  # noqa: PLW1509 (two calls of dup2)
        )  # fmt: skip
        os.close(to_read)
        os.close(to_write)
        self._last, self._rest = 0, b""
        self._tabs: dict[str, Tab] = {}
        self._answers: dict[int, dict[str, Any]] = {}

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._to)
        os.close(self._from)
        self._profile.cleanup()

    def tab(self) -> Tab:
        """Open an empty tab that listens to everything."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        answer = self.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = self._tabs[answer["sessionId"]] = Tab(self, answer["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            tab.call(f"{domain}.enable")
        return tab

    def call(self, method: str, *, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Call a method and return its result; events that come first go to their tabs."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        _write(self._to, json.dumps(message).encode() + b"\0")
        number = self._last
        while number not in self._answers:
            self.listen()
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def listen(self) -> None:
        """Read until at least one message is complete."""
        while b"\0" not in self._rest:
            more = os.read(self._from, 1 << 20)
            if not more:
                raise RuntimeError("Chromium has ended")
            self._rest += more
        *messages, self._rest = self._rest.split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._answers[message["id"]] = message
            elif message.get("sessionId") in self._tabs:
                self._tabs[message["sessionId"]].take(message)


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _high_pipe() -> tuple[int, int]:
    """Return a pipe whose ends are none of the descriptors that Chromium is to get."""
    ends = os.pipe()
    high = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return high[0], high[1]
