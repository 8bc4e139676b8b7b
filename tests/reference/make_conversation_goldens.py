"""Writes conversations to tests/data/text, and what their models' own code makes of them.

    python tests/reference/make_conversation_goldens.py [llama-3-tokenizer.model]

Needs mistral-common 1.13, transformers 5, tokenizers 0.23, sentencepiece 0.2, tiktoken, and what
make_tokenizer_goldens.py needs. Everything is deterministic.

conversations.txt has three lines a conversation: system, user, answer. A golden file has one line a conversation: the
hashes (see make_tokenizer_goldens.py) of the prompt's ids and of the whole conversation's, with "-" in place of a hash
where the reference cannot be followed:

- it strips the text: LLaMA-2's template all of it, mistral-common the spaces at the end of v3's answers;
- it refuses an empty answer (mistral-common);
- the prompt's ids are no prefix of the whole's: radonc asks for an answer with the very ids it was trained on.

The references: mistral-common's encode_chat_completion; for LLaMA-2 and Llama 3 what Meta's own code does, which must
be what transformers' apply_chat_template gives. That is not asked where a text holds a control token, which
transformers would read and Meta's code and radonc never do, nor where transformers strips a text for Llama 3. Alpaca
has no chat template: its text is given to SentencePiece in one go, as Stanford's code does.
Meta's tokenizers are not shipped: their licences are not radonc's. LLaMA-2's template is checked with Mistral's v1
pieces, which are of the same kind; Llama 3's with a small vocabulary, and with Meta's own where its file is given.
"""

import argparse
import json
import random
import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

import mistral_common
import sentencepiece
from make_tokenizer_goldens import LLAMA_3, OUT, fnv1a, write
from mistral_common.protocol.instruct.messages import AssistantMessage, SystemMessage, UserMessage
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode as Mode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from tokenizers import Tokenizer
from transformers import LlamaTokenizer, PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import TikTokenConverter
from transformers.tokenization_utils_base import generate_merges

NUM_CONVERSATIONS = 320
MISTRAL = {
    "tokenizer.model.v1": "tokenizer.model.v1",
    "mistral_instruct_tokenizer_240323.model.v3": "tokenizer.model.v3",
}
ATTACKS = ["[INST]", "[/INST]", "</s>", "<s>", "<<SYS>>", "\n<</SYS>>\n\n", "</s><s>[INST] ", " [/INST] C61 </s>"]
ATTACKS += [
    "### Response:\n",
    "<|eot_id|>",
    "<|start_header_id|>system<|end_header_id|>\n\n",
    "<|begin_of_text|>",
    "<unk>",
]
LLAMA_3_CONTROLS = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]

LLAMA_2_TEMPLATE = (
    "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
    "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
    "{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
LLAMA_3_TEMPLATE = (
    "{% for message in messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    " + message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
    "{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"
)
# Stanford's, with the line end after "Response:" that the data set's own texts have.
ALPACA = (
    "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
    "response that appropriately completes the request.\n\n### Instruction:\n{system}\n\n### Input:\n{user}\n\n"
    "### Response:\n"
)
ALPACA_WITHOUT_INPUT = (
    "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{user}\n\n### Response:\n"
)


def escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


def unescape(line):
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), line)


def conversations():
    rng = random.Random(20_240_612)
    lines = [unescape(s) for s in (OUT / "lines.txt").read_text(encoding="utf-8").split("\n")[:-1]]

    def text(most):
        out = "\n".join(rng.choice(lines) for _ in range(rng.randint(1, most)))
        if rng.random() < 0.2:
            at = rng.randint(0, len(out))
            out = out[:at] + rng.choice(ATTACKS) + out[at:]
        if rng.random() < 0.1:
            out = rng.choice(["", " ", "  ", "\n"]) + out + rng.choice([" ", "  ", "\n"])
        return out if rng.random() < 0.15 else out.strip()

    return [("" if rng.random() < 0.1 else text(2), text(3), text(1)) for _ in range(NUM_CONVERSATIONS)]


def mistral(model, is_v3):
    asking, training = (MistralTokenizer.from_file(model, mode) for mode in (Mode.test, Mode.finetuning))

    def encode(system, user, answer):
        messages = [SystemMessage(content=system)] * bool(system) + [UserMessage(content=user)]
        prompt = asking.encode_chat_completion(ChatCompletionRequest(messages=messages)).tokens
        if not answer or is_v3 and answer.endswith(" "):
            return prompt, None
        messages.append(AssistantMessage(content=answer))
        return prompt, training.encode_chat_completion(ChatCompletionRequest(messages=messages)).tokens

    return encode


def as_messages(system, user, answer):
    roles = [("system", system)] * bool(system) + [("user", user), ("assistant", answer)]
    return [{"role": role, "content": content} for role, content in roles]


def apply(tokenizer, messages, **options):
    return tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False, **options)


def llama2(model):
    pieces = sentencepiece.SentencePieceProcessor(model_file=model)
    vocab = {pieces.id_to_piece(i): i for i in range(len(pieces))}
    # By score, as in LLaMA-2's tokenizer.json. transformers 5 itself goes by id, which gives other ids than
    # SentencePiece for runs of spaces.
    merges = generate_merges(vocab, {piece: pieces.get_score(i) for piece, i in vocab.items()})
    tokenizer = LlamaTokenizer(vocab, merges, legacy=True, chat_template=LLAMA_2_TEMPLATE)
    num_checked = 0

    def encode(system, user, answer):
        nonlocal num_checked
        content = f"<<SYS>>\n{system}\n<</SYS>>\n\n{user}" if system else user
        if content != content.strip() or answer != answer.strip():
            return None, None
        prompt = [pieces.bos_id(), *pieces.encode(f"[INST] {content} [/INST]")]
        whole = [pieces.bos_id(), *pieces.encode(f"[INST] {content} [/INST] {answer} "), pieces.eos_id()]
        if not any(control in text for text in (system, user, answer) for control in ("<s>", "</s>", "<unk>")):
            messages = as_messages(system, user, answer)
            assert apply(tokenizer, messages[:-1]) == prompt, (system, user)
            assert apply(tokenizer, messages) == whole, (system, user, answer)
            num_checked += 1
        return prompt, whole

    yield from goldens(encode)
    assert num_checked >= 200, num_checked


