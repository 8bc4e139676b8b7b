"""How fast are new tokens and prompts, beside llama.cpp's? SmolLM2-135M, or a slice of Mistral-7B at full width.

    python benchmarks/decode.py --peers /path/to/python [--gguf SmolLM2-135M-Instruct.Q4_1.gguf]

The peers' Python is that of an environment with llama-cpp-python. Without a GGUF file the model has Mistral-7B's shape
with --layers layers and random weights. Three questions: new tokens of one sequence (decode), of 64 sequences together
(together), and a prompt of 512 tokens (prefill). Every measurement is a process of its own, and all take turns over the
rounds, so that a busy machine slows all of them. llama.cpp gets its tokens for nothing, without looking for the largest
logit, and the faster of its two attentions. With --device cuda the peer is transformers (bfloat16, and NF4 by
bitsandbytes), which generates greedily. GB/s is what a decoding step reads of the weights. A whole model is
--layers 32: 60 GB on disk, or 35 GB with --only "radonc nf4" "llama.cpp Q4_0".
"""

import argparse
import ctypes
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
from side_by_side import take_turns, tell  # noqa: E402

TOKENIZER = ROOT / "tests" / "data" / "text" / "mistral" / "tokenizer.model.v1"
OURS = ["radonc nf4", "radonc int8", "radonc bfloat16"]
PEERS = {"llama.cpp Q4_0": 2, "llama.cpp Q4_1": 3, "llama.cpp Q8_0": 7, "llama.cpp bf16": 32}  # llama_ftype
PROMPT = {"decode": 32, "together": 128, "prefill": 512}  # tokens; the study's prompts have 122 on average
QUESTIONS = [*PROMPT]
TRANSFORMERS = ["transformers bfloat16", "transformers nf4"]
SEQUENCES = 64
WORDS = ["lung", "dose", "cervix", "boost", "fraction", "node", "margin", "breast"]


def text_of(tokens: int, seed: int = 0) -> str:
    return " ".join(WORDS[(seed + i * (1 + seed % 7)) % len(WORDS)] for i in range(tokens))


def radonc_seconds(arguments: argparse.Namespace, kind: str) -> None:
    """Seconds a token: the difference that more new tokens make."""
    import radonc

    chosen = radonc.model.Quantization[kind if kind in ("nf4", "int8") else "none"]
    model = radonc.model.Transformer.load(
        arguments.model, dtype=radonc.model.Dtype.bfloat16, quantization=chosen, device=arguments.device
    )
    tokenizer = radonc.text.Tokenizer.load(arguments.gguf or TOKENIZER)
    count = SEQUENCES if arguments.question == "together" else 1
    new = 0 if arguments.question == "prefill" else arguments.new
    prompts = [("", f"{i}: {text_of(PROMPT[arguments.question], i)}") for i in range(2 * count + 14 if new else 1)]

    def run(new: int) -> tuple[float, list]:
        config = radonc.generate.GenerateConfig(batch_size=count, max_new_tokens=new)
        begin = time.perf_counter()
        answers = radonc.generate.generate(model, tokenizer, prompts, config, prompt_template="plain")
        return time.perf_counter() - begin, answers

    if new:  # llama.cpp's sequences do not end either
        going_on = [prompt for prompt, answer in zip(prompts, run(1 + new)[1], strict=True) if not answer.finished]
        if len(going_on) < count:
            sys.exit(f"{kind}: only {len(going_on)} of {len(prompts)} answers go on for {1 + new} tokens.")
        prompts = going_on[:count]
    short, long = [], []
    for _ in range(arguments.repeats):
        seconds, answers = run(1)
        tokens = answers[0].num_prompt_tokens
        short.append(seconds)
        if new:
            seconds, answers = run(1 + new)
            tokens = sum(len(answer.ids) - 1 for answer in answers)
            long.append(seconds)
    best = (min(long) - min(short)) / tokens if new else min(short) / tokens
    embedding = 0 if model.config.tie_word_embeddings else 2 * model.config.vocab_size * model.config.hidden_size
    tell(best, arguments.device, read=model.num_bytes - embedding)


