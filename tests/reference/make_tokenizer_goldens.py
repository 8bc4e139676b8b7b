"""Writes tests/data/text: a corpus of mixed lines, and what Hugging Face `tokenizers` and SentencePiece make of them.

    python tests/reference/make_tokenizer_goldens.py SmolLM2-135M-Instruct.Q4_1.gguf

Needs tokenizers 0.23, sentencepiece 0.2, jinja2 3 and gguf. Everything is deterministic. A golden file has one line per
corpus line: the 64-bit FNV-1a hash, in hex, of the ids as little-endian int32.
"""

import argparse
import io
import json
import random
from pathlib import Path

import gguf
import jinja2
import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests" / "data" / "text"
NUM_LINES = 10_000
NUM_SENTENCEPIECE = 2_000
NUM_CHATS = 300
# Words that no white space cuts; the test makes the same ones.
LONG_WORDS = ["radiotherapy" * 500, " " * 3_000, "=-+" * 1_000, "あ" * 1_500, "GATTACA" * 400, "a" * 2_001]
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

WORDS = {
    "accents": (
        "Ménière naïve Übelkeit Škoda façade Ångström señor crème Łódź İstanbul ﬁbrosis Straße coöperate"
    ).split(),
    "cjk": "放射線治療 乳癌 患者は 肺がん 前立腺 方사선 치료 환자 恶性肿瘤 剂量 分割 ２０２４年 カタカナ ｶﾅ".split(),
    "emoji": ["👩‍⚕️", "👨‍👩‍👧‍👦", "🏳️‍🌈", "❤️", "👍🏽", "🇨🇭", "☢️", "1️⃣", "🧬", "🫀"],
    "rtl": "العلاج الإشعاعي مريض הקרנות סרטן חולה ‏٦٠ ۵۰ جراي שָׁלוֹם".split(),
    "combining": ["e\u0301", "n\u0303o", "a\u0300\u0323", "Z\u0335\u0321\u0354", "क्षि", "ก็", "u\u0308ber", "\u0301x"],
    "scripts": (
        "Ελληνικά ακτινοβολία лучевая терапия доза հայերեն ქართული हिन्दी ไทย অ আ ½ ² ③ Ⅳ 𝔘𝔫𝔦 𐍈 µGy α/β≥3"
    ).split(),
}
SPACES = [
    " ",
    "  ",
    "   ",
    "\t",
    "\t\t",
    "\u00a0",
    "\u3000",
    "\u2003",
    " \t ",
    "\u200b",
    "      ",
    "\n",
    "\r\n",
    " \n",
    "\n\n",
]
CODE = [
    "for (int i = 0; i < n; ++i) { sum += x[i]; }",
    "def f(x):\n\treturn x**2  # square",
    "if(a&&b||!c){d->e;}",
    "SELECT * FROM t WHERE id='7';",
    '{"dose": 6000, "unit": "cGy"}',
    '<div class="a">&nbsp;</div>',
    "$x_{1}^{2}$",
    "https://example.org/a?b=c&d=%20",
    "git commit -m 'x'",
    "don't I'LL we've he'd it's 'S 'tis they're I'm",
    "x\\ny \\t \\\\",
    "<|im_start|>user",
    "a<|im_end|>b",
    "<|endoftext|>",
    "</s><s>",
    "<unk>",
    "[INST]",
    "▁piece",
    "Ġpiece",
    "<0x41>",
]


