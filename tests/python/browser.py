"""Chromium over its debugging pipe (Chrome DevTools Protocol), with the standard library alone."""

import base64
import json
import os
import pathlib
import select
import subprocess
import time

from radonc._pdf import OPTIONS, find_chromium  # noqa: F401

PIPE_OPTIONS = [*OPTIONS, "--remote-debugging-pipe"]
CODES = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, " ": 32}


class Browser:
    """One window. Whatever goes wrong in the page is collected in `problems`, whatever it asks for in `requests`."""

    def __init__(self, program: str, folder: pathlib.Path):
        self.downloads = folder / "downloads"
        self.downloads.mkdir(parents=True)
        child_in, self._to = os.pipe()
        self._from, child_out = os.pipe()

        def wire():  # the browser reads commands from 3 and writes answers to 4
            read, write = os.dup(child_in), os.dup(child_out)
            os.dup2(read, 3)
            os.dup2(write, 4)

        command = [program, *PIPE_OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        with open(folder / "stderr.txt", "wb") as log:
            self._process = subprocess.Popen(command, preexec_fn=wire, pass_fds=(3, 4), stdout=log, stderr=log)
        os.close(child_in)
        os.close(child_out)
        self._buffer, self._next_id, self._events = b"", 0, []
        self.problems, self.requests, self.dialogs = [], [], []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network", "DOM", "Accessibility"]:
            self.call(f"{domain}.enable")
        self._call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))

    def close(self):
        try:
            self._call("Browser.close")
            self._process.wait(timeout=20)
        except Exception:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)

    def _receive(self, deadline: float) -> dict:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("Chromium does not answer")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise ConnectionError("Chromium has ended")
            self._buffer += piece
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: dict):
        method, params = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.problems.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])
            self._send("Page.handleJavaScriptDialog", {"accept": True}, self._session)
        self._events.append(method)

    def _send(self, method: str, params: dict, session: str | None) -> int:
        self._next_id += 1
        message = {"id": self._next_id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        return self._next_id

    def _call(self, method: str, session: str | None = None, **params) -> dict:
        number = self._send(method, params, session)
        deadline = time.monotonic() + 120
        while True:
            message = self._receive(deadline)
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self._note(message)

    def call(self, method: str, **params) -> dict:
        return self._call(method, self._session, **params)

    def _wait_for_load(self):
        deadline = time.monotonic() + 60
        while "Page.loadEventFired" not in self._events:
            message = self._receive(deadline)
            if "method" in message:
                self._note(message)

    def open(self, path: pathlib.Path):
        self._events.clear()
        self.call("Page.navigate", url=path.as_uri())
        self._wait_for_load()

    def reload(self):
        self._events.clear()
        self.call("Page.reload")
        self._wait_for_load()

    def run(self, script: str):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "exception"))
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 20):
        deadline = time.monotonic() + seconds
        while not self.run(script):
            if time.monotonic() > deadline:
                raise TimeoutError(script)
            time.sleep(0.05)

    def keys(self, *keys: str):
        """Presses keys, one after the other, as a keyboard does."""
        for key in keys:
            code = CODES.get(key) or (
                ord(key.upper()) if key.isalnum() else 0
            )  # 0: no letter, digit or key named above
            params = {"key": key, "windowsVirtualKeyCode": code}
            text = "\r" if key == "Enter" else key if len(key) == 1 else None
            self.call("Input.dispatchKeyEvent", type="keyDown", **params, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **params)

    def click(self, selector: str):
        """Clicks where the element is, as a mouse does."""
        script = f"""(() => {{
          const node = document.querySelector({json.dumps(selector)});
          node.scrollIntoView({{ block: "center" }});
          const box = node.getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }})()"""
        x, y = self.run(script)
        for kind in ["mousePressed", "mouseReleased"]:
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def choose_file(self, selector: str, path: pathlib.Path):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])

    def downloaded(self, pattern: str) -> pathlib.Path:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            files = list(self.downloads.glob(pattern))
            if files and not list(self.downloads.glob("*.crdownload")):
                return max(files, key=lambda file: file.stat().st_mtime_ns)
            self.run("new Promise((done) => setTimeout(() => done(true), 50))")
        raise TimeoutError(f"no download {pattern}")

    def resize(self, width: int, height: int):
        touch = width < 1000
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)

    def screenshot(self, path: pathlib.Path, whole: bool = False):
        picture = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(picture["data"]))

    def accessible(self) -> list[tuple[str, str]]:
        """Role and name of everything that assistive technology sees."""
        nodes = self.call("Accessibility.getFullAXTree")["nodes"]
        return [
            (node.get("role", {}).get("value", ""), node.get("name", {}).get("value", ""))
            for node in nodes
            if not node.get("ignored")
        ]
