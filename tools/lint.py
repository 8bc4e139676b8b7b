"""Runs the linters: ruff, clang-format, clang-tidy, the layout check and the documentation's links.

clang-tidy reads the sources without torch, of the build tree that its first argument names: a file with torch's headers
takes it half a minute.
"""

import json
import pathlib
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
JOBS = 2
TOOLS = pathlib.Path(sys.executable).parent  # ruff, clang-format and clang-tidy lie beside the interpreter


def tracked(*patterns: str) -> list[str]:
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z", *patterns]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def run(*command: str | pathlib.Path) -> str:
    """What a failed command said; "" where it found nothing."""
    result = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True)
    return "" if result.returncode == 0 else (result.stdout + result.stderr).strip() or f"exit {result.returncode}"


def clang_tidy(build: pathlib.Path) -> str:
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    files = sorted({entry["file"] for entry in commands if (ROOT / "src") in pathlib.Path(entry["file"]).parents})
    if not files:
        return f"{build} compiles no file of src"
    # -w: the compilers' own warnings are GCC's business.
    command = [TOOLS / "clang-tidy", "--quiet", "--extra-arg=-w", "-p", build]
    with ThreadPoolExecutor(JOBS) as pool:
        found = pool.map(lambda file: run(*command, file), files)
    return "\n".join(text for text in found if text)


def main() -> int:
    build = (ROOT / sys.argv[1]).resolve()
    cpp = tracked("*.cpp", "*.hpp", "*.cu", "*.cuh")
    checks = {
        "ruff check": lambda: run(TOOLS / "ruff", "check", "."),
        "ruff format": lambda: run(TOOLS / "ruff", "format", "--check", "."),
        "clang-format": lambda: run(TOOLS / "clang-format", "--dry-run", "-Werror", *cpp),
        "layout": lambda: run(sys.executable, "tests/check_layout.py"),
        "documentation": lambda: run(sys.executable, "tools/check_docs.py"),
        "clang-tidy": lambda: clang_tidy(build),
    }
    failed = 0
    for name, check in checks.items():
        start = time.monotonic()
        problems = check()
        failed += bool(problems)
        print(f"{'FAIL' if problems else 'ok':<5}{name} ({time.monotonic() - start:.0f} s)")
        if problems:
            print(problems)
    print(f"lint: {len(checks) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
