"""A tiny LLaMA and a tiny Mistral model, PEFT adapters on them, and the logits, gradients and losses that PEFT gives.

    python tests/reference/make_peft_golden.py tests/data/model

Leaves tiny_llama/ and tiny_mistral/ (config.json, model.safetensors), each with adapter/ and golden.npz.
"""

import pathlib
import sys

import numpy as np
import peft
import torch
import transformers


def golden(folder: pathlib.Path, model, seed: int) -> None:
    torch.manual_seed(seed)
    model.save_pretrained(folder)
    ids = torch.randint(0, 64, (1, 24))
    labels = ids.clone()
    labels[:, :15] = -100
    base = model(ids).logits[0].detach()
    config = peft.LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.2)
    adapted.eval()
    adapted.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    output = adapted(ids, labels=labels)
    output.loss.backward()
    arrays = {
        "ids": ids[0].numpy(),
        "num_prompt_tokens": 15,
        "base": base.numpy(),
        "adapted": output.logits[0].detach().numpy(),
        "loss": output.loss.item(),
        "reference": f"transformers {transformers.__version__}, peft {peft.__version__}",
    }
    for name, parameter in adapted.named_parameters():
        if parameter.grad is not None:
            arrays["grad." + name.replace(".default", "")] = parameter.grad.numpy()
    np.savez_compressed(folder / "golden.npz", **arrays)


def main(out: str) -> None:
    shape = dict(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=128,
        bos_token_id=1,
        eos_token_id=2,
    )
    torch.manual_seed(0)
    golden(pathlib.Path(out) / "tiny_llama", transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape)), 1)
    mistral = transformers.MistralConfig(
        **shape, sliding_window=7, head_dim=16, rope_theta=5e4, tie_word_embeddings=False
    )
    mistral._attn_implementation = "eager"
    golden(pathlib.Path(out) / "tiny_mistral", transformers.MistralForCausalLM(mistral), 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
