#include "radonc/generate/token_trie.hpp"

#include <algorithm>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/text/encode.hpp"

namespace radonc::generate {

TokenTrie::TokenTrie(const text::Tokenizer& tokenizer, text::PromptTemplate prompt_template,
                     const std::vector<std::string>& answers)
    : nodes_(1) {
  if (answers.empty()) throw Error("A choice needs at least one answer to choose from; the list is empty.");
  for (const std::string& answer : std::set<std::string>(answers.begin(), answers.end())) {
    if (answer.empty()) throw Error("An answer to choose from is empty. Take it out of the list.");
    // As in training: what stands before the answer can decide its first token.
    const auto pair = text::encode_pair(tokenizer, prompt_template, "", "", answer);
    State node = kStart;
    for (std::size_t i = pair.num_prompt_tokens; i < pair.ids.size(); ++i) {
      const auto [child, is_new] = nodes_[node].emplace(pair.ids[i], nodes_.size());
      node = child->second;
      if (is_new) nodes_.emplace_back();
    }
    ++num_answers_;
    longest_ = std::max(longest_, static_cast<std::int64_t>(pair.ids.size() - pair.num_prompt_tokens));
  }
}

}  // namespace radonc::generate
