"""Checks the rules of the source tree: who may include whom, a test per source file, sizes, the umbrella header."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The layers that a layer may include, directly or through another.
DIRECT = {
    "core": [],
    "formats": ["core"],
    "clinical": ["core"],
    "data": ["clinical"],
    "text": ["data", "formats"],
    "metrics": ["core"],
    "tasks": ["data", "metrics"],
    "stats": ["core"],
    "evaluation": ["metrics", "stats", "tasks"],
    "report": ["evaluation"],
    "review": ["stats", "tasks"],
    "ops": ["core"],
    "batch": ["text", "ops"],
    "kernels": ["core"],
    "model": ["batch", "ops"],
    "lora": ["model"],
    "train": ["batch", "lora"],
    "generate": ["model", "text", "batch"],
}
TORCH_FREE = {
    *("core", "formats", "clinical", "data", "text", "metrics", "stats", "tasks", "evaluation", "report", "review"),
}

# Public headers without a test file of their own, and why.
WITHOUT_TEST: dict[str, str] = {
    "core/error": "an exception class without code of its own",
    "core/reading": "a plain struct",
    "core/version": "a constant that CMake gives; tests/python/test_import.py compares it with the package's",
    "core/export": "a macro; tests/check_symbols.py tests what it is for",
    "core/grammar": "an interface; clinical/regimen_grammar is tested",
    "clinical/modality": "names, tested with data/course",
    "clinical/plausible": "constants",
    "data/case_record": "plain structs",
}

# Headers whose namespace is not that of their folder; "" where they have none.
OTHER_NAMESPACE = {"include/radonc/core/error.hpp": "radonc", "include/radonc/core/export.hpp": ""}

# Where a line count is enforced, and on which files. A generated table has the suffix .inc and is not counted.
MAX_LINES = 400
COUNTED_FOLDERS = ["include", "src", "bindings", "tests", "tools", "examples"]
COUNTED_SUFFIXES = {".cpp", ".hpp", ".cu", ".cuh", ".py", ".sh", ".cmake", ".in", ".txt"}

# Traces of the machine on which a file was written. Spelled in two parts, so that this file holds none.
FORBIDDEN = ["/wo" + "rk/", "/ro" + "ot/", "python" + "hosted", "pypi.org/" + "simple"]

INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)
NAMESPACE = re.compile(r"^namespace\s+(radonc[\w:]*)", re.MULTILINE)


def reachable(layer: str) -> set[str]:
    if layer == "study":
        return {*DIRECT, "study"}
    found, waiting = set(), [layer]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += DIRECT.get(current, [])
    return found


def relative(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources(*folders: str) -> list[pathlib.Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return sorted(path for path in found if path.suffix in {".cpp", ".hpp", ".cu", ".cuh"})


def repository_files() -> list[pathlib.Path]:
    """Tracked files, and new ones that git does not ignore."""
    # A checkout may belong to another user than the one who tests it, as in a container; git then wants to be told.
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def layer_of(path: pathlib.Path) -> str | None:
    parts = path.relative_to(ROOT).parts
    position = {"include": 2, "src": 1}[parts[0]]
    return parts[position] if len(parts) > position + 1 else None


def check_include_order() -> list[str]:
    problems = []
    for path in sources("include", "src"):
        layer = layer_of(path)
        if layer is None:
            continue
        if layer != "study" and layer not in DIRECT:
            problems.append(f"{relative(path)}: unknown layer {layer}")
            continue
        allowed = reachable(layer)
        if layer == "ops":
            allowed |= {"kernels"}
        for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
            included = name.removeprefix("radonc/").split("/")[0]
            if included in {*DIRECT, "study"} and included not in allowed:
                problems.append(f"{relative(path)}: {layer} may not include {name}")
    return problems


def check_torch_free() -> list[str]:
    """core/torch_pch.hpp is the precompiled header of the other library."""
    problems = []
    for path in sources("include", "src"):
        if layer_of(path) in TORCH_FREE and path.name != "torch_pch.hpp":
            for name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if name.split("/")[0] in {"torch", "ATen", "c10"}:
                    problems.append(f"{relative(path)}: a layer without torch includes {name}")
    return problems


def check_namespaces() -> list[str]:
    problems = []
    for path in sources("include", "src"):
        layer = layer_of(path)
        if layer is None:
            continue
        expected = OTHER_NAMESPACE.get(relative(path), f"radonc::{layer}")
        found = NAMESPACE.findall(path.read_text(encoding="utf-8"))
        if "include" == path.relative_to(ROOT).parts[0] and expected and not found:
            problems.append(f"{relative(path)}: opens no namespace, {expected} expected")
        problems += [f"{relative(path)}: opens {name}, not {expected}" for name in found if name != expected]
    return problems


def check_tests() -> list[str]:
    """Each public header has tests/cpp/<layer>/test_<stem>.cpp, and each such file its header."""
    problems = []
    headers = {f"{layer_of(path)}/{path.stem}" for path in sources("include/radonc") if layer_of(path)}
    tests = {f"{path.parent.name}/{path.stem.removeprefix('test_')}" for path in sources("tests/cpp")}
    tests = {name for name in tests if name.split("/")[0] in {*DIRECT, "study"}}
    for name in sorted(headers - tests - WITHOUT_TEST.keys()):
        problems.append(f"tests/cpp/{name.replace('/', '/test_')}.cpp is missing")
    for name in sorted(tests - headers):
        problems.append(f"tests/cpp/{name.replace('/', '/test_')}.cpp tests no public header")
    problems += [f"{name} has a test: take it off WITHOUT_TEST" for name in sorted(WITHOUT_TEST.keys() & tests)]
    problems += [f"WITHOUT_TEST names {name}, which does not exist" for name in sorted(WITHOUT_TEST.keys() - headers)]
    return problems


def check_sizes() -> list[str]:
    problems = []
    for path in repository_files():
        parts = path.relative_to(ROOT).parts
        if parts[0] not in COUNTED_FOLDERS or "data" in parts[:-1] and parts[0] in {"tests", "examples"}:
            continue
        if path.suffix in COUNTED_SUFFIXES:
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MAX_LINES:
                problems.append(f"{relative(path)}: {lines} lines, more than {MAX_LINES}")
    return problems


def check_umbrella() -> list[str]:
    umbrella = ROOT / "include/radonc/radonc.hpp"
    included = INCLUDE.findall(umbrella.read_text(encoding="utf-8")) if umbrella.exists() else []
    public = {path.relative_to(ROOT / "include").as_posix() for path in sources("include/radonc")}
    public.discard("radonc/radonc.hpp")
    problems = [f"radonc.hpp does not include {name}" for name in sorted(public - set(included))]
    problems += [f"radonc.hpp includes {name}, which does not exist" for name in sorted(set(included) - public)]
    torch_seen = False
    for name in included:
        torch_free = name.split("/")[1] in TORCH_FREE
        if torch_free and torch_seen:
            problems.append(f"radonc.hpp includes {name} after headers that need torch")
        torch_seen |= not torch_free
    return problems


def check_forbidden() -> list[str]:
    problems = []
    for path in repository_files():
        content = path.read_bytes()
        if b"\0" in content[:8192]:
            continue
        text = content.decode("utf-8", errors="replace")
        problems += [f"{relative(path)}: holds {word!r}" for word in FORBIDDEN if word in text]
    return problems


def main() -> int:
    checks = {
        "include order": check_include_order,
        "layers without torch": check_torch_free,
        "namespaces": check_namespaces,
        "a test per header": check_tests,
        "file sizes": check_sizes,
        "umbrella header": check_umbrella,
        "no traces of a machine": check_forbidden,
    }
    failed = 0
    for name, check in checks.items():
        problems = check()
        failed += bool(problems)
        print(f"{'FAIL' if problems else 'ok':<5}{name}")
        for problem in problems:
            print(f"     {problem}")
    print(f"layout: {len(checks) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
