"""Writes tests/data/text/qwen2: a small tokenizer of Qwen2's kind, and what Hugging Face `tokenizers` makes with it.

    python tests/reference/make_qwen2_goldens.py [qwen.tiktoken FOLDER]

Needs what make_conversation_goldens.py needs, and its files. Everything is deterministic.

texts.txt has texts that Unicode's NFC changes, and others. A golden file has one line a text, or one a conversation of
conversations.txt, as make_tokenizer_goldens.py and make_conversation_goldens.py tell. The reference is transformers'
Qwen2Tokenizer, for conversations with Qwen2-Instruct's chat template.

With Qwen's own vocabulary (qwen.tiktoken, which the packages dashscope and qwen-agent carry; it is too large to be kept
here) it also writes the real_ goldens and, into FOLDER, the tokenizer.json that they belong to: Qwen2's pieces, ids
and control tokens. The tests read that folder where RADONC_QWEN2_TOKENIZER names it.
"""

import argparse
import json
import random
import unicodedata
from pathlib import Path

from make_conversation_goldens import apply, escape, goldens, unescape
from make_tokenizer_goldens import CODE, OUT, SPACES, WORDS, fnv1a, write
from tiktoken.load import load_tiktoken_bpe
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

FOLDER = OUT / "qwen2"
NUM_TEXTS = 900
VOCAB_SIZE = 1_200
CONTROLS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOOLS = ["<tool_call>", "</tool_call>"]  # as Qwen2.5's: no control tokens, and not looked for in normalised text
TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
# What NFC never composes, what it replaces by something else, and what composes over a distance.
SPECIAL_CASES = (
    "\u0958 \u095b \u09dc \u0a33 \u0b5c \ufb1d \ufb2a \u2adc \U0001d15e \U0001d1bb \u212b \u2126 \u212a \uf900 "
    "\ufa1e \U0002f800 \u2000 \u2001 \u0340 \u0341 \u0343 \u0344 \u0374 \u037e \u0387 \u1fef \u2329 \u0f73 \u0f75 "
    "\u0bc6\u0bbe \u09c7\u09d7 \u0b47\u0b56 \u1025\u102e \u0d46\u0d3e \u0dd9\u0dcf \U00011099\U000110ba >\u0338 "
    "=\u0338 \u1100\u1161\u11a7 \uac00\u11a7 \uac00\u11a8 \u1100\u1161\u11a8 \u1161\u11a8 \u1100\u11a8 \uac01\u11a8 "
    "'\u017f I'\u017f\u0301 a\u0315\u0300\u05ae\u0300\u0300 e\u0327\u0301 \u1e14\u0300 \u0112\u0301 q\u0323\u0307 "
    "\u1e0a\u0323"
).split(" ")


def texts():
    rng = random.Random(20_240_613)
    marks = [chr(c) for c in [*range(0x300, 0x370), *range(0x591, 0x5C0), *range(0x64B, 0x656), 0x93C, 0x3099, 0x309A]]
    bases = "aeiounyAEIOUcCsSzZlLdDqÅøæαωΙюиעשקكوかがハブनक<>= 5"
    accented = [w for script in ("accents", "scripts", "cjk", "rtl", "combining") for w in WORDS[script]]

    def decomposed():
        form = rng.choice(["NFD", "NFKD", "NFC"])
        return rng.choice([" ", "", "\n"]).join(
            unicodedata.normalize(form, rng.choice(accented)) for _ in range(rng.randint(1, 5))
        )

    def stacked():
        return "".join(
            rng.choice(bases) + "".join(rng.choice(marks) for _ in range(rng.randint(0, 4)))
            for _ in range(rng.randint(1, 6))
        )

    def hangul():
        jamo = [chr(c) for c in [*range(0x1100, 0x1114), *range(0x1161, 0x1177), *range(0x11A7, 0x11C4)]]
        syllable = [chr(0xAC00 + 28 * rng.randrange(399)), chr(0xAC00 + rng.randrange(11_172))]
        return "".join(rng.choice([*syllable, *rng.choices(jamo, k=5)]) for _ in range(rng.randint(1, 12)))

    def words(kind):
        return rng.choice(["", " "]).join(rng.choice(kind) for _ in range(rng.randint(1, 5)))

    def spaced():
        return "".join(rng.choice(SPACES) + rng.choice(["a", "Gy", "60", ".", "", "e\u0301"]) for _ in range(5))

    def digits():
        return "".join(rng.choice("0123456789٣५².,/x Gy") for _ in range(rng.randint(1, 14)))

    def marked():
        parts = [
            *CONTROLS,
            *TOOLS,
            "<|im_end|",
            "nai\u0308f",
            "na\u00eff",
            "\u0338",
            "\u0301",
            "user\n",
            "é",
            "\n",
            ">",
        ]
        return "".join(rng.choice(parts) for _ in range(rng.randint(1, 7)))

    makers = [decomposed, stacked, hangul, lambda: words(SPECIAL_CASES), lambda: words(WORDS["emoji"])]
    makers += [spaced, digits, marked, lambda: rng.choice(CODE)]
    out = ["", " ", "\u0301", *SPECIAL_CASES, *CODE]
    while len(out) < NUM_TEXTS:
        text = rng.choices(makers, [18, 18, 12, 10, 4, 6, 6, 10, 4])[0]()
        out.append(text + (rng.choice(makers)() if rng.random() < 0.3 else ""))
    return out


