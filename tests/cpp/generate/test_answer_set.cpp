#include "radonc/generate/answer_set.hpp"

#include <doctest/doctest.h>

#include "radonc/generate/generator.hpp"
#include "support/small_model.hpp"

using namespace radonc;

namespace {

/// Twice the same token of two, then the end.
class Pairs : public generate::AnswerSet {
 public:
  Pairs(text::TokenId a, text::TokenId b, text::TokenId end)
      : steps_{{{a, 1}, {b, 2}}, {{a, 3}}, {{b, 3}}, {{end, 4}}, {}} {}

  const std::map<text::TokenId, State>& next(State state) const override { return steps_[state]; }
  std::int64_t longest() const override { return 3; }

 private:
  std::vector<std::map<text::TokenId, State>> steps_;
};

}  // namespace

TEST_CASE("the generator follows any set of answers, to its end, and needs to know no more of it") {
  const auto tokenizer = text::Tokenizer::load(RADONC_TEST_DATA "/text/tokenizer.json");
  auto config = test::small_config();
  config.vocab_size = tokenizer->vocab_size();
  const auto end = tokenizer->id_of("<|im_end|>").value();
  const auto pairs = std::make_shared<const Pairs>(5, 9, end);
  std::map<text::TokenId, int> seen;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto model = test::small_model(config, seed);
    const auto generations =
        generate::generate(model, *tokenizer, text::PromptTemplate::kChatMl,
                           {{"Answer.", "Site: brain"}, {"", "Site: breast"}}, {.max_new_tokens = 1, .answers = pairs});
    for (const auto& generation : generations) {
      CHECK(generation.finished);
      REQUIRE(generation.ids.size() == 2);
      CHECK(generation.ids[0] == generation.ids[1]);
      ++seen[generation.ids[0]];
    }
  }
  CHECK(seen.size() == 2);
  CHECK(seen[5] + seen[9] == 24);
}
