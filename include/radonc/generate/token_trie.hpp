// A list of answers, as a tree of tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/generate/answer_set.hpp"
#include "radonc/text/prompt_template.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::generate {

/// Every answer of a list, tokenised as training tokenises it, with the token that ends an answer.
class RADONC_API TokenTrie : public AnswerSet {
 public:
  /// Throws radonc::Error if `answers` is empty or holds an empty answer.
  TokenTrie(const text::Tokenizer& tokenizer, text::PromptTemplate prompt_template,
            const std::vector<std::string>& answers);

  [[nodiscard]] const std::map<text::TokenId, State>& next(State state) const override { return nodes_[state]; }
  [[nodiscard]] std::int64_t longest() const override { return longest_; }

  [[nodiscard]] std::size_t num_answers() const { return num_answers_; }

 private:
  std::vector<std::map<text::TokenId, State>> nodes_;
  std::size_t num_answers_ = 0;
  std::int64_t longest_ = 0;
};

}  // namespace radonc::generate
