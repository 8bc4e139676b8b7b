#include "radonc/generate/token_trie.hpp"

#include <doctest/doctest.h>

#include <set>

#include "radonc/core/error.hpp"
#include "radonc/generate/generator.hpp"
#include "support/small_model.hpp"

using namespace radonc;
using generate::TokenTrie;

namespace {

std::shared_ptr<const text::Tokenizer> tokenizer() {
  return text::Tokenizer::load(RADONC_TEST_DATA "/text/tokenizer.json");
}

void walk(const TokenTrie& trie, TokenTrie::State node, std::vector<text::TokenId>& path,
          const text::Tokenizer& tokenizer, std::multiset<std::string>& found) {
  if (trie.next(node).empty()) found.insert(tokenizer.decode(path));
  for (const auto& [token, child] : trie.next(node)) {
    path.push_back(token);
    walk(trie, child, path, tokenizer, found);
    path.pop_back();
  }
}

}  // namespace

TEST_CASE("the tree holds every answer once, one that begins another included") {
  const auto text = tokenizer();
  const TokenTrie trie(*text, text::PromptTemplate::kChatMl, {"C50", "C50.9", "C50.9", "external beam", "C5"});
  CHECK(trie.num_answers() == 4);
  std::vector<text::TokenId> path;
  std::multiset<std::string> found;
  walk(trie, TokenTrie::kStart, path, *text, found);
  CHECK(found == std::multiset<std::string>{"C5", "C50", "C50.9", "external beam"});
}

TEST_CASE("an empty list and an empty answer are errors") {
  const auto text = tokenizer();
  CHECK_THROWS_WITH_AS(TokenTrie(*text, text::PromptTemplate::kChatMl, {}), doctest::Contains("empty"), Error);
  CHECK_THROWS_AS(TokenTrie(*text, text::PromptTemplate::kChatMl, {"C61", ""}), Error);
}

TEST_CASE("decoding along the tree gives answers of the list only, whatever the model, and never cuts one off") {
  const auto text = tokenizer();
  auto config = test::small_config();
  config.vocab_size = text->vocab_size();
  const std::vector<std::string> answers = {"brachytherapy", "external beam", "C50.9", "a rather long answer, in full"};
  const auto trie = std::make_shared<const TokenTrie>(*text, text::PromptTemplate::kChatMl, answers);
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto model = test::small_model(config, seed);
    const std::vector<generate::Prompt> prompts = {{"Answer.", "Site: brain"}, {"Answer.", "Site: breast"}, {"", "?"}};
    for (const auto& generation : generate::generate(model, *text, text::PromptTemplate::kChatMl, prompts,
                                                     {.max_new_tokens = 1, .batch_size = 2, .answers = trie})) {
      CHECK(generation.finished);
      CHECK(std::find(answers.begin(), answers.end(), generation.text) != answers.end());
      CHECK(generation.log_probability <= 0);
      seen.insert(generation.text);
    }
  }
  CHECK(seen.size() > 1);  // random models differ
}
