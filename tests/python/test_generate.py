"""Greedy decoding on the real model in float32."""

import pathlib
import random
import time

import pytest
import radonc
import torch

SYSTEM = "Answer in one short sentence."
QUESTIONS = [
    "What is the capital of France?",
    "A 60-year-old woman has breast cancer. Name the organ.",
    "A 60-year-old woman has breast cancer. Name one treatment, and say why it is given.",
    "Count from one to five.",
    "What is 2 + 2?",
]


@pytest.fixture(scope="module")
def tokenizer(smollm2_path):
    return radonc.text.Tokenizer.load(smollm2_path)


def answers(model, tokenizer, batch_size, max_new_tokens=12):
    config = radonc.generate.GenerateConfig(batch_size=batch_size, max_new_tokens=max_new_tokens)
    return radonc.generate.generate(model, tokenizer, [(SYSTEM, q) for q in QUESTIONS], config)


def test_batched_equals_one_by_one(smollm2, tokenizer):
    together, alone = answers(smollm2, tokenizer, 16), answers(smollm2, tokenizer, 1)
    assert [g.ids for g in together] == [g.ids for g in alone]
    assert any(g.finished for g in together) and not all(g.finished for g in together)


def test_a_prompt_that_takes_an_ended_ones_place_gets_the_same_answer(smollm2, tokenizer):
    alone = answers(smollm2, tokenizer, 1)
    assert len({len(g.ids) for g in alone}) > 1  # they end at different steps
    for batch_size in (2, 3):
        taking_turns = answers(smollm2, tokenizer, batch_size)
        assert [g.ids for g in taking_turns] == [g.ids for g in alone]
        assert [g.finished for g in taking_turns] == [g.finished for g in alone]
        assert [g.log_probability for g in taking_turns] == pytest.approx([g.log_probability for g in alone], abs=1e-3)


def test_equals_decoding_without_a_cache(smollm2, tokenizer):
    generation = answers(smollm2, tokenizer, 16)[2]
    pair = radonc.text.encode_pair(tokenizer, SYSTEM, QUESTIONS[2], "")
    ids = list(pair.ids[: pair.num_prompt_tokens])
    assert len(ids) == generation.num_prompt_tokens
    for expected in generation.ids:
        assert int(smollm2.forward(torch.tensor(ids))[-1].argmax()) == expected
        ids.append(expected)


def test_nothing_is_cut_off_silently(smollm2, tokenizer):
    with pytest.raises(radonc.Error, match="do not fit the model's context of 8192"):
        radonc.generate.generate(smollm2, tokenizer, [("", "dose " * 9000)])


