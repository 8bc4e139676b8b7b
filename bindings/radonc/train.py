"""Fine-tuning: AdamW on the adapter alone, answer-only loss, packed batches."""

from radonc._core.train import TrainConfig, TrainLog, TrainStep, fit

__all__ = ["TrainConfig", "TrainLog", "TrainStep", "fit"]
