#include "radonc/generate/token_grammar.hpp"

#include <algorithm>
#include <compare>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/file_text.hpp"
#include "radonc/core/error.hpp"
#include "radonc/text/encode.hpp"

namespace radonc::generate {

using text::TokenId;
using State = AnswerSet::State;

/// The states found so far, and how to find more.
class TokenGrammar::States {
 public:
  States(std::shared_ptr<const text::Tokenizer> tokenizer, text::PromptTemplate prompt_template,
         std::shared_ptr<const core::Grammar> grammar);

  const std::map<TokenId, State>& next(State state);
  [[nodiscard]] std::int64_t longest() const { return longest_; }

 private:
  /// A beginning of an answer: bytes of what stands before the text, state of the text, bytes of what stands behind it.
  struct Place {
    std::size_t before;
    core::Grammar::State text;
    std::size_t behind;
    auto operator<=>(const Place&) const = default;
  };
  /// And its last tokens, from the last one on that begins with a space.
  using Word = std::vector<TokenId>;
  using Key = std::pair<Place, Word>;
  struct Node {
    Key key;
    std::map<TokenId, State> next;
    bool expanded, pruned;  // dead ends are taken out of `next`
    std::optional<bool> can_end;
  };
  struct Branch {  // of the tree of the vocabulary's bytes
    std::vector<std::pair<char, std::size_t>> branches;
    std::vector<TokenId> ids;
  };
  static constexpr State kEnded = 1;

  [[nodiscard]] std::optional<Place> advance(Place place, char byte) const;
  [[nodiscard]] bool is_whole(const Place& place) const;
  bool is_written_so(const Word& word);
  void walk(const Branch& branch, const Place& place, Node& node);
  State state_of(const Key& key);
  void expand(State state);
  bool can_end(State state);

  std::shared_ptr<const text::Tokenizer> tokenizer_;
  std::shared_ptr<const core::Grammar> grammar_;
  TokenId end_;
  std::string before_, behind_;
  std::int64_t longest_;
  std::vector<std::string> bytes_;  // id → the bytes it stands for
  std::vector<Branch> vocabulary_;  // the root first