def test_callback_counts_and_may_stop(smollm2, tokenizer):
    seen = []
    config = radonc.generate.GenerateConfig(batch_size=2, max_new_tokens=2)
    prompts = [(SYSTEM, q) for q in QUESTIONS]
    radonc.generate.generate(smollm2, tokenizer, prompts, config, lambda done, total: seen.append((done, total)))
    assert seen == [(2, 5), (4, 5), (5, 5)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        radonc.generate.generate(smollm2, tokenizer, prompts, config, stop)


def test_foreign_tokenizer_is_refused(model_data, tokenizer):
    tiny = radonc.model.Transformer.load(pathlib.Path(model_data) / "tiny_llama")
    with pytest.raises(radonc.Error, match="49152 pieces, the model's vocabulary 64"):
        radonc.generate.generate(tiny, tokenizer, [("", "x")])


def test_only_answers_of_the_list_are_generated(smollm2, tokenizer):
    answers = ["brachytherapy", "external beam", "radionuclide"]
    trie = radonc.generate.TokenTrie(tokenizer, answers)
    prompts = [(SYSTEM, q) for q in QUESTIONS]
    constrained = radonc.generate.generate(smollm2, tokenizer, prompts, answers=trie)
    assert all(g.text in answers and g.finished for g in constrained)
    # With few answers the most probable one can be found by weighing all of them.
    weighed = radonc.generate.choose(smollm2, tokenizer, prompts, answers)
    assert [sum(c.probabilities) for c in weighed] == pytest.approx([1] * len(prompts))
    pair = radonc.text.encode_pair(tokenizer, SYSTEM, QUESTIONS[0], answers[1])
    log_p = smollm2.forward(torch.tensor(pair.ids)).log_softmax(-1)
    expected = sum(float(log_p[i - 1, pair.ids[i]]) for i in range(pair.num_prompt_tokens, len(pair.ids)))
    assert weighed[0].log_probabilities[1] == pytest.approx(expected, abs=1e-3)


def test_a_wrong_call_does_not_show_the_prompts(smollm2, tokenizer):
    with pytest.raises(TypeError, match=r"prompts\[0\]") as caught:
        radonc.generate.generate(smollm2, tokenizer, [("secret", 5)])
    assert "secret" not in str(caught.value)
    with pytest.raises(TypeError, match="no field"):
        radonc.generate.generate(smollm2, tokenizer, [("secret", "text")], max_tokens=3)


@pytest.fixture(scope="module")
def regimens():
    return radonc.regimen.RegimenGrammar(
        ["breast, primary tumor field", "breast, regional site", "brain, primary tumor field", "prostate"],
        ["external beam", "photon", "brachytherapy"],
        max_phases=2,
        targets=["tumor bed"],
        points=["point a"],
        max_fractions_per_day=2,
    )


def test_tokens_of_a_grammar_drawn_at_random_are_training_tokens_of_a_regimen(tokenizer, regimens):
    tokens = radonc.generate.TokenGrammar(tokenizer, regimens)
    draw = random.Random(4)
    for _ in range(300):
        ids, steps = [], tokens.next()
        while steps:
            token = draw.choice(list(steps))
            ids.append(token)
            steps = tokens.next(steps[token])
        text = tokenizer.decode(ids)
        reading = radonc.regimen.parse(text)
        assert regimens.accepts(text) and str(reading.value) == text, text
        assert not reading.inconsistent and not reading.derived
        pair = radonc.text.encode_pair(tokenizer, "", "", text)
        assert list(pair.ids[pair.num_prompt_tokens :]) == ids
        assert len(ids) <= tokens.longest


def test_only_regimens_of_the_grammar_are_generated_and_cost_little(smollm2, tokenizer, regimens):
    question = radonc.tasks.regimen_task().question
    sites = ["Breast", "Brain", "Prostate", "Cervix", "Larynx", "Left lung", "Pancreas", "Thigh"]
    prompts = [(SYSTEM, f"Site: {site}\nAge: {age}\n\n{question}") for site in sites for age in (51, 64)]
    tokens = radonc.generate.TokenGrammar(tokenizer, regimens)
    begin = time.perf_counter()
    confined = radonc.generate.generate(smollm2, tokenizer, prompts, answers=tokens)
    seconds = time.perf_counter() - begin
    for generation in confined:
        reading = radonc.regimen.parse(generation.text)
        assert generation.finished and regimens.accepts(generation.text)
        assert str(reading.value) == generation.text and not reading.inconsistent
    # The same walk again, without the model: what the grammar alone costs, where no state is known yet.
    fresh = radonc.generate.TokenGrammar(tokenizer, regimens)
    begin = time.perf_counter()
    for generation in confined:
        state = 0
        for token in generation.ids:
            state = fresh.next(state)[token]
    own = time.perf_counter() - begin
    number = sum(len(g.ids) for g in confined)
    print(f"{number} tokens: {1e3 * seconds / number:.2f} ms each, {1e3 * own / number:.2f} ms of them for the grammar")
    assert own < 0.1 * seconds


def test_a_grammar_needs_its_parts(tokenizer):
    with pytest.raises(radonc.Error, match=r"sites\[1\] cannot stand in the canonical sentence"):
        radonc.regimen.RegimenGrammar(["brain", "5 Gy"], ["photon"])
    with pytest.raises(TypeError):
        radonc.generate.TokenGrammar(tokenizer, None)
