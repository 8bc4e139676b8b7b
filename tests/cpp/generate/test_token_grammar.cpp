#include "radonc/generate/token_grammar.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "radonc/clinical/regimen.hpp"
#include "radonc/clinical/regimen_grammar.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/tasks/study_tasks.hpp"
#include "radonc/text/encode.hpp"
#include "support/example_cases.hpp"
#include "support/tokenizer_corpus.hpp"

using namespace radonc;
using generate::TokenGrammar;
using text::PromptTemplate;

namespace {

struct Written {
  const char* file;
  PromptTemplate prompt_template;
};
constexpr Written kTokenizers[] = {{"tokenizer.json", PromptTemplate::kChatMl},
                                   {"llama3/tokenizer.json", PromptTemplate::kLlama3},
                                   {"tokenizer.model", PromptTemplate::kPlain},
                                   {"tokenizer.model", PromptTemplate::kAlpaca},
                                   {"tokenizer.model", PromptTemplate::kLlama2},
                                   {"mistral/tokenizer.model.v1", PromptTemplate::kMistralV1},
                                   {"mistral/tokenizer.model.v3", PromptTemplate::kMistralV3}};

/// The tokens of an answer in training, its end included.
std::vector<text::TokenId> trained(const text::Tokenizer& tokenizer, PromptTemplate prompt_template,
                                   const std::string& answer) {
  const auto pair = text::encode_pair(tokenizer, prompt_template, "", "", answer);
  return {pair.ids.begin() + static_cast<std::ptrdiff_t>(pair.num_prompt_tokens), pair.ids.end()};
}

/// Without the spaces that a prompt's format has around an answer.
std::string trimmed(std::string text) {
  while (text.ends_with(' ')) text.pop_back();
  while (text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::vector<text::TokenId> random_walk(const TokenGrammar& tokens, core::Random& random) {
  std::vector<text::TokenId> ids;
  for (auto state = TokenGrammar::kStart; !tokens.next(state).empty();) {
    auto step = tokens.next(state).begin();
    std::advance(step, static_cast<std::ptrdiff_t>(random.below(tokens.next(state).size())));
    ids.push_back(step->first);
    state = step->second;
    REQUIRE(ids.size() <= static_cast<std::size_t>(tokens.longest()));
  }
  return ids;
}

}  // namespace

TEST_CASE("whatever tokens are drawn, they are the training tokens of a regimen of the grammar") {
  const auto grammar = std::make_shared<const clinical::RegimenGrammar>(
      clinical::RegimenGrammarConfig{.sites = {"brain", "breast, regional site", "thigh/knee (c49.2)", "bruststück"},
                                     .modalities = {"external beam", "photon", "hdr brachytherapy"},
                                     .max_phases = 2,
                                     .targets = {"tumor bed"},
                                     .points = {"point a"},
                                     .max_fractions_per_day = 2});
  for (const auto& [file, prompt_template] : kTokenizers) {
    CAPTURE(std::string(file));
    CAPTURE(to_string(prompt_template));
    const auto tokenizer = text::Tokenizer::load(test::text_data(file));
    const TokenGrammar tokens(tokenizer, prompt_template, grammar);
    core::Random random(3);
    const auto begin = std::chrono::steady_clock::now();
    std::size_t num_tokens = 0;
    for (int i = 0; i < 300; ++i) {
      const auto ids = random_walk(tokens, random);
      num_tokens += ids.size();
      const std::string text = trimmed(tokenizer->decode(ids));
      INFO(text);
      REQUIRE(grammar->accepts(text));
      REQUIRE(to_text(clinical::parse_regimen(text).value.value()) == text);
      REQUIRE(ids == trained(*tokenizer, prompt_template, text));
    }
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - begin;
    MESSAGE(std::string(file), ": ", time.count() / static_cast<double>(num_tokens), " µs a token, checks included");
  }
}

TEST_CASE("every reference of the examples can be written as it is trained") {
  const auto task = tasks::regimen_task(test::example_cohort().cases);
  std::vector<std::string> references;
  for (const auto& record : test::example_cohort().cases)
    if (const auto reference = task->reference(record)) references.push_back(*reference);
  for (const auto& [file, prompt_template] : kTokenizers) {
    CAPTURE(std::string(file));
    CAPTURE(to_string(prompt_template));
    const auto tokenizer = text::Tokenizer::load(test::text_data(file));
    const TokenGrammar tokens(tokenizer, prompt_template, task->grammar());
    for (std::size_t i = 0; i < references.size(); i += 7) {
      INFO(references[i]);
      auto state = TokenGrammar::kStart;
      for (const text::TokenId id : trained(*tokenizer, prompt_template, references[i])) {
        const auto step = tokens.next(state).find(id);
        REQUIRE(step != tokens.next(state).end());
        state = step->second;
      }
      CHECK(tokens.next(state).empty());
    }
  }
}

TEST_CASE("a tokenizer that cannot write the grammar is an error") {
  class Unwritable : public core::Grammar {
   public:
    State start() const override { return {}; }
    std::optional<State> next(const State&, char) const override { return std::nullopt; }
    bool may_end(const State&) const override { return false; }
    std::int64_t longest() const override { return 0; }
  };
  const auto tokenizer = text::Tokenizer::load(test::text_data("tokenizer.json"));
  CHECK_THROWS_WITH_AS(TokenGrammar(tokenizer, PromptTemplate::kChatMl, std::make_shared<const Unwritable>()),
                       doctest::Contains("can write no text of the grammar"), Error);
}
