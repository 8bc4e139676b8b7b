"""Codes and constants of bitsandbytes' NF4, with and without double quantisation.

    python tests/reference/make_nf4_golden.py tests/data/ops/nf4.safetensors

For each matrix NAME: NAME.weight, then bitsandbytes' NAME.codes, .absmax, .qabsmax, .nested_absmax, .offset and
.values (dequantised, float32, by double quantisation); quant_map and nested_map once. Needs bitsandbytes and
safetensors; made with bitsandbytes 0.49 on the CPU.
"""

import sys

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file


def matrices() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    normal = torch.randn(96, 512) * 0.02  # 768 blocks: three nested blocks
    ragged = torch.randn(100, 64) * torch.logspace(-6, 2, 100).unsqueeze(1)  # 100 blocks: less than a nested one
    special = torch.randn(8, 128)
    special[0, :64] = 0  # a block without a scale
    special[1] = 1e-30
    special[2, ::2] = 0.5 * (0.07958029955625534 + 0.16093020141124725)  # halfway between two values
    special[2, 1] = 1
    special[3] = torch.linspace(-1, 1, 128)
    return {"normal": normal, "bfloat16": (torch.randn(64, 320) * 0.1).bfloat16(), "ragged": ragged, "special": special}


def main(out: str) -> None:
    tensors = {}
    for name, weight in matrices().items():
        plain_codes, plain = bnb.quantize_4bit(weight, blocksize=64, quant_type="nf4", compress_statistics=False)
        codes, state = bnb.quantize_4bit(weight, blocksize=64, quant_type="nf4", compress_statistics=True)
        assert torch.equal(codes, plain_codes)
        state.dtype = torch.float32
        tensors |= {
            f"{name}.weight": weight,
            f"{name}.codes": codes.flatten(),
            f"{name}.absmax": plain.absmax,
            f"{name}.qabsmax": state.absmax,
            f"{name}.nested_absmax": state.state2.absmax,
            f"{name}.offset": state.offset.reshape(1).clone(),
            f"{name}.values": bnb.dequantize_4bit(codes, state),
        }
    tensors["quant_map"] = state.code.clone()
    tensors["nested_map"] = state.state2.code.clone()
    save_file(tensors, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
