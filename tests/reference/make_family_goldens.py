"""Tiny models of each supported family and adapters on them, with what transformers and PEFT compute from them.

    python tests/reference/make_family_goldens.py tests/data/model  # leaves alone what exists

Made with torch 2.15, transformers 5.23 and peft
0.21.2 (see "reference" in each .npz), in float32 with eager attention, dropout off, from the files as written.

NAME/ holds a model and golden.npz: ids, base (the logits). tiny_llama/ and tiny_mistral/ add an adapter/ and, in
golden.npz, num_prompt_tokens, adapted (logits), loss (mean over the tokens after the prompt) and grad.<parameter>.
sharded/ is tiny_llama in three files. tiny_qwen2_float16/ has float16 weights, made float32 for computing.
adapters/NAME/ is an adapter; its golden.npz adds `model`, the folder it belongs to. adapters/curve.npz is a training
run from adapters/curve_start to adapters/curve_end (its *_clipped arrays are of a second run, with the gradients
clipped to a norm of clipped_at instead of 1).

DoRA in PEFT: y = W x + bias + (m / n - 1) W x + (m / n) s B A x, where n = ||W + s B A|| by output row is computed in
each forward pass and constant in the backward pass; the bias is not scaled. With dropout d in training, both added
terms are of d(x): (m / n - 1) W d(x) + (m / n) s B A d(x), and only the first W x is of x itself.

rank_pattern and alpha_pattern: the first key, in the order of the file, for which re.match(rf"(.*\\.)?({key})$", name)
holds, with a name like model.layers.0.mlp.up_proj. PEFT sorts the keys when it saves, which can change the winner;
adapters/patterns keeps them unsorted, so a reader that sorts gives layers.1.self_attn.o_proj the wrong alpha.

Where an adapter has dropout, loss and gradients are of a pass in training with radonc's masks (philox_dropout.py),
whose seeds come from torch's generator of seed 1.

Under dynamic NTK scaling a fresh model makes each golden: the frequencies stay those of the longest sequence seen.
"""

import json
import pathlib
import sys
import zlib

import numpy as np
import peft
import torch
import transformers
from philox_dropout import use_philox

