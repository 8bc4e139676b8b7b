"""Safetensors files as numpy arrays, independent of radonc's own reader and writer."""

import json

import numpy as np

TYPES = {"F32": "<f4", "F16": "<f2", "U8": "u1"}


def read_safetensors(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(content[8 + size + begin : 8 + size + end], TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    names = {np.dtype(code): name for name, code in TYPES.items()}
    header, data = {}, b""
    for name, values in tensors.items():
        content = np.ascontiguousarray(values).tobytes()
        header[name] = {
            "dtype": names[values.dtype],
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    text = json.dumps(header).encode()
    text = text.ljust((len(text) + 7) // 8 * 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
