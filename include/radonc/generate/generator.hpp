// Batched greedy decoding with a key-value cache.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/generate/answer_set.hpp"
#include "radonc/model/transformer.hpp"
#include "radonc/text/encode.hpp"
#include "radonc/text/prompt_template.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::generate {

struct RADONC_API GenerateConfig {
  std::int64_t max_new_tokens = 48;
  std::int64_t batch_size = 32;  ///< sequences decoded together: where one ends, the next prompt takes its place
  /// If given, only its answers can be generated: at each token the most probable one that some answer has there. A
  /// TokenTrie for a list, a TokenGrammar for a grammar such as that of regimens.
  std::shared_ptr<const AnswerSet> answers;
};

/// What the model is asked. Consecutive prompts that begin alike share the computation of what they have in common,
/// whatever the batch size.
struct RADONC_API Prompt {
  std::string system;
  std::string user;
};

struct RADONC_API Generation {
  std::string text;                ///< without control tokens
  std::vector<text::TokenId> ids;  ///< without the end token
  bool finished = false;           ///< the model ended its answer itself, before max_new_tokens
  double log_probability = 0;      ///< of the tokens chosen, the end included, among those that were allowed
  std::int64_t num_prompt_tokens = 0;
};

/// Called whenever answers have ended with the number of prompts answered and their total; an exception ends the
/// generation.
using GenerateCallback = std::function<void(std::int64_t done, std::int64_t total)>;

/// Greedy answers, in the prompts' order. The same answers whatever the batch size, up to rounding.
/// Throws radonc::Error if a prompt and max_new_tokens do not fit the model's context (nothing is ever cut off), or if
/// the tokenizer does not fit the model.
RADONC_API std::vector<Generation> generate(const model::Transformer& model, const text::Tokenizer& tokenizer,
                                            text::PromptTemplate prompt_template, const std::vector<Prompt>& prompts,
                                            const GenerateConfig& config = {}, const GenerateCallback& callback = {});

/// Throws radonc::Error if the tokenizer makes ids that the model has no embedding for.
RADONC_API void require_matching_vocabulary(const model::Transformer& model, const text::Tokenizer& tokenizer);

}  // namespace radonc::generate
