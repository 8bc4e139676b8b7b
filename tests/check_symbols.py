"""check_symbols.py LIBRARY…: a library shows what its public headers declare, and nothing of its own besides.

What it cannot hide: the templates of the standard library that it instantiates, inline functions that torch's and fmt's
headers declare visible, and the types of functions that are made of their types alone.
"""

import pathlib
import re
import subprocess
import sys

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include"
FOREIGN = ("std::", "__gnu_cxx::", "c10::", "at::", "torch::", "caffe2::", "fmt::")
PREFIX = re.compile(
    r"^(?:typeinfo (?:name )?for|vtable for|VTT for|guard variable for|(?:non-)?virtual thunk to|"
    r"construction vtable for|initializer for)\s+"
)
PUBLIC_NAME = re.compile(r"radonc::(?:(\w+)::)?(~?\w+)")


def declared() -> dict[str, set[str]]:
    """Room → the words of its headers' code; "" is the namespace radonc itself."""
    words: dict[str, set[str]] = {"": {"Error"}}
    for path in (INCLUDE / "radonc").rglob("*.hpp"):
        code = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        words.setdefault(path.parent.name, set()).update(re.findall(r"\w+", code))
    return words


def without_arguments(symbol: str) -> str:
    """The symbol's name: what stands before its parameters, without template arguments and the result's type."""
    name, depth = "", 0
    symbol = symbol.replace("(anonymous namespace)", "{anonymous}").replace("operator()", "operator_call")
    for c in re.sub(r"operator(<=>|<<=?|>>=?|<=?|>=?|->)", "operator_", symbol):
        if c == "(" and depth == 0:
            break
        depth += (c == "<") - (c == ">")
        if depth == 0 and c != ">":
            name += c
    return name.strip().split(" ")[-1].lstrip("*&")


def is_allowed(symbol: str, words: dict[str, set[str]]) -> bool:
    if symbol.startswith(("typeinfo for ", "typeinfo name for ")) and "radonc::" not in symbol:
        return True  # of a function's type, which no namespace has
    name = without_arguments(PREFIX.sub("", symbol))
    if name.startswith(FOREIGN) or name.startswith("operator"):
        return True
    found = PUBLIC_NAME.match(name)
    if not found or "{anonymous}" in name:
        return False
    room, word = found.groups()
    if room is None or room not in words:
        return (room or word) in words[""]
    return word.lstrip("~") in words[room]


def main() -> int:
    words, problems, shown = declared(), [], 0
    for library in sys.argv[1:]:
        command = ["nm", "--dynamic", "--demangle", "--defined-only", library]
        for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
            symbol = line.split(" ", 2)[2].split("@@")[0]
            shown += 1
            if not is_allowed(symbol, words):
                problems.append(f"{pathlib.Path(library).name} shows {symbol}")
    print("\n".join(problems))
    print(f"symbols: {shown} shown, {len(problems)} of them not of a public header")
    return bool(problems) or not shown


if __name__ == "__main__":
    sys.exit(main())