def kept_lines():
    return [unescape(line) for line in (OUT / "lines.txt").read_text(encoding="utf-8").split("\n")[:-1]]


def small_vocabulary(lines):
    """Pieces and merges learnt from texts cut and normalised in Qwen2's way."""
    kind = Qwen2Tokenizer().backend_tokenizer
    learner = Tokenizer(models.BPE())
    learner.normalizer, learner.pre_tokenizer = kind.normalizer, kind.pre_tokenizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(
        lines, trainers.BpeTrainer(vocab_size=VOCAB_SIZE, show_progress=False, initial_alphabet=alphabet)
    )
    model = json.loads(learner.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def real_vocabulary(path):
    """As Qwen2's own files have it: one merge a piece, of the two that the merges of lower rank leave of it."""
    ranks = load_tiktoken_bpe(path)
    spelling = bytes_to_unicode()
    spell = lambda piece: "".join(spelling[byte] for byte in piece)  # noqa: E731
    merges = []
    for piece, rank in ranks.items():
        parts = [bytes([byte]) for byte in piece]
        while len(parts) > 2:
            found = [ranks.get(a + b, rank) for a, b in zip(parts, parts[1:], strict=False)]
            at = min(range(len(found)), key=found.__getitem__)
            assert found[at] < rank, piece
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        if len(parts) == 2:
            merges.append((spell(parts[0]), spell(parts[1])))
    return {spell(piece): rank for piece, rank in ranks.items()}, merges


def make(vocab, merges, extra):
    tokenizer = Qwen2Tokenizer(vocab, merges, chat_template=TEMPLATE, eos_token="<|im_end|>")
    # The constructor has put the control tokens that it knows behind the pieces: Qwen2's order is made first.
    backend = Tokenizer(models.BPE(dict(vocab), merges))
    kind = tokenizer.backend_tokenizer
    backend.normalizer, backend.pre_tokenizer, backend.decoder = kind.normalizer, kind.pre_tokenizer, kind.decoder
    plain = Tokenizer.from_str(backend.to_str())
    backend.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in CONTROLS])
    backend.add_tokens(extra)
    tokenizer._tokenizer = backend
    assert tokenizer.convert_tokens_to_ids(CONTROLS[0]) == len(vocab)
    return tokenizer, plain


def save(tokenizer, folder):
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "add_bos_token": False,
        "bos_token": None,
        "eos_token": "<|im_end|>",
        "chat_template": TEMPLATE,
        "tokenizer_class": "Qwen2Tokenizer",
    }
    content = json.loads(tokenizer.backend_tokenizer.to_str())
    for name, value in (("tokenizer.json", content), ("tokenizer_config.json", config)):
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="\n")


def ids_of(encode, lines):
    return [fnv1a(encode.encode(line, add_special_tokens=False).ids) for line in lines]


def chats(tokenizer, plain):
    begin, end = (tokenizer.convert_tokens_to_ids(control) for control in CONTROLS[1:])
    ids = lambda text: plain.encode(text, add_special_tokens=False).ids  # noqa: E731
    added = [*CONTROLS, *TOOLS]
    checked = []

    def encode(system, user, answer):
        messages = [
            {"role": role, "content": text}
            for role, text in zip(("system", "user", "assistant"), (system, user, answer), strict=True)
        ]
        turns = [[begin, *ids(f"{m['role']}\n{m['content']}"), end] for m in messages]
        prompt = [*turns[0], *ids("\n"), *turns[1], *ids("\n"), begin, *ids("assistant\n")]
        whole = [*turns[0], *ids("\n"), *turns[1], *ids("\n"), *turns[2]]
        if not any(text in content for text in added for content in (system, user, answer)):
            assert apply(tokenizer, messages[:-1], add_generation_prompt=True) == prompt, messages
            assert apply(tokenizer, messages) == whole + ids("\n"), messages
            checked.append(messages)
        return prompt, whole

    yield from goldens(encode)
    assert len(checked) >= 250, len(checked)


def write_goldens(tokenizer, plain, prefix, lines):
    write(f"qwen2/{prefix}ids.txt", ids_of(plain, lines))
    write(f"qwen2/{prefix}parsed_ids.txt", ids_of(tokenizer.backend_tokenizer, lines))
    write(f"qwen2/{prefix}chat_ids.txt", chats(tokenizer, plain))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("qwen", nargs="*", help="qwen.tiktoken and the folder to write its tokenizer.json into")
    options = parser.parse_args()

    lines = texts()
    small = small_vocabulary([*kept_lines()[:3_000], *lines])
    # One that is looked for in normalised text, as tokens that a user adds are.
    added = [AddedToken(text, normalized=False) for text in TOOLS] + [AddedToken("nai\u0308f", normalized=True)]
    tokenizer, plain = make(*small, added)
    save(tokenizer, FOLDER)
    write("qwen2/texts.txt", [escape(text) for text in lines])
    write_goldens(tokenizer, plain, "", lines)
    if options.qwen:
        model, folder = options.qwen
        tokenizer, plain = make(*real_vocabulary(model), [])
        save(tokenizer, Path(folder))
        write_goldens(tokenizer, plain, "real_", [*lines, *kept_lines()[:1_000]])


if __name__ == "__main__":
    main()