  std::mutex mutex_;
  std::map<Word, bool> written_so_;
  std::map<Key, State> states_;
  std::deque<Node> nodes_;  // references to its nodes last
};

TokenGrammar::States::States(std::shared_ptr<const text::Tokenizer> tokenizer, text::PromptTemplate prompt_template,
                             std::shared_ptr<const core::Grammar> grammar)
    : tokenizer_(std::move(tokenizer)),
      grammar_(std::move(grammar)),
      end_(text::end_of_answer(*tokenizer_, prompt_template)) {
  vocabulary_.emplace_back();
  for (TokenId id = 0; id < tokenizer_->vocab_size(); ++id) {
    bytes_.push_back(tokenizer_->bytes_of(id));
    std::size_t at = 0;
    for (const char byte : bytes_.back()) {
      auto& branches = vocabulary_[at].branches;
      const auto found = std::find_if(branches.begin(), branches.end(), [&](const auto& b) { return b.first == byte; });
      at = found != branches.end() ? found->second : vocabulary_.size();
      if (found != branches.end()) continue;
      branches.emplace_back(byte, at);
      vocabulary_.emplace_back();
    }
    if (at > 0) vocabulary_[at].ids.push_back(id);
  }

  // What training has around an answer, such as the space that SentencePiece begins with.
  const auto pair = text::encode_pair(*tokenizer_, prompt_template, "", "", "x");
  std::string whole;
  for (std::size_t i = pair.num_prompt_tokens; i + 1 < pair.ids.size(); ++i)
    whole += bytes_[static_cast<std::size_t>(pair.ids[i])];
  const std::size_t at = whole.find('x');
  if (at != whole.npos) {
    before_ = whole.substr(0, at);
    behind_ = whole.substr(at + 1);
  }
  longest_ = static_cast<std::int64_t>(before_.size() + behind_.size()) + grammar_->longest() + 1;

  state_of({{.before = 0, .text = grammar_->start(), .behind = 0}, {}});
  nodes_.push_back({.key = {}, .next = {}, .expanded = true, .pruned = true, .can_end = true});  // kEnded
  if (at == whole.npos || !can_end(kStart))
    throw Error("The tokenizer can write no text of the grammar. Load the tokenizer that came with the model.");
}

/// Behind a whole text the grammar comes first: where it can go on with the byte, the text does.
std::optional<TokenGrammar::States::Place> TokenGrammar::States::advance(Place place, char byte) const {
  if (place.before < before_.size()) {
    if (before_[place.before++] != byte) return std::nullopt;
    return place;
  }
  if (place.behind == 0) {
    if (const auto text = grammar_->next(place.text, byte)) {
      place.text = *text;
      return place;
    }
    if (!grammar_->may_end(place.text)) return std::nullopt;
  }
  if (place.behind == behind_.size() || behind_[place.behind++] != byte) return std::nullopt;
  return place;
}

bool TokenGrammar::States::is_whole(const Place& place) const {
  return place.before == before_.size() && place.behind == behind_.size() && grammar_->may_end(place.text);
}

/// Whether the tokenizer itself writes the word, within a text, as these tokens.
bool TokenGrammar::States::is_written_so(const Word& word) {
  const auto [known, is_new] = written_so_.emplace(word, true);
  if (!is_new) return known->second;
  std::string bytes;
  for (const TokenId id : word) bytes += bytes_[static_cast<std::size_t>(id)];
  // The bytes of a character that the vocabulary lacks stand alone, and cannot be encoded one by one.
  known->second = !core::is_utf8(bytes) || text::encode_after(*tokenizer_, "\n", bytes) == word;
  return known->second;
}

State TokenGrammar::States::state_of(const Key& key) {
  const auto [found, is_new] = states_.emplace(key, nodes_.size());
  if (is_new) nodes_.push_back({.key = key, .next = {}, .expanded = false, .pruned = false, .can_end = {}});
  return found->second;
}

/// Follows a branch of the vocabulary as far as the texts go along.
void TokenGrammar::States::walk(const Branch& branch, const Place& place, Node& node) {
  for (const TokenId id : branch.ids) {
    Word word = node.key.second;
    word.push_back(id);
    if (!is_written_so(word)) continue;
    if (bytes_[static_cast<std::size_t>(id)].front() == ' ') word = {id};
    node.next.emplace(id, state_of({place, std::move(word)}));
  }
  for (const auto& [byte, next] : branch.branches)
    if (const auto further = advance(place, byte)) walk(vocabulary_[next], *further, node);
}

void TokenGrammar::States::expand(State state) {
  Node& node = nodes_[state];
  if (node.expanded) return;
  node.expanded = true;
  if (is_whole(node.key.first)) node.next.emplace(end_, kEnded);
  walk(vocabulary_.front(), node.key.first, node);
}

/// Whether some text can be finished from here. Every token lengthens the text, so that this ends.
bool TokenGrammar::States::can_end(State state) {
  Node& node = nodes_[state];
  if (node.can_end) return *node.can_end;
  expand(state);
  // Long tokens first: they are the likelier ones to be the tokenizer's own.
  std::vector<std::pair<std::size_t, State>> children;
  for (const auto& [token, child] : node.next)
    children.emplace_back(child == kEnded ? std::string::npos : bytes_[static_cast<std::size_t>(token)].size(), child);
  std::sort(children.rbegin(), children.rend());
  node.can_end =
      std::any_of(children.begin(), children.end(), [&](const auto& child) { return can_end(child.second); });
  return *node.can_end;
}

const std::map<TokenId, State>& TokenGrammar::States::next(State state) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Node& node = nodes_.at(state);
  expand(state);
  if (!node.pruned) std::erase_if(node.next, [&](const auto& step) { return !can_end(step.second); });
  node.pruned = true;
  return node.next;
}

TokenGrammar::TokenGrammar(std::shared_ptr<const text::Tokenizer> tokenizer, text::PromptTemplate prompt_template,
                           std::shared_ptr<const core::Grammar> grammar)
    : states_(std::make_unique<States>(std::move(tokenizer), prompt_template, std::move(grammar))) {}

TokenGrammar::~TokenGrammar() = default;

const std::map<TokenId, State>& TokenGrammar::next(State state) const {
  return states_->next(state);
}

std::int64_t TokenGrammar::longest() const {
  return states_->longest();
}

}  // namespace radonc::generate
