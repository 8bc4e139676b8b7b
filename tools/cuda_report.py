"""Compiles the CUDA kernels with nvcc and prints what each takes of a GPU's registers and memory.

Fails on a compiler warning and on a kernel that spills registers. Needs nvcc, and neither a GPU nor torch.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARCHITECTURES = ("80", "90a")
FLAGS = ["-std=c++20", "-O3", "-Werror", "all-warnings", "-Xcompiler", "-Wall,-Wextra", "-Xptxas", "-v", "-c"]

ENTRY = re.compile(
    r"Compiling entry function '(?P<name>\w+)' for 'sm_(?P<architecture>\w+)'.*?"
    r"(?P<stores>\d+) bytes spill stores, (?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers(?P<rest>[^\n]*)",
    re.DOTALL,
)
SHARED = re.compile(r"(\d+) bytes smem")


def find_nvcc() -> str | None:
    return shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")


def compile_kernels(nvcc: str) -> str:
    """What nvcc says of all .cu files. Exits with it if it fails on one."""
    targets = [f"-gencode=arch=compute_{name},code=sm_{name}" for name in ARCHITECTURES]

    def compile_one(source: pathlib.Path) -> subprocess.CompletedProcess[str]:
        command = [nvcc, *FLAGS, *targets, f"-I{ROOT / 'src'}", str(source), "-o", f"{folder}/{source.stem}.o"]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    sources = sorted((ROOT / "src/kernels/cuda").glob("*.cu"))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(compile_one, sources))
    for run in runs:
        if run.returncode != 0:
            sys.exit(run.stdout)
    return "".join(run.stdout for run in runs)


def readable(names: list[str]) -> list[str]:
    """`rms_norm_kernel<float, 4>` for each mangled name."""
    done = subprocess.run(["c++filt"], input="\n".join(names), check=True, capture_output=True, text=True)
    short = (re.sub(r"^void |radonc::kernels::device::|\(.*", "", line) for line in done.stdout.splitlines())
    return [name.replace("_kernel", "").replace("__nv_bfloat16", "bfloat16") for name in short]


def figures(log: str) -> dict[str, dict[str, tuple[int, int, int]]]:
    """Registers, bytes of shared memory and bytes spilled, by kernel and architecture."""
    entries = list(ENTRY.finditer(log))
    table: dict[str, dict[str, tuple[int, int, int]]] = {}
    for entry, name in zip(entries, readable([entry["name"] for entry in entries]), strict=True):
        shared = SHARED.search(entry["rest"])
        spilled = int(entry["stores"]) + int(entry["loads"])
        row = (int(entry["registers"]), int(shared[1]) if shared else 0, spilled)
        table.setdefault(name, {})[entry["architecture"]] = row
    return table


def main() -> int:
    nvcc = find_nvcc()
    if nvcc is None:
        sys.exit("cuda report: there is no nvcc on the path or in /usr/local/cuda/bin.")
    table = figures(compile_kernels(nvcc))
    width = max(map(len, table))
    heads = "".join(f"{'sm_' + name:>28}" for name in ARCHITECTURES)
    print(f"{'kernel<type, elements of an access>':<{width}}{heads}")
    print(" " * width + f"{'registers  shared  spilled':>28}" * len(ARCHITECTURES))
    for name, by_architecture in sorted(table.items()):
        cells = (by_architecture[architecture] for architecture in ARCHITECTURES)
        print(
            f"{name:<{width}}"
            + "".join(f"{registers:>11}{shared:>8}{spilled:>9}" for registers, shared, spilled in cells)
        )
    spilling = [name for name, row in table.items() if any(spilled for _, _, spilled in row.values())]
    print(f"cuda report: {len(table)} kernels, {len(spilling)} spill registers", *spilling)
    return bool(spilling)


if __name__ == "__main__":
    sys.exit(main())
