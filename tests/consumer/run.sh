#!/usr/bin/env bash
# Installs the build tree into a temporary folder, then configures, builds and runs a project that uses it.
#   run.sh [build tree]        CONSUMER_PYTHON names another interpreter than that of .venv
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:-build}
python=${CONSUMER_PYTHON:-$PWD/.venv/bin/python}
[[ -d .venv/bin ]] && PATH=$PWD/.venv/bin:$PATH

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
prefix=$temporary/prefix
passed=0
failed=0

# check <program> <with torch: ON or OFF>: one fresh project per program, so that base is tried without torch.
check() {
    local program=$1 tree=$temporary/$1 log=$temporary/$1.log
    if cmake -S tests/consumer -B "$tree" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCONSUMER_WITH_TORCH="$2" \
        -DCMAKE_PREFIX_PATH="$prefix;$prefix/radonc" -DPython_EXECUTABLE="$python" >"$log" 2>&1 &&
        cmake --build "$tree" --target "$program" >>"$log" 2>&1 && "$tree/$program" 2>>"$log"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "consumer: $program failed" >&2
        tail -n 40 "$log" >&2
    fi
}

cmake --install "$build" --prefix "$prefix" >"$temporary/install.log" || {
    tail -n 20 "$temporary/install.log" >&2
    exit 1
}
check main_base OFF
if [[ ${CONSUMER_WITH_TORCH:-ON} == ON ]]; then
    # A build with CUDA kernels needs torch's CUDA libraries, which in a wheel lie beside the package.
    torch_lib=$("$python" -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])")/lib
    if [[ -e $torch_lib/libtorch_cuda.so ]]; then
        export LD_LIBRARY_PATH=$torch_lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    fi
    check main_torch ON
fi

echo "consumer: $passed passed, $failed failed"
((failed == 0))
