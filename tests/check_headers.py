"""check_headers.py COMPILER [TORCH_INCLUDE_FOLDER…]: the public headers compile alone and under strict warnings.

Each torch-free header is compiled by itself; all of them together with torch's, where its folders are given.
"""

import pathlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from check_layout import ROOT, TORCH_FREE

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
JOBS = 2


def compile_alone(compiler: str, header: pathlib.Path, system: list[str]) -> str:
    """What the compiler says; "" where it says nothing."""
    command = [compiler, "-std=c++20", "-fsyntax-only", *WARNINGS, f"-I{ROOT / 'include'}"]
    command += [option for folder in system for option in ("-isystem", folder)]
    command += ["-include", str(header), "-x", "c++", "/dev/null"]
    return subprocess.run(command, capture_output=True, text=True).stderr


def main() -> int:
    compiler, *torch = sys.argv[1:]
    headers = [path for room in sorted(TORCH_FREE) for path in sorted((ROOT / "include/radonc" / room).glob("*.hpp"))]
    jobs = [(compiler, header, []) for header in headers]
    if torch:
        jobs.insert(0, (compiler, ROOT / "include/radonc/radonc.hpp", torch))
    with ThreadPoolExecutor(JOBS) as pool:
        found = list(pool.map(lambda job: compile_alone(*job), jobs))
    for text in filter(None, found):
        print(text)
    failed = sum(map(bool, found))
    print(f"headers: {len(jobs) - failed} passed, {failed} failed")
    return bool(failed) or not headers


if __name__ == "__main__":
    sys.exit(main())