def transformers_seconds(arguments: argparse.Namespace, kind: str) -> None:
    import torch
    from transformers_model import load

    model = load(arguments.model, kind, arguments.device).eval()
    length = PROMPT[arguments.question]
    count = SEQUENCES if arguments.question == "together" else 1
    ids = torch.tensor([[(7 * i + n) % 31_000 + 300 for i in range(length)] for n in range(count)]).to(arguments.device)

    def run(new: int) -> float:
        begin = time.perf_counter()
        model.generate(ids, min_new_tokens=new, max_new_tokens=new, do_sample=False, pad_token_id=0)[0, 0].item()
        return time.perf_counter() - begin

    new = 0 if arguments.question == "prefill" else arguments.new
    short = min(run(1) for _ in range(arguments.repeats))
    long = min(run(1 + new) for _ in range(arguments.repeats)) if new else 0.0
    best = (long - short) / (new * count) if new else short / length
    embedding = model.get_input_embeddings().weight
    tell(best, arguments.device, read=model.get_memory_footprint() - embedding.numel() * embedding.element_size())


def silence(llama_cpp):
    """Keeps llama.cpp from writing to the terminal; the result must live as long as the process logs."""
    silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    return silent


def llama_seconds(arguments: argparse.Namespace, kind: str) -> None:
    import llama_cpp

    path = f"{arguments.folder}/{kind}.gguf"
    llama_cpp.llama_backend_init()
    silent = silence(llama_cpp)  # noqa: F841
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    sequences = SEQUENCES if arguments.question == "together" else 1
    length = PROMPT[arguments.question]
    best = float("inf")
    for attention in (0, 1):
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = sequences * (length + arguments.new + 32)
        options.n_batch = options.n_ubatch = max(512, sequences)
        options.n_seq_max = sequences
        options.n_threads = options.n_threads_batch = arguments.threads
        options.flash_attn_type = attention
        context = llama_cpp.llama_init_from_model(model, options)
        batch = llama_cpp.llama_batch_init(512, 0, 1)

        def step(entries, context=context, batch=batch):
            """Entries: (token, position, sequence, whether its logits are wanted)."""
            batch.n_tokens = len(entries)
            for i, (token, position, sequence, wanted) in enumerate(entries):
                batch.token[i], batch.pos[i], batch.logits[i] = token, position, wanted
                batch.n_seq_id[i], batch.seq_id[i][0] = 1, sequence
            if llama_cpp.llama_decode(context, batch) != 0:
                sys.exit("llama_decode failed")

        for _ in range(arguments.repeats):
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
            begin = time.perf_counter()
            for sequence in range(sequences):
                step([((7 * i + sequence) % (vocab - 300) + 300, i, sequence, i + 1 == length) for i in range(length)])
            if arguments.question == "prefill":
                best = min(best, (time.perf_counter() - begin) / length)
                continue
            begin = time.perf_counter()
            for n in range(arguments.new):
                step([((11 * n + s) % (vocab - 300) + 300, length + n, s, True) for s in range(sequences)])
            best = min(best, (time.perf_counter() - begin) / arguments.new / sequences)
        llama_cpp.llama_free(context)
    bits = {"Q4_0": 4.5, "Q4_1": 5, "Q8_0": 8.5, "bf16": 16}[kind]
    tied = not arguments.layers
    embedding = 0 if tied else vocab * llama_cpp.llama_model_n_embd(model) * bits / 8
    tell(best, read=llama_cpp.llama_model_size(model) - embedding)


