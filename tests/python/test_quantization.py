"""What 4 and 8 bits cost on the real model: logits and a loss curve beside those of the weights as they are."""

import pytest
import radonc
import torch

NONE, NF4, INT8 = (radonc.model.Quantization[name] for name in ("none", "nf4", "int8"))
FLOAT32 = radonc.model.Dtype.float32


@pytest.fixture(scope="module")
def pairs(records):
    tokenizer = radonc.text.Tokenizer.load(radonc.smollm2())
    cohort = radonc.data.select_cohort(radonc.data.read_cases(records)).cases
    task = radonc.tasks.icd10_task()
    built = [task.build_pair(case) for case in cohort[:14] if task.reference(case)]
    return [radonc.text.encode_pair(tokenizer, p.system, p.prompt, p.answer) for p in built]


def load(path, quantization):
    return radonc.model.Transformer.load(path, dtype=FLOAT32, quantization=quantization)


def test_int8_is_nearer_to_the_original_than_nf4(smollm2, smollm2_path, pairs):
    def errors(quantization):
        model = load(smollm2_path, quantization)
        for pair in pairs[:3]:
            ids = torch.tensor(pair.ids)
            exact, got = smollm2.forward(ids), model.forward(ids)
            yield ((got - exact).norm() / exact.norm()).item()

    int8, nf4 = sum(errors(INT8)) / 3, sum(errors(NF4)) / 3
    print(f"relative error of the logits: int8 {int8:.4f}, NF4 {nf4:.4f}")
    assert int8 < 0.5 * nf4
    assert int8 < 0.1


def test_the_loss_curve_in_int8_is_nearer_than_in_nf4(smollm2_path, pairs):
    def losses(quantization):
        model = load(smollm2_path, quantization)
        adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=8, alpha=16.0))
        config = radonc.train.TrainConfig(cases_per_step=4, num_epochs=2, learning_rate=1e-3)
        log = radonc.train.fit(model, adapter, [[pair] for pair in pairs], config)
        return torch.tensor([step.loss for step in log.steps])

    exact, int8, nf4 = losses(NONE), losses(INT8), losses(NF4)
    apart = lambda curve: (curve - exact).abs().mean().item()  # noqa: E731
    print(
        f"mean difference of the loss: int8 {apart(int8):.4f}, NF4 {apart(nf4):.4f}; {exact[0]:.3f} to {exact[-1]:.3f}"
    )
    assert exact[-1] < 0.8 * exact[0]
    assert apart(int8) < 0.5 * apart(nf4)


def test_an_int8_base_stays_as_it_is_and_merges_into_dense_weights(smollm2_path, pairs):
    model = load(smollm2_path, INT8)
    ids = torch.tensor(pairs[0].ids)
    before = model.forward(ids)
    assert model.num_bytes < 0.6 * load(smollm2_path, NONE).num_bytes
    adapter = radonc.lora.inject(model, radonc.lora.LoraConfig(rank=4, alpha=8.0))
    config = radonc.train.TrainConfig(max_steps=2, learning_rate=1e-3)
    radonc.train.fit(model, adapter, [[pair] for pair in pairs], config)
    trained = model.forward(ids)
    assert not torch.equal(trained, before)
    radonc.lora.remove(model)
    assert torch.equal(model.forward(ids), before)
    merged = radonc.lora.merge(model, adapter)
    assert (model.forward(ids) - trained).norm() < 0.05 * trained.norm()  # x is not rounded to int8 any more
    radonc.lora.unmerge(model, merged)
    assert torch.equal(model.forward(ids), trained)
