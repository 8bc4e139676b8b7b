"""Checks that relative links, and paths in `code`, of README.md and docs/*.md lead to files of the repository."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|(?:src|href)=\"([^\"]+)\"")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
# `tests/check_layout.py` is checked, `src/<layer>/*.cpp` is a pattern and is not.
NAMED = re.compile(r"`((?:\.ci|benchmarks|bindings|cmake|docs|examples|include|src|tests|tools)/[\w./-]+)`")


def links(text: str) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    return [first or second for first, second in LINK.findall(text)]


def main() -> int:
    checked, broken = 0, []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if not page.exists():
            broken.append(f"{page.relative_to(ROOT)} does not exist")
            continue
        for link in links(page.read_text(encoding="utf-8")):
            if re.match(r"[a-z][a-z0-9+.-]*:|#|//", link):
                continue
            checked += 1
            if not (page.parent / link.split("#")[0]).exists():
                broken.append(f"{page.relative_to(ROOT)}: {link}")
        for name in NAMED.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
            checked += 1
            if not (ROOT / name).exists():
                broken.append(f"{page.relative_to(ROOT)}: `{name}`")
    for line in broken:
        print(f"broken: {line}")
    print(f"docs: {checked} links and paths, {len(broken)} broken")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
