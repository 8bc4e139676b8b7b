// Fine-tuning: AdamW on the adapter alone, answer-only loss, packed batches.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/lora/lora.hpp"
#include "radonc/model/transformer.hpp"
#include "radonc/text/encode.hpp"

namespace radonc::train {

struct RADONC_API TrainConfig {
  std::int64_t num_epochs = 1;
  std::int64_t max_steps = 0;             ///< stops after this many optimiser steps; 0 means no such limit
  std::int64_t cases_per_step = 8;        ///< cases (with all their tasks) whose loss one optimiser step averages
  std::int64_t max_tokens_per_batch = 0;  ///< computed at once, a step of more is accumulated; 0: tokens_per_batch()
  bool shuffle = true;                    ///< a new order of the cases in every epoch; else the order given
  double learning_rate = 1e-3;            ///< peak
  double warmup_ratio = 0.05;             ///< share of the steps in which the rate rises from 0
  double final_rate_ratio = 0.0;          ///< rate at the end of the cosine, as a share of the peak
  double weight_decay = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double max_grad_norm = 1.0;  ///< 0 means no clipping
  std::uint64_t seed = 0;      ///< order of the cases, and dropout
};

/// One optimiser step.
struct RADONC_API TrainStep {
  std::int64_t step = 0;  ///< from 1
  std::int64_t num_steps = 0;
  double epoch = 0;  ///< share of the epochs done, e.g. 1.5
  double loss = 0;   ///< mean over the step's supervised tokens
  double learning_rate = 0;
  double grad_norm = 0;  ///< before clipping
  std::int64_t num_supervised = 0;
  std::int64_t num_computed = 0;     ///< tokens that went through the model
  std::int64_t num_represented = 0;  ///< tokens of the sequences that they stand for
  double seconds = 0;                ///< since the start
  double tokens_per_second = 0;      ///< represented, since the start
  double seconds_left = 0;           ///< estimate
};

struct RADONC_API TrainLog {
  std::vector<TrainStep> steps;
  double seconds = 0;
};

/// The learning rate of `step` (from 1): linear warm-up, then half a cosine down to final_rate_ratio.
RADONC_API double learning_rate_at(std::int64_t step, std::int64_t num_steps, const TrainConfig& config);

/// Tokens that are computed at once where nothing else is said: 2,048, or as many, though at least 512, as keep 2 GiB
/// for the backward pass. 512 for a model of 7B, 2,048 for one of up to half a billion parameters.
RADONC_API std::int64_t tokens_per_batch(const model::TransformerConfig& config);

/// One line of train_log.jsonl.
RADONC_API std::string to_json(const TrainStep& step);

/// Reads the lines that to_json wrote; of what has no line, seconds_left, nothing is known.
/// Throws radonc::Error naming file and line, or the file if it holds no step.
RADONC_API TrainLog read_log(const std::filesystem::path& path);

/// Called after every optimiser step; an exception that it throws ends the training.
using StepCallback = std::function<void(const TrainStep&)>;

/// Trains `adapter`, whose updates are in `model`. `cases` holds each case's encoded pairs (its tasks).
/// The loss of a step is the sum over its supervised tokens divided by their number, however the step is cut into
/// batches. Same seed, same machine, same number of threads: the same adapter, bit for bit, on the CPU; a GPU sums some
/// gradients in whatever order they come.
/// Throws radonc::Error if there is nothing to train on, if the loss stops being finite, if memory is short, or for a
/// bad config.
RADONC_API TrainLog fit(const model::Transformer& model, lora::Adapter& adapter,
                        const std::vector<std::vector<text::TokenizedPair>>& cases, const TrainConfig& config,
                        const StepCallback& callback = {});

}  // namespace radonc::train