REFERENCE = f"transformers {transformers.__version__}, peft {peft.__version__}"
SHAPE = dict(
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
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
NUM_PROMPT_TOKENS = 15


def seed(name: str) -> None:
    torch.manual_seed(zlib.crc32(name.encode()))


def save_arrays(path: pathlib.Path, gradients: dict | None = None, **arrays) -> None:
    np.savez_compressed(path, **arrays, reference=REFERENCE, **(gradients or {}))


def load_model(folder: pathlib.Path):
    load = transformers.AutoModelForCausalLM.from_pretrained
    return load(folder, attn_implementation="eager", dtype=torch.float32).eval()


def llama(**options):
    return transformers.LlamaForCausalLM, transformers.LlamaConfig(**{**SHAPE, **options})


def mistral(**options):
    return transformers.MistralForCausalLM, transformers.MistralConfig(**{**SHAPE, **options})


def qwen2(**options):
    return transformers.Qwen2ForCausalLM, transformers.Qwen2Config(**{**SHAPE, **options})


def rope(rope_type: str, theta: float = 1e4, **options) -> dict:
    return dict(rope_type=rope_type, rope_theta=theta, **options)


# With 8 to 32 dimensions a head, a theta of 100 is what leaves frequencies on both sides of the bounds of llama3 and
# YaRN and some in between.
FAMILIES = {
    "llama_mha": llama(num_key_value_heads=4),
    "llama_tied": llama(tie_word_embeddings=True),
    "llama_bias": llama(attention_bias=True),
    "llama_mlp_bias": llama(attention_bias=True, mlp_bias=True),
    "qwen2": qwen2(use_sliding_window=False),
    "qwen2_window": qwen2(use_sliding_window=True, sliding_window=7, max_window_layers=1),
    "qwen2_float16": qwen2(tie_word_embeddings=True),
    "mistral_window_gqa": mistral(num_key_value_heads=1, head_dim=16, sliding_window=5, tie_word_embeddings=False),
    "llama_linear": llama(rope_parameters=rope("linear", factor=4.0)),
    "llama_dynamic": llama(max_position_embeddings=16, rope_parameters=rope("dynamic", factor=4.0)),
    "llama_llama3": llama(
        head_dim=16,
        rope_parameters=rope(
            "llama3",
            100.0,
            factor=8.0,
            low_freq_factor=1.0,
            high_freq_factor=4.0,
            original_max_position_embeddings=32,
        ),
    ),
    "llama_yarn": llama(
        head_dim=32,
        max_position_embeddings=64,
        rope_parameters=rope(
            "yarn", 100.0, factor=4.0, original_max_position_embeddings=16, beta_fast=32.0, beta_slow=1.0
        ),
    ),
    # The attention factor is (0.07 log 4 + 1) / (0.12 log 4 + 1).
    "llama_yarn_mscale": llama(
        head_dim=16,
        rope_parameters=rope(
            "yarn",
            100.0,
            factor=4.0,
            original_max_position_embeddings=32,
            beta_fast=2.0,
            beta_slow=0.5,
            mscale=0.7,
            mscale_all_dim=1.2,
        ),
    ),
    # attention_factor outweighs the mscales, and the range of the ramp is not rounded.
    "llama_yarn_factor": llama(
        head_dim=16,
        rope_parameters=rope(
            "yarn",
            100.0,
            factor=4.0,
            original_max_position_embeddings=32,
            beta_fast=2.0,
            beta_slow=0.5,
            mscale=0.7,
            mscale_all_dim=1.2,
            attention_factor=1.3,
            truncate=False,
        ),
    ),
}


def randomize(model) -> None:
    """Weights far enough from zero that positions, windows and biases show in the logits."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.weight"):
                parameter.normal_(1, 0.2)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.3)
            else:
                parameter.normal_(0, 0.4 if "embed_tokens" in name else 0.2)


def old_rope_scaling(config: pathlib.Path, type_key: str) -> None:
    """config.json as transformers before 5 wrote it: rope_theta and rope_scaling."""
    values = json.loads(config.read_text())
    parameters = values.pop("rope_parameters")
    values["rope_theta"] = parameters.pop("rope_theta")
    values["rope_scaling"] = {type_key: parameters.pop("rope_type"), **parameters}
    values["torch_dtype"] = values.pop("dtype")
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n")


def save_model(folder: pathlib.Path, model, **options) -> None:
    model.save_pretrained(folder, **options)
    (folder / "generation_config.json").unlink()


@torch.no_grad()
def family(folder: pathlib.Path, name: str) -> None:
    seed(name)
    architecture, config = FAMILIES[name]
    model = architecture(config)
    randomize(model)
    save_model(folder, model.half() if name.endswith("float16") else model)
    if name == "llama_linear":
        old_rope_scaling(folder / "config.json", "type")
    elif name == "llama_llama3":
        old_rope_scaling(folder / "config.json", "rope_type")
    ids = torch.randint(0, SHAPE["vocab_size"], (1, 40))
    save_arrays(folder / "golden.npz", ids=ids[0].numpy(), base=load_model(folder)(ids).logits[0].numpy())


@torch.no_grad()
def sharded(folder: pathlib.Path, tiny_llama: pathlib.Path) -> None:
    save_model(folder, load_model(tiny_llama), max_shard_size=32000)
    ids = np.load(tiny_llama / "golden.npz")["ids"]
    base = load_model(folder)(torch.tensor(ids)[None]).logits[0].numpy()
    np.testing.assert_array_equal(base, load_model(tiny_llama)(torch.tensor(ids)[None]).logits[0].numpy())
    save_arrays(folder / "golden.npz", ids=ids, base=base)


SOME = ["q_proj", "v_proj", "down_proj"]
# The last layer's output projection and MLP see supervised positions only, so their masks have another shape.
SAME_SHAPE = r".*(layers\.0\..*|layers\.1\.self_attn\.[qkv])_proj"
# name: (model, options)
ADAPTERS = {
    "lora": ("tiny_llama", dict(target_modules=SOME)),
    "rslora": ("tiny_llama", dict(target_modules=SOME, use_rslora=True)),
    "patterns": (
        "tiny_llama",
        dict(
            target_modules="all-linear",
            rank_pattern={"q_proj": 2, r"layers.1.mlp.down_proj": 6, r"model\.layers\.\d+\.self_attn\.[kv]_proj": 3},
            alpha_pattern={"o_proj": 3, r"layers\.0\.mlp\.(gate|up)_proj": 12, r"^model\.layers\.1\..*": 5},
        ),
    ),
    "regex": ("tiny_llama", dict(target_modules=r".*layers\.1\.self_attn\.(q|v)_proj")),
    "dora": ("tiny_llama", dict(target_modules=SOME, use_dora=True)),
    "dora_rslora": ("tiny_llama", dict(target_modules=SOME, use_dora=True, use_rslora=True)),
    "dora_bias": ("tiny_llama_mlp_bias", dict(target_modules=SOME, use_dora=True)),
    "bias_lora": ("tiny_llama_bias", dict(target_modules=["q_proj", "o_proj", "down_proj"], bias="lora_only")),
    "bias_all": ("tiny_llama_mlp_bias", dict(target_modules=["q_proj", "down_proj"], bias="all")),
    "bias_all_lora_bias": ("tiny_qwen2", dict(target_modules=["q_proj", "o_proj"], bias="all", lora_bias=True)),
    "dropout": ("tiny_llama", dict(target_modules=SAME_SHAPE, lora_dropout=0.3)),
    "dora_dropout": ("tiny_llama_mlp_bias", dict(target_modules=SAME_SHAPE, lora_dropout=0.3, use_dora=True)),
    "modules_to_save": ("tiny_llama", dict(target_modules=SOME, modules_to_save=["lm_head"])),
    "float16_lora": ("tiny_qwen2_float16", dict(target_modules="all-linear")),
    "float16_dora": ("tiny_qwen2_float16", dict(target_modules=SOME, use_dora=True)),
    "layers_to_transform": ("tiny_llama", dict(target_modules=SOME, layers_to_transform=[1])),
    "lora_bias": ("tiny_llama_mlp_bias", dict(target_modules=SOME, lora_bias=True)),
}


def save_adapter(folder: pathlib.Path, adapted) -> None:
    """Saves it with adapter_config.json's sets sorted, its patterns as they were given and no path of this machine."""
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink()
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = None
    for key in ("rank_pattern", "alpha_pattern"):
        config[key] = getattr(adapted.peft_config["default"], key)
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    path.write_text(json.dumps(config, indent=2) + "\n")


def run(adapted, ids: torch.Tensor):
    """The output, and the mean loss over what follows the prompt."""
    labels = ids.clone()
    labels[:, :NUM_PROMPT_TOKENS] = -100
    output = adapted(ids, labels=labels)
    return output, output.loss


def gradients(adapted) -> dict:
    return {
        "grad." + name.replace(".default", ""): parameter.grad.numpy()
        for name, parameter in adapted.named_parameters()
        if parameter.grad is not None
    }


def adapter(folder: pathlib.Path, models: pathlib.Path, name: str) -> None:
    seed(name)
    base, options = ADAPTERS[name]
    config = peft.LoraConfig(r=4, lora_alpha=6, task_type="CAUSAL_LM", **options)
    adapted = peft.get_peft_model(load_model(models / base), config)
    with torch.no_grad():
        for parameter_name, parameter in adapted.named_parameters():
            if not parameter.requires_grad or "lora_A" in parameter_name:
                continue
            if "lora_B" in parameter_name:
                parameter.normal_(0, 0.2)
            elif "lora_magnitude_vector" in parameter_name:
                parameter.mul_(1 + 0.3 * torch.randn_like(parameter))
            else:
                parameter.add_(0.2 * torch.randn_like(parameter))
    save_adapter(folder, adapted)

    adapted = peft.PeftModel.from_pretrained(load_model(models / base), folder, is_trainable=True).eval()
    ids = torch.randint(0, SHAPE["vocab_size"], (1, 24))
    logits = run(adapted, ids)[0].logits[0].detach()
    if config.lora_dropout > 0:
        torch.manual_seed(1)
        use_philox(adapted)
        adapted.train()
    _, loss = run(adapted, ids)
    loss.backward()
    save_arrays(
        folder / "golden.npz",
        gradients(adapted),
        model=base,
        ids=ids[0].numpy(),
        num_prompt_tokens=NUM_PROMPT_TOKENS,
        adapted=logits.numpy(),
        loss=loss.item(),
    )


def train(adapted, ids: torch.Tensor, max_grad_norm: float):
    """Losses and gradient norms (before clipping) of 20 steps of AdamW on the same sequences."""
    parameters = [parameter for parameter in adapted.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, norms = [], []
    for _ in range(20):
        optimizer.zero_grad()
        _, loss = run(adapted, ids)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, max_grad_norm).item())
        losses.append(loss.item())
        optimizer.step()
    return np.array(losses), np.array(norms)