def quantize(source: str, target: str, file_type: int) -> None:
    """Runs with the peers' Python."""
    import llama_cpp

    silent = silence(llama_cpp)  # noqa: F841
    options = llama_cpp.llama_model_quantize_default_params()
    options.ftype, options.allow_requantize = file_type, True
    if llama_cpp.llama_model_quantize(source.encode(), target.encode(), ctypes.byref(options)) != 0:
        sys.exit(f"{source}: llama.cpp could not write {target}")


def prepare(folder: pathlib.Path, arguments: argparse.Namespace) -> str:
    """Makes the model that radonc loads, and a GGUF file for each of the peers."""
    import radonc

    source, model = arguments.gguf, arguments.gguf
    if not source:
        from random_checkpoint import write_checkpoint

        config = radonc.model.mistral_7b_v02()
        config.num_hidden_layers = arguments.layers
        write_checkpoint(folder, config)
        model, source = str(folder), str(folder / "source.gguf")
        if arguments.peers and arguments.device == "cpu":
            precision = radonc.model.GgufPrecision.f16
            loaded = radonc.model.Transformer.load(folder, dtype=radonc.model.Dtype.bfloat16)
            radonc.model.export_gguf(loaded, radonc.text.Tokenizer.load(TOKENIZER), source, precision=precision)
    for name, file_type in PEERS.items() if arguments.peers and arguments.device == "cpu" else ():
        if name not in arguments.only:
            continue
        target = str(folder / f"{name.split()[1]}.gguf")
        command = [str(arguments.peers), __file__, "--quantize", source, target, str(file_type)]
        subprocess.run(command, check=True, capture_output=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=pathlib.Path, help="Python of an environment with the peers")
    parser.add_argument("--device", default="cpu", help="of radonc and transformers, e.g. cuda (default: %(default)s)")
    parser.add_argument("--gguf", default="", help="a small model; without it a slice of Mistral-7B's shape")
    parser.add_argument("--layers", type=int, default=8, help="of the slice (default: %(default)s)")
    everything = [*OURS, *PEERS, *TRANSFORMERS]
    parser.add_argument("--only", nargs="+", choices=everything, default=everything, help="what is measured")
    parser.add_argument("--questions", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument("--new", type=int, default=24, help="tokens a sequence (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3, help="of each process; the fastest counts")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", help="where the models are made (default: a temporary folder)")
    for hidden in ("--measure", "--model", "--question"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--quantize", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quantize:
        source, target, file_type = arguments.quantize
        quantize(source, target, int(file_type))
        return
    if arguments.gguf:
        if arguments.device != "cpu":
            parser.error("--gguf is for llama.cpp, which is measured on the CPU")
        arguments.layers = 0
    if arguments.measure:
        side, kind = arguments.measure.split(" ", 1)
        measures = {"radonc": radonc_seconds, "llama.cpp": llama_seconds, "transformers": transformers_seconds}
        measures[side](arguments, kind)
        return
    all_peers = PEERS if arguments.device == "cpu" else TRANSFORMERS
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        model = prepare(pathlib.Path(folder), arguments)
        shared = [
            f"--{key}={getattr(arguments, key)}" for key in ("gguf", "layers", "new", "threads", "repeats", "device")
        ]
        ours, peers = ([name for name in some if name in arguments.only] for some in (OURS, all_peers))
        for question in arguments.questions:
            options = [*shared, f"--model={model}", f"--folder={folder}", f"--question={question}"]
            best = take_turns(__file__, ours, peers, arguments.peers, arguments.rounds, options)
            print(question)
            first = next(iter(best))
            fastest = min((r["seconds"] for n, r in best.items() if n in all_peers), default=best[first]["seconds"])
            for name, result in best.items():
                rate = "" if question != "decode" else f"   {result['read'] / result['seconds'] / 1e9:5.1f} GB/s"
                ratio = fastest / result["seconds"]
                base = "the fastest peer" if any(name in all_peers for name in best) else first
                print(f"  {name:21} {1 / result['seconds']:8.1f} tokens/s   {ratio:5.2f} x {base}{rate}", flush=True)


if __name__ == "__main__":
    main()
