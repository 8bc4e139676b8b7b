// How likely a model finds each answer of a list.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/generate/generator.hpp"

namespace radonc::generate {

/// One prompt's answers, weighed.
struct RADONC_API Choice {
  std::size_t best = 0;                   ///< index of the most probable answer
  std::vector<double> log_probabilities;  ///< log P(answer and its end | prompt), one an answer
  std::vector<double> probabilities;      ///< the same among the answers of the list alone: they sum to 1
};

/// Weighs every one of `answers` for every prompt, exactly: a prompt's tokens are computed once for all its answers.
/// For lists of a few hundred tokens in all; for thousands of answers decode along a TokenTrie. Throws radonc::Error as
/// generate does, and if `answers` is empty.
RADONC_API std::vector<Choice> choose(const model::Transformer& model, const text::Tokenizer& tokenizer,
                                      text::PromptTemplate prompt_template, const std::vector<Prompt>& prompts,
                                      const std::vector<std::string>& answers, const GenerateCallback& callback = {});

}  // namespace radonc::generate
