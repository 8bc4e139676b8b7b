"""Measurements that take turns, each in a process of its own, so that a busy machine slows all of them."""

import json
import pathlib
import resource
import subprocess
import sys

from tqdm import tqdm


def take_turns(script: str, ours: list[str], peers: list[str], python: pathlib.Path | None, rounds: int, options):
    """Runs ``script --measure NAME`` for each name, the peers' with their Python; gives each name's fastest result."""
    best: dict[str, dict] = {}
    for name in tqdm((ours + (peers if python else [])) * rounds, desc="measuring", unit="run"):
        command = [sys.executable if name in ours else str(python), script, *options, "--measure", name]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{name}: {done.stderr[-2000:]}")
        result = json.loads(done.stdout.splitlines()[-1])
        if name not in best or result["seconds"] < best[name]["seconds"]:
            best[name] = result
    return best


def tell(seconds: float, device: str = "cpu", **more) -> None:
    """What a measuring process says last: of its memory the largest resident size, on a GPU what torch held there."""
    if device == "cpu":
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    else:
        import torch

        peak = torch.cuda.max_memory_allocated(device)
    print(json.dumps({"seconds": seconds, "peak": peak, **more}))


def print_table(best: dict[str, dict], base: str) -> None:
    for name, result in best.items():
        ratio = best[base]["seconds"] / result["seconds"]
        more = "".join(f"   {key} {value}" for key, value in result.items() if key not in ("seconds", "peak"))
        print(f"{name:46} {result['seconds']:7.2f} s   {ratio:5.2f} x {base}   {result['peak'] / 1e9:5.2f} GB{more}")
