"""Logits of SmolLM2-135M-Instruct from transformers, on the weights that its GGUF file holds.

    python tests/reference/make_logits_golden.py MODEL.gguf tests/data/model/smollm2_logits.npz

For every position of a few texts: the argmax, the log of the summed exponentials over the whole vocabulary, and the
logits of 256 fixed ids. transformers dequantises the file and runs in float32.
"""

import pathlib
import sys

import numpy as np
import torch
import transformers

TEXTS = [
    "<|im_start|>user\nA 62-year-old woman with infiltrating ductal carcinoma of the left breast, pT2 N1 M0, "
    "ER positive.\n\nState the ICD-10 code.<|im_end|>\n<|im_start|>assistant\nC50.9<|im_end|>\n",
    "Brain, primary tumor field; external beam; 200 cGy x 30 fractions; total 6000 cGy",
    "def mean(xs):\n    return sum(xs) / len(xs)\n\n# Größe, 5 µm, naïve café, 中文, 🧪\n",
    "The dose was 50.4 Gy in 28 fractions. " * 20,
]


def main(gguf: str, out: str) -> None:
    path = pathlib.Path(gguf)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    model.eval()
    sampled = np.sort(np.random.default_rng(0).choice(model.config.vocab_size, 256, replace=False))
    arrays = {"sampled": sampled, "reference": f"transformers {transformers.__version__}, torch {torch.__version__}"}
    for i, text in enumerate(TEXTS):
        ids = tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
        with torch.no_grad():
            logits = model(ids).logits[0]
        arrays[f"ids{i}"] = ids[0].numpy()
        arrays[f"argmax{i}"] = logits.argmax(-1).numpy()
        arrays[f"logsumexp{i}"] = logits.double().logsumexp(-1).numpy()
        arrays[f"logits{i}"] = logits[:, sampled].numpy()
        print(f"text {i}: {ids.shape[1]} tokens")
    np.savez_compressed(out, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
