"""Makes tests/data/formats/quantised.gguf: what the gguf package makes of quantised blocks, and of values to quantise.

Run from the repository root, with gguf installed:  python tests/reference/make_gguf_golden.py

For each tensor that is not float32, "q4_k" and so on, "q4_k.expected" holds its values in float32. "to_quantise" holds
float32 values, and "to_quantise.q8_0" the blocks that gguf makes of them.
"""

import pathlib

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

TARGET = pathlib.Path(__file__).parents[1] / "data" / "formats" / "quantised.gguf"

# Offsets of the float16 scales inside a block.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0]}
SCALES |= {"Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}

# Ordinary ones of either sign, subnormal ones of either sign (the smallest is 2^-24), zero, and a large one.
VALUES = np.array([0.0123, -0.0371, 2.0**-24, -3.1e-5, 0.0, 123.4], np.float16)


def blocks(name: str, rng: np.random.Generator) -> np.ndarray:
    """Three rows of two blocks: random bytes, except for the scales."""
    size = GGML_QUANT_SIZES[GGMLQuantizationType[name]][1]
    data = rng.integers(0, 256, (6, size), np.uint8)
    for i, offset in enumerate(SCALES[name]):
        data[:, offset : offset + 2] = np.roll(VALUES, i).view(np.uint8).reshape(6, 2)
    return data.reshape(3, 2 * size)


def values_to_quantise(rng: np.random.Generator) -> np.ndarray:
    values = rng.standard_normal((16, 64), np.float32) * np.float32(10.0) ** np.arange(-9, 7).reshape(16, 1)
    values = values.astype(np.float32)
    values[0, :32] = 0
    values[1, :32] = np.arange(32) - 15.5  # the largest value is 127, so the scale is 1 and these lie halfway
    values[1, 0] = -127
    values[2, :32] = np.nextafter(np.arange(32, dtype=np.float32) + np.float32(0.5), np.float32(0))
    values[2, 31] = 127
    values[15, 0] = 8.3e6  # a scale close to float16's largest
    return values


def main() -> None:
    rng = np.random.default_rng(20240611)
    writer = gguf.GGUFWriter(TARGET, "golden")

    def add(name: str, data: np.ndarray, kind: GGMLQuantizationType) -> None:
        writer.add_tensor(name, data, raw_dtype=kind)
        if kind != GGMLQuantizationType.F32:
            expected = gguf.quants.dequantize(data, kind)
            writer.add_tensor(f"{name}.expected", np.ascontiguousarray(expected))

    for name in SCALES:
        add(name.lower(), blocks(name, rng), GGMLQuantizationType[name])
    # Every exponent and sign of the 16-bit types, but no NaN: its bits are nobody's promise.
    bits = np.arange(0, 65536, 61, dtype=np.uint32).astype(np.uint16)
    half, bfloat = bits.view(np.float16), bits[(bits & 0x7F80) != 0x7F80]
    add("f16", half[np.isfinite(half)], GGMLQuantizationType.F16)
    add("bf16", bfloat.view(np.uint8), GGMLQuantizationType.BF16)
    values = values_to_quantise(rng)
    add("to_quantise", values, GGMLQuantizationType.F32)
    add("to_quantise.q8_0", gguf.quants.quantize(values, GGMLQuantizationType.Q8_0), GGMLQuantizationType.Q8_0)

    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
