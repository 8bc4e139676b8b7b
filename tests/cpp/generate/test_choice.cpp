#include "radonc/generate/choice.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include <numeric>

#include "radonc/core/error.hpp"
#include "support/small_model.hpp"

using namespace radonc;

TEST_CASE("an answer's probability is the product of its tokens' in a pass over that answer alone") {
  const auto text = text::Tokenizer::load(RADONC_TEST_DATA "/text/tokenizer.json");
  auto config = test::small_config();
  config.vocab_size = text->vocab_size();
  const auto model = test::small_model(config);
  const auto format = text::PromptTemplate::kChatMl;
  const std::vector<std::string> answers = {"brachytherapy", "external beam", "external", "radionuclide"};
  const std::vector<generate::Prompt> prompts = {{"Answer.", "Site: brain\nWhich?"}, {"", "Site: breast"}};
  const auto choices = generate::choose(model, *text, format, prompts, answers);
  REQUIRE(choices.size() == 2);
  for (std::size_t p = 0; p < prompts.size(); ++p) {
    for (std::size_t a = 0; a < answers.size(); ++a) {
      const auto pair = text::encode_pair(*text, format, prompts[p].system, prompts[p].user, answers[a]);
      const auto log_p = model.forward(torch::tensor(pair.ids)).log_softmax(1);
      double expected = 0;
      for (std::size_t i = pair.num_prompt_tokens; i < pair.ids.size(); ++i)
        expected += log_p[static_cast<std::int64_t>(i) - 1][pair.ids[i]].item<double>();
      CHECK(choices[p].log_probabilities[a] == doctest::Approx(expected).epsilon(1e-5));
    }
    const auto& among = choices[p].probabilities;
    CHECK(std::accumulate(among.begin(), among.end(), 0.0) == doctest::Approx(1).epsilon(1e-12));
    for (std::size_t a = 0; a < answers.size(); ++a)
      CHECK(choices[p].log_probabilities[a] <= choices[p].log_probabilities[choices[p].best]);
  }
}

TEST_CASE("nothing to choose from, and a prompt that is too long, are errors") {
  const auto text = text::Tokenizer::load(RADONC_TEST_DATA "/text/tokenizer.json");
  auto config = test::small_config();
  config.vocab_size = text->vocab_size();
  const auto model = test::small_model(config);
  const auto format = text::PromptTemplate::kChatMl;
  CHECK_THROWS_WITH_AS(generate::choose(model, *text, format, {{"", "x"}}, {}), doctest::Contains("empty"), Error);
  std::string details;
  for (int i = 0; i < 300; ++i) details += "site brain ";
  CHECK_THROWS_WITH_AS(generate::choose(model, *text, format, {{"", details}}, {"C61"}), doctest::Contains("context"),
                       Error);
}