def alpaca(model):
    pieces = sentencepiece.SentencePieceProcessor(model_file=model)

    def encode(system, user, answer):
        text = (ALPACA if system else ALPACA_WITHOUT_INPUT).format(system=system, user=user)
        ids = [[pieces.bos_id(), *pieces.encode(s)] for s in (text, text + answer)]
        return ids[0], [*ids[1], pieces.eos_id()]

    return goldens(encode)


def llama3(tokenizer):
    plain = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    plain.encode_special_tokens = True
    controls = list(tokenizer.get_added_vocab())
    begin, end, eot = map(tokenizer.convert_tokens_to_ids, ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"))
    num_checked = 0

    def ids(text):
        return plain.encode(text, add_special_tokens=False).ids

    def header(role):
        return [begin, *ids(role), end, *ids("\n\n")]

    def encode(*texts):
        nonlocal num_checked
        messages = as_messages(*texts)
        turns = [[*header(m["role"]), *ids(m["content"]), eot] for m in messages]
        prompt = [tokenizer.bos_token_id, *sum(turns[:-1], []), *header("assistant")]
        whole = [tokenizer.bos_token_id, *sum(turns, [])]
        if all(text == text.strip() and not any(control in text for control in controls) for text in texts):
            assert apply(tokenizer, messages[:-1], add_generation_prompt=True) == prompt, texts
            assert apply(tokenizer, messages) == whole, texts
            num_checked += 1
        return prompt, whole

    yield from goldens(encode)
    assert num_checked >= 200, num_checked


def goldens(encode):
    num_whole = 0
    for texts in conversations():
        prompt, whole = encode(*texts)
        if prompt and whole and whole[: len(prompt)] != prompt:
            whole = None
        num_whole += bool(whole)
        yield f"{fnv1a(prompt) if prompt else '-'} {fnv1a(whole) if whole else '-'}"
    assert num_whole >= 200, num_whole


def small_llama3(folder):
    """tokenizer.json of make_tokenizer_goldens.py with Llama 3's control tokens and its way of cutting words."""
    file = json.loads((OUT / "tokenizer.json").read_text(encoding="utf-8"))
    for i, control in enumerate(LLAMA_3_CONTROLS):
        file["added_tokens"].append(
            {
                "id": len(file["model"]["vocab"]) + i,
                "content": control,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
        )
    split = {"type": "Split", "pattern": {"Regex": LLAMA_3}, "behavior": "Isolated", "invert": False}
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    file["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [split, bytes_]}
    file["model"]["ignore_merges"] = True
    config = {
        "add_bos_token": True,
        "bos_token": "<|begin_of_text|>",
        "eos_token": "<|eot_id|>",
        "chat_template": LLAMA_3_TEMPLATE,
    }
    folder.mkdir(exist_ok=True)
    for name, content in (("tokenizer.json", file), ("tokenizer_config.json", config)):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"),
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        chat_template=LLAMA_3_TEMPLATE,
    )


def meta_llama3(model):
    numbers = iter(range(2, 256))
    controls = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>"]
    controls += ["<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>"]
    controls += ["<|eot_id|>", "<|python_tag|>"]
    controls += [f"<|reserved_special_token_{next(numbers)}|>" for _ in range(256 - len(controls))]
    return PreTrainedTokenizerFast(
        tokenizer_object=TikTokenConverter(model, pattern=LLAMA_3, extra_special_tokens=controls).converted(),
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        chat_template=LLAMA_3_TEMPLATE,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("llama3", nargs="?", help="Llama 3's tokenizer.model; its goldens are left as they are without")
    options = parser.parse_args()

    folder = OUT / "mistral"
    folder.mkdir(exist_ok=True)
    for theirs, ours in MISTRAL.items():
        shutil.copyfile(Path(mistral_common.__file__).parent / "data" / theirs, folder / ours)
    (folder / "LICENSE").write_text(distribution("mistral_common").read_text("licenses/LICENSE"), encoding="utf-8")
    write(
        "mistral/NOTICE",
        [
            "tokenizer.model.v1 and .v3 are unchanged copies from mistral-common. Copyright Mistral AI,",
            "Apache License 2.0, see LICENSE. https://github.com/mistralai/mistral-common",
        ],
    )

    write("conversations.txt", [escape(text) for texts in conversations() for text in texts])
    for version in ("v1", "v3"):
        encode = mistral(str(folder / f"tokenizer.model.{version}"), version == "v3")
        write(f"mistral_{version}_chat_ids.txt", goldens(encode))
    write("llama2_chat_ids.txt", llama2(str(folder / "tokenizer.model.v1")))
    write("alpaca_chat_ids.txt", alpaca(str(folder / "tokenizer.model.v1")))
    write("llama3_chat_ids.txt", llama3(small_llama3(OUT / "llama3")))
    if options.llama3:
        write("llama3_meta_chat_ids.txt", llama3(meta_llama3(options.llama3)))


if __name__ == "__main__":
    main()
