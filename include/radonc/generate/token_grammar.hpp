// The texts of a grammar, as tokens.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "radonc/core/export.hpp"
#include "radonc/core/grammar.hpp"
#include "radonc/generate/answer_set.hpp"
#include "radonc/text/prompt_template.hpp"

namespace radonc::generate {

/// Every text of a grammar, such as clinical::RegimenGrammar's, with what stands around an answer in the prompt's
/// format and the token that ends it. A text's tokens are those of its training alone: a token is allowed where the
/// tokenizer itself writes the word so far with it (for byte pair encoding this keeps every text, since what begins its
/// tokens is the tokens of its beginning: Vieira et al. 2025, "Language models over canonical byte-pair encodings"),
/// and where some text can still go on like that. Only a character of several bytes that is written byte by byte may be
/// written in more than one way. States are found when they are asked for, and kept.
class RADONC_API TokenGrammar : public AnswerSet {
 public:
  /// Throws radonc::Error if the tokenizer can write no text of the grammar.
  TokenGrammar(std::shared_ptr<const text::Tokenizer> tokenizer, text::PromptTemplate prompt_template,
               std::shared_ptr<const core::Grammar> grammar);
  ~TokenGrammar() override;

  [[nodiscard]] const std::map<text::TokenId, State>& next(State state) const override;
  [[nodiscard]] std::int64_t longest() const override;

 private:
  class States;
  std::unique_ptr<States> states_;
};

}  // namespace radonc::generate
