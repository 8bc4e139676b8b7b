"""Chromium prints a page."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile

from radonc._core import Error

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
OPTIONS = [
    "--headless=new",
    "--no-sandbox",  # containers have none to offer, and the page holds no script
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def print_page(html: str, path: str | os.PathLike) -> None:
    path = pathlib.Path(path).absolute()
    program = find_chromium()
    if program is None:
        raise Error(
            f"{path.name}: no Chromium was found to print the page (looked for {', '.join(NAMES)}). Install it, on "
            "Debian with `apt-get install chromium`, or print report.html from any browser."
        )
    if not path.parent.is_dir():
        raise Error(f"{path}: the folder does not exist. Make it first.")
    with tempfile.TemporaryDirectory(prefix="radonc-") as name:
        folder = pathlib.Path(name)
        page, printed = folder / "report.html", folder / "report.pdf"
        page.write_text(html, encoding="utf-8")
        command = [program, *OPTIONS, "--no-pdf-header-footer", f"--user-data-dir={folder / 'profile'}"]
        try:
            done = subprocess.run(
                [*command, f"--print-to-pdf={printed}", page.as_uri()], capture_output=True, text=True, timeout=300
            )
        except subprocess.TimeoutExpired as error:
            raise Error(f"{path.name}: {program} did not print the page within 300 s. Print it by hand.") from error
        if done.returncode != 0 or not printed.is_file():
            last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            raise Error(f"{path.name}: {program} printed no page; it ended with {done.returncode} and said: {last}")
        try:
            shutil.copyfile(printed, path)
        except OSError as error:
            raise Error(f"{path}: cannot be written ({error.strerror}). Choose another path.") from error
