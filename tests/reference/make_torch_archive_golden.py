"""Makes tests/data/formats/*.pth, files of torch.save good and refused, and what torch reads in the good as JSON.

Run from the repository root, with torch installed:  python tests/reference/make_torch_archive_golden.py
"""

import collections
import json
import os
import pathlib
import zipfile

import torch

FOLDER = pathlib.Path(__file__).parents[1] / "data" / "formats"
NAMES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float64: "F64",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


class RunsCommand:
    def __reduce__(self):
        return os.system, ("echo radonc ran this",)


class Small(torch.nn.Module):
    """Its state dict has what a model's has: versions of modules, a buffer of integers, tied weights."""

    def __init__(self):
        super().__init__()
        self.norm = torch.nn.BatchNorm1d(3)
        self.embed = torch.nn.Embedding(4, 3)
        self.head = torch.nn.Linear(3, 4)
        self.head.weight = self.embed.weight


def all_kinds() -> dict[str, torch.Tensor]:
    base = torch.randn(6, 4)
    tensors = {
        "base": base,
        "base.row": base[1],  # an offset into the storage of another
        "base.rows": base[2:5],
        "base.flat": base.view(24)[1::23][:1],  # one element, whose stride does not matter
        "parameter": torch.nn.Parameter(torch.randn(2, 3)),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 5),
        "long": torch.tensor([-(2**62), -1, 2**40]),
        "größe": torch.arange(300, dtype=torch.int32),
    }
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        tensors[f"kind.{NAMES[kind]}"] = torch.randn(5).to(kind)
    tensors["kind.U8"] = torch.arange(250, 256, dtype=torch.uint8)
    tensors["kind.BOOL"] = torch.tensor([True, False, True])
    return tensors


def expected(path: pathlib.Path) -> dict:
    """Each tensor's bytes in hexadecimal, as torch reads them from the file."""
    result = {}
    for name, tensor in torch.load(path, weights_only=True).items():
        data = torch.empty(tensor.numel(), dtype=tensor.dtype).copy_(tensor.detach().flatten())
        content = bytes(data.view(torch.uint8).tolist()).hex()
        result[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "bytes": content}
    return result


def compress(source: pathlib.Path, target: pathlib.Path):
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as compressed:
        for name in archive.namelist():
            compressed.writestr(zipfile.ZipInfo(name), archive.read(name), zipfile.ZIP_DEFLATED)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    good = {"plain": all_kinds(), "module": Small().state_dict(), "empty": collections.OrderedDict()}
    for name, tensors in good.items():
        torch.save(tensors, FOLDER / f"{name}.pth")
    content = {name: expected(FOLDER / f"{name}.pth") for name in good}
    (FOLDER / "torch_archive.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    weight = torch.arange(6.0).reshape(2, 3)
    torch.save({"weight": weight}, FOLDER / "old_format.pth", _use_new_zipfile_serialization=False)
    torch.save({"weight": weight}, FOLDER / "protocol_4.pth", pickle_protocol=4)
    torch.save({"weight": weight.t()}, FOLDER / "strided.pth")
    torch.save({"weight": weight.to(torch.complex64)}, FOLDER / "complex.pth")
    torch.save({"model": {"weight": weight}, "epoch": 3}, FOLDER / "checkpoint.pth")
    torch.save({"epoch": 3}, FOLDER / "number_inside.pth")
    torch.save({"loss": 0.5}, FOLDER / "float_inside.pth")
    torch.save([weight], FOLDER / "list.pth")
    torch.save(weight, FOLDER / "tensor.pth")
    torch.save(7, FOLDER / "number.pth")
    torch.save({"weight": RunsCommand()}, FOLDER / "runs_command.pth")
    compress(FOLDER / "module.pth", FOLDER / "compressed.pth")


if __name__ == "__main__":
    main()