def values(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from ((key, v) for _, v in values(value)) if isinstance(value, (dict, list)) else [(key, value)]
    elif isinstance(node, list):
        for value in node:
            yield from values(value)


def corpus():
    rng = random.Random(20_240_611)
    text = (ROOT / "examples" / "data" / "tcga_irradiated.jsonl").read_text(encoding="utf-8")
    records = [json.loads(line) for line in text.splitlines()]
    fields = [[(k, str(v)) for k, v in values(record) if v is not None] for record in records]

    def clinical():
        chosen = rng.sample(rng.choice(fields), rng.randint(1, 4))
        form = rng.randrange(3)
        if form == 0:
            return "\n".join(f"{k.replace('_', ' ').capitalize()}: {v}" for k, v in chosen[:2])
        return rng.choice(["; ", ", ", " - "]).join(v.title() if form == 1 else v for _, v in chosen)

    def lab():
        name = rng.choice(["PSA", "Hb", "CA 15-3", "Ki-67", "LDH", "CEA", "eGFR", "β-hCG", "SUVmax"])
        unit = rng.choice(["ng/mL", "g/dL", "U/L", "%", "µg/l", "mmol·L⁻¹", "×10⁹/L"])
        whole = str(rng.randrange(10 ** rng.randint(1, 9)))
        number = rng.choice([whole, f"{rng.uniform(0, 500):.{rng.randint(1, 3)}f}"])
        return f"{name}{rng.choice([' ', ': ', '=', ' < ', '>'])}{number}{rng.choice(['', ' '])}{unit}"

    def mixed():
        parts = []
        for _ in range(rng.randint(1, 5)):
            parts += [rng.choice(WORDS[rng.choice(list(WORDS))]), rng.choice(SPACES)]
        return "".join(parts[rng.randint(0, 1) :])

    def characters():
        ranges = [(0x20, 0x7F), (0xA0, 0x250), (0x370, 0x530), (0x2000, 0x2070), (0x4E00, 0x4F00), (0x1F300, 0x1F600)]
        low, high = rng.choice(ranges)
        line = "".join(chr(rng.randrange(low, high)) for _ in range(rng.randint(1, 14)))
        return line + rng.choice(["", "1", " ", "\u0301", "'s"])

    def spaced():
        return "".join(
            rng.choice(SPACES) + rng.choice(["a", "Gy", "60", ".", "", "é"]) for _ in range(rng.randint(1, 8))
        )

    makers, weights = [clinical, lab, mixed, characters, spaced, lambda: rng.choice(CODE)], [46, 16, 14, 10, 8, 6]
    lines = ["", " ", "a", "\n", "\u00a0", *CODE]
    while len(lines) < NUM_LINES:
        line = rng.choices(makers, weights)[0]()
        lines.append(line + (rng.choice(["", " "]) + rng.choice(makers)() if rng.random() < 0.15 else ""))
    return lines[:NUM_LINES]


def fnv1a(ids):
    state = 0xCBF29CE484222325
    for byte in b"".join(i.to_bytes(4, "little", signed=True) for i in ids):
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return f"{state:016x}"


def write(name, lines):
    (OUT / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def from_gguf(path):
    """SmolLM2's official tokenizer.json, from the GGUF file's metadata."""
    reader = gguf.GGUFReader(path)
    field = lambda key: reader.fields[key].contents()  # noqa: E731
    pieces = field("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in field("tokenizer.ggml.merges")]
    types = field("tokenizer.ggml.token_type")
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    controls = [AddedToken(p, special=True, normalized=False) for p, t in zip(pieces, types, strict=True) if t == 3]
    tokenizer.add_special_tokens(controls)
    return tokenizer


def chats(path, tokenizer, lines):
    """Conversations as the file's own chat template renders them: three corpus lines each, none with control tokens.

    Yields the hashes of the prompt's and of the whole conversation's ids. An answer that begins with white space has
    "-" in place of the second: there the prompt's last line end and the answer would be one word, and the prompt's ids
    no longer a prefix.
    """
    reader = gguf.GGUFReader(path)
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(
        reader.fields["tokenizer.chat_template"].contents()
    )
    harmless = [line for line in lines if "<|" not in line]
    for i in range(0, 3 * NUM_CHATS, 3):
        roles = ["system", "user", "assistant"]
        messages = [{"role": role, "content": text} for role, text in zip(roles, harmless[i : i + 3], strict=True)]
        prompt = template.render(messages=messages[:2], add_generation_prompt=True)
        whole = template.render(messages=messages, add_generation_prompt=False).removesuffix("\n")
        answer = harmless[i + 2]
        ids = [fnv1a(tokenizer.encode(text, add_special_tokens=False).ids) for text in (prompt, whole)]
        yield f"{ids[0]} {'-' if answer[:1].isspace() else ids[1]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", help="SmolLM2-135M-Instruct.Q4_1.gguf")
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)

    lines = corpus()
    write("lines.txt", [s.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for s in lines])

    def hashes(tokenizer):
        tokenizer.encode_special_tokens = True  # special tokens in the lines are plain text
        plain = [fnv1a(tokenizer.encode(line, add_special_tokens=False).ids) for line in lines]
        tokenizer.encode_special_tokens = False
        parsed = [fnv1a(tokenizer.encode(line, add_special_tokens=False).ids) for line in lines]
        return plain, parsed

    smollm2 = from_gguf(options.gguf)
    plain, parsed = hashes(smollm2)
    write("smollm2_ids.txt", plain)
    write("smollm2_parsed_ids.txt", parsed)
    write("smollm2_long_ids.txt", [fnv1a(smollm2.encode(word, add_special_tokens=False).ids) for word in LONG_WORDS])
    write("smollm2_chat_ids.txt", chats(options.gguf, smollm2, lines))

    small = Tokenizer(models.BPE())
    small.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    small.decoder = decoders.ByteLevel()
    small.train_from_iterator(
        lines,
        trainers.BpeTrainer(
            vocab_size=1_500,
            show_progress=False,
            special_tokens=["<|im_start|>", "<|im_end|>"],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )
    small.save(str(OUT / "tokenizer.json"))
    plain, parsed = hashes(small)
    write("tokenizer_json_ids.txt", plain)
    write("tokenizer_json_parsed_ids.txt", parsed)
    # The same vocabulary with Llama 3's way of cutting words.
    small.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(LLAMA_3), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    small.model.ignore_merges = True
    write("llama3_ids.txt", hashes(small)[0])

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(line for line in lines if line.strip() and max(line) < "\u0250"),
        model_writer=model,
        vocab_size=1_000,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        character_coverage=0.999,
        num_threads=1,
        allow_whitespace_only_pieces=True,
        minloglevel=2,
    )
    (OUT / "tokenizer.model").write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    write("sentencepiece_ids.txt", [fnv1a(pieces.encode(line)) for line in lines[:NUM_SENTENCEPIECE]])


if __name__ == "__main__":
    main()
