// The answers that a model may give, as a tree of tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "radonc/text/prompt_template.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::generate {

/// Every answer of a list, tokenised as training tokenises it, with the token that ends an answer. Decoding that walks
/// the tree can only give an answer of the list.
class TokenTrie {
 public:
  /// Throws radonc::Error if `answers` is empty or holds an empty answer.
  TokenTrie(const text::Tokenizer& tokenizer, text::PromptTemplate prompt_template,
            const std::vector<std::string>& answers);

  using Node = std::size_t;
  static constexpr Node kRoot = 0;

  /// The tokens that may follow, with the nodes they lead to; none where an answer has ended.
  [[nodiscard]] const std::map<text::TokenId, Node>& next(Node node) const { return nodes_[node]; }

  [[nodiscard]] std::size_t num_answers() const { return num_answers_; }
  /// Tokens of the longest answer, its end included.
  [[nodiscard]] std::int64_t depth() const { return depth_; }

 private:
  std::vector<std::map<text::TokenId, Node>> nodes_;
  std::size_t num_answers_ = 0;
  std::int64_t depth_ = 0;
};

}  // namespace radonc::generate