def curve(folder: pathlib.Path, tiny_llama: pathlib.Path) -> None:
    seed("curve")
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules=ALL_LINEAR, task_type="CAUSAL_LM")
    save_adapter(folder / "curve_start", peft.get_peft_model(load_model(tiny_llama), config))
    ids = torch.randint(0, SHAPE["vocab_size"], (4, 24))

    def start():
        model = load_model(tiny_llama)
        return peft.PeftModel.from_pretrained(model, folder / "curve_start", is_trainable=True).eval()

    adapted = start()
    losses, norms = train(adapted, ids, 1.0)
    save_adapter(folder / "curve_end", adapted)
    final_loss = run(adapted, ids)[1].item()
    # The norms stay below 1, so a second run has a bound that most of them exceed.
    losses_clipped, norms_clipped = train(start(), ids, 0.25)
    save_arrays(
        folder / "curve.npz",
        ids=ids.numpy(),
        num_prompt_tokens=NUM_PROMPT_TOKENS,
        losses=losses,
        gradient_norms=norms,
        final_loss=final_loss,
        clipped_at=0.25,
        losses_clipped=losses_clipped,
        gradient_norms_clipped=norms_clipped,
    )


def tiny(folder: pathlib.Path, model, number: int) -> None:
    """A model, as transformers initialises it, with its own adapter."""
    torch.manual_seed(number)
    model.save_pretrained(folder)
    ids = torch.randint(0, SHAPE["vocab_size"], (1, 24))
    base = model(ids).logits[0].detach()
    config = peft.LoraConfig(r=4, lora_alpha=6, target_modules=SOME, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config).eval()
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.normal_(0, 0.2)
    save_adapter(folder / "adapter", adapted)
    output, loss = run(adapted, ids)
    loss.backward()
    save_arrays(
        folder / "golden.npz",
        gradients(adapted),
        ids=ids[0].numpy(),
        num_prompt_tokens=NUM_PROMPT_TOKENS,
        base=base.numpy(),
        adapted=output.logits[0].detach().numpy(),
        loss=loss.item(),
    )


def tiny_pair(models: pathlib.Path) -> None:
    """tiny_llama and tiny_mistral; the second's weights follow the first's in the random sequence."""
    torch.manual_seed(0)
    tiny(models / "tiny_llama", transformers.LlamaForCausalLM(transformers.LlamaConfig(**SHAPE)), 1)
    options = dict(sliding_window=7, head_dim=16, rope_theta=5e4, tie_word_embeddings=False)
    config = transformers.MistralConfig(**SHAPE, **options)
    config._attn_implementation = "eager"
    tiny(models / "tiny_mistral", transformers.MistralForCausalLM(config), 2)


def main(out: str) -> None:
    models = pathlib.Path(out)
    adapters = models / "adapters"
    if not (models / "tiny_llama").exists():
        tiny_pair(models)
    if not (models / "sharded").exists():
        sharded(models / "sharded", models / "tiny_llama")
    for name in FAMILIES:
        if not (models / f"tiny_{name}").exists():
            family(models / f"tiny_{name}", name)
    for name in ADAPTERS:
        if not (adapters / name).exists():
            adapter(adapters / name, models, name)
    if not (adapters / "curve.npz").exists():
        curve(adapters, models / "tiny_llama")


if __name__ == "__main__":
    main(*sys.argv[1:])
