#include "radonc/generate/choice.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "radonc/core/error.hpp"

namespace radonc::generate {

std::vector<Choice> choose(const model::Transformer& model, const text::Tokenizer& tokenizer,
                           text::PromptTemplate prompt_template, const std::vector<Prompt>& prompts,
                           const std::vector<std::string>& answers, const GenerateCallback& callback) {
  if (answers.empty()) throw Error("A choice needs at least one answer to choose from; the list is empty.");
  require_matching_vocabulary(model, tokenizer);
  const torch::NoGradGuard no_gradient;
  std::vector<Choice> choices;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    std::vector<text::TokenizedPair> pairs;
    std::vector<std::int64_t> owner;  // of each supervised token: which answer it belongs to
    for (std::size_t a = 0; a < answers.size(); ++a) {
      pairs.push_back(text::encode_pair(tokenizer, prompt_template, prompts[i].system, prompts[i].user, answers[a]));
      const auto length = static_cast<std::int64_t>(pairs.back().ids.size());
      if (length > model::longest_sequence(model.config())) {
        throw Error(fmt::format("Prompt {}: {} tokens with an answer do not fit the model's context of {}.", i, length,
                                model::longest_sequence(model.config())));
      }
      owner.insert(owner.end(), pairs.back().ids.size() - pairs.back().num_prompt_tokens, static_cast<std::int64_t>(a));
    }
    const batch::Batch batch = batch::pack(pairs);
    const auto positions = (batch.labels != batch::kIgnored).nonzero().flatten();
    std::vector<torch::Tensor> keys, values;
    const auto hidden = model.prefill(batch, positions, keys, values);
    const auto labels = batch.labels.index_select(0, positions).unsqueeze(1).to(model.device());
    const auto token = model.head(hidden).log_softmax(1).gather(1, labels).squeeze(1).to(torch::kCPU, torch::kFloat64);
    const auto total = torch::zeros({static_cast<std::int64_t>(answers.size())}, torch::kFloat64)
                           .index_add(0, torch::tensor(owner, torch::kInt64), token);
    const auto among = total.softmax(0);
    Choice choice;
    const auto count = static_cast<std::ptrdiff_t>(answers.size());
    choice.log_probabilities.assign(total.const_data_ptr<double>(), total.const_data_ptr<double>() + count);
    choice.probabilities.assign(among.const_data_ptr<double>(), among.const_data_ptr<double>() + count);
    choice.best =
        static_cast<std::size_t>(std::max_element(choice.log_probabilities.begin(), choice.log_probabilities.end()) -
                                 choice.log_probabilities.begin());
    choices.push_back(std::move(choice));
    if (callback) callback(static_cast<std::int64_t>(i + 1), static_cast<std::int64_t>(prompts.size()));
  }
  return choices;
}

}  // namespace radonc::generate
