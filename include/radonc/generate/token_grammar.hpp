// The texts of a grammar, as tokens.
#pragma once

#include <compare>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
class TokenGrammar : public AnswerSet {
 public:
  /// Throws radonc::Error if the tokenizer can write no text of the grammar.
  TokenGrammar(std::shared_ptr<const text::Tokenizer> tokenizer, text::PromptTemplate prompt_template,
               std::shared_ptr<const core::Grammar> grammar);

  [[nodiscard]] const std::map<text::TokenId, State>& next(State state) const override;
  [[nodiscard]] std::int64_t longest() const override { return longest_; }

 private:
  /// A beginning of an answer: bytes of what stands before the text, state of the text, bytes of what stands behind it.
  struct Place {
    std::size_t before;
    core::Grammar::State text;
    std::size_t behind;
    auto operator<=>(const Place&) const = default;
  };
  /// And its last tokens, from the last one on that begins with a space.
  using Word = std::vector<text::TokenId>;
  using Key = std::pair<Place, Word>;
  struct Node {
    Key key;
    std::map<text::TokenId, State> next;
    bool expanded, pruned;  // dead ends are taken out of `next`
    std::optional<bool> can_end;
  };
  struct Branch {  // of the tree of the vocabulary's bytes
    std::vector<std::pair<char, std::size_t>> branches;
    std::vector<text::TokenId> ids;
  };
  static constexpr State kEnded = 1;

  [[nodiscard]] std::optional<Place> advance(Place place, char byte) const;
  [[nodiscard]] bool is_whole(const Place& place) const;
  [[nodiscard]] bool is_written_so(const Word& word) const;
  void walk(const Branch& branch, const Place& place, Node& node) const;
  State state_of(const Key& key) const;
  void expand(State state) const;
  bool can_end(State state) const;

  std::shared_ptr<const text::Tokenizer> tokenizer_;
  std::shared_ptr<const core::Grammar> grammar_;
  text::TokenId end_;
  std::string before_, behind_;
  std::int64_t longest_;
  std::vector<std::string> bytes_;  // id → the bytes it stands for
  std::vector<Branch> vocabulary_;  // the root first

  mutable std::mutex mutex_;
  mutable std::map<Word, bool> written_so_;
  mutable std::map<Key, State> states_;
  mutable std::deque<Node> nodes_;  // references to its nodes last
};

}  // namespace radonc::generate
