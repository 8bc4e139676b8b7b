#include "radonc/generate/generator.hpp"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "generate/decode_steps.hpp"
#include "model/device.hpp"
#include "radonc/core/error.hpp"
#include "radonc/ops/kept_memory.hpp"
#include "radonc/ops/most_probable.hpp"

namespace radonc::generate {
namespace {

using text::TokenId;
using text::TokenizedPair;

/// The token a sequence continues with, and its log-probability among the allowed ones.
struct Pick {
  TokenId token = 0;
  double log_probability = 0;
  AnswerSet::State state = AnswerSet::kStart;
};

/// `logits` are those of the steps, in their order.
Pick pick(const float* logits, const std::map<TokenId, AnswerSet::State>& steps) {
  Pick best{.log_probability = -std::numeric_limits<double>::infinity()};
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  const float* logit = logits;
  for (const auto& [token, child] : steps) {
    if (*logit > largest) {
      best = {token, 0, child};
      largest = *logit;
    }
    ++logit;
  }
  for (std::size_t i = 0; i < steps.size(); ++i) sum += std::exp(logits[i] - largest);
  best.log_probability = -std::log(sum);
  return best;
}

/// Greedy decoding of prompts in the slots of a cache: where an answer ends, the next prompt takes its place.
class Decoder {
 public:
  Decoder(const model::Transformer& model, const std::vector<TokenizedPair>& prompts, TokenId end,
          std::int64_t max_new_tokens, std::int64_t batch_size, const AnswerSet* allowed)
      : answers(prompts.size()),
        model_(model),
        prompts_(prompts),
        end_(end),
        max_new_tokens_(max_new_tokens),
        batch_size_(static_cast<std::size_t>(batch_size)),
        allowed_(allowed),
        states_(prompts.size(), AnswerSet::kStart),
        decode_(model, cache_) {
    const auto& config = model.config();
    std::size_t longest = 0;
    for (const auto& prompt : prompts) longest = std::max(longest, prompt.ids.size());
    const std::size_t slots = std::min(batch_size_, prompts.size());
    for (std::size_t slot = slots; slot-- > 0;) free_.push_back(static_cast<std::int64_t>(slot));
    for (auto* side : {&cache_.keys, &cache_.values})
      for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer)
        side->push_back(torch::zeros({static_cast<std::int64_t>(slots), config.num_key_value_heads,
                                      static_cast<std::int64_t>(longest) + max_new_tokens, config.head_dim},
                                     torch::TensorOptions(model.compute_dtype()).device(model.device())));
  }

  [[nodiscard]] bool is_done() const { return num_done == prompts_.size(); }

  /// Fills the free slots, with one more batch of prompts computed at most, and decodes one token of each answer.
  void step() {
    if (next_ == prefilled_ && !free_.empty() && next_ < prompts_.size()) prefill();
    while (!free_.empty() && next_ < prefilled_) admit(next_++);
    if (active_.empty() || (!free_.empty() && next_ < prompts_.size())) return;
    std::vector<DecodeSteps::Row> rows;
    std::vector<std::size_t> owners;
    for (const auto& [prompt, slot] : active_) {
      const auto& own = answers[prompt].ids;
      const auto length = static_cast<std::int64_t>(prompts_[prompt].ids.size() + own.size() - 1);
      rows.push_back({.id = own.back(), .slot = slot, .length = length});
      owners.push_back(prompt);
    }
    const auto picks = pick_all(decode_(rows), owners);
    std::vector<Active> going_on;
    for (std::size_t row = 0; row < active_.size(); ++row) {
      if (goes_on(active_[row].prompt, picks[row]))
        going_on.push_back(active_[row]);
      else
        free_.push_back(active_[row].slot);
    }
    active_ = std::move(going_on);
  }

  std::vector<Generation> answers;
  std::size_t num_done = 0;

 private:
  struct Active {
    std::size_t prompt;
    std::int64_t slot;
  };

  /// One for each row of logits, of the prompts that they belong to.
  [[nodiscard]] std::vector<Pick> pick_all(const torch::Tensor& logits, const std::vector<std::size_t>& prompts) const {
    std::vector<Pick> picks;
    if (allowed_ == nullptr) {
      const auto found = ops::most_probable(logits);
      for (std::int64_t row = 0; row < logits.size(0); ++row)
        picks.push_back({static_cast<TokenId>(found.index.const_data_ptr<std::int64_t>()[row]),
                         found.log_probability.const_data_ptr<double>()[row]});
      return picks;
    }
    std::vector<std::int64_t> places;  // of the allowed tokens' logits: no others leave the model's device
    for (std::size_t row = 0; row < prompts.size(); ++row)
      for (const auto& [token, unused] : allowed_->next(states_[prompts[row]]))
        places.push_back(static_cast<std::int64_t>(row) * logits.size(1) + token);
    const auto values = logits.flatten().index_select(0, torch::tensor(places).to(logits.device())).cpu();
    const float* allowed = values.const_data_ptr<float>();
    for (const std::size_t prompt : prompts) {
      const auto& steps = allowed_->next(states_[prompt]);
      picks.push_back(pick(allowed, steps));
      allowed += steps.size();
    }
    return picks;
  }

  /// Computes the next prompts, one batch of them, behind what they share with the last one before.
  void prefill() {
    // Under dynamic scaling a token's angles depend on how long its sequence is: nothing can be shared.
    const bool apart = model_.config().rope_scaling.type == ops::RopeScaling::Type::kDynamic;
    const std::size_t count = apart ? 1 : std::min(batch_size_, prompts_.size() - next_);
    const auto first = prompts_.begin() + static_cast<std::ptrdiff_t>(next_);
    const batch::Batch batch = batch::pack({first, first + static_cast<std::ptrdiff_t>(count)},
                                           next_ == 0 || apart ? TokenizedPair{} : prompts_[next_ - 1]);
    for (auto* side : {&keys_, &values_})
      for (torch::Tensor& packed : *side) packed = packed.index_select(0, places_.back().slice(0, 0, batch.num_past));
    places_.clear();
    std::vector<std::int64_t> last;
    std::vector<std::size_t> owners;
    const auto indices = torch::TensorOptions(torch::kInt64).device(model_.device());
    for (const ops::AttentionSpan& span : batch.spans) {
      std::vector<torch::Tensor> path;
      for (const ops::TokenRange& range : span.prefix) path.push_back(torch::arange(range.begin, range.end, indices));
      path.push_back(torch::arange(span.begin, span.end, indices));
      places_.push_back(torch::cat(path));
      last.push_back(span.end - 1 - batch.num_past);
      owners.push_back(next_ + owners.size());
    }
    const auto hidden = model_.prefill(batch, torch::tensor(last, torch::kInt64), keys_, values_);
    first_picks_ = pick_all(model_.head(hidden), owners);
    prefilled_ = next_ + count;
  }

  void admit(std::size_t prompt) {
    const std::size_t at = prompt + places_.size() - prefilled_;
    if (!goes_on(prompt, first_picks_[at])) return;
    const std::int64_t slot = free_.back();
    free_.pop_back();
    const auto copy = [&](const std::vector<torch::Tensor>& packed, const std::vector<torch::Tensor>& cache) {
      for (std::size_t layer = 0; layer < cache.size(); ++layer)
        cache[layer][slot]
            .narrow(1, 0, places_[at].size(0))
            .copy_(packed[layer].index_select(0, places_[at]).transpose(0, 1));
    };
    copy(keys_, cache_.keys);
    copy(values_, cache_.values);
    active_.push_back({prompt, slot});
  }

  /// Takes the token in. Whether the answer goes on behind it.
  bool goes_on(std::size_t prompt, const Pick& picked) {
    Generation& answer = answers[prompt];
    answer.log_probability += picked.log_probability;
    states_[prompt] = picked.state;
    answer.finished = picked.token == end_;
    if (!answer.finished) answer.ids.push_back(picked.token);
    const bool goes_on = !answer.finished && static_cast<std::int64_t>(answer.ids.size()) < max_new_tokens_;
    num_done += !goes_on;
    return goes_on;
  }

  const model::Transformer& model_;
  const std::vector<TokenizedPair>& prompts_;
  TokenId end_;
  std::int64_t max_new_tokens_;
  std::size_t batch_size_;
  const AnswerSet* allowed_;
  std::vector<AnswerSet::State> states_;

  model::KvCache cache_;
  DecodeSteps decode_;
  std::vector<std::int64_t> free_;  // slots
  std::vector<Active> active_;
  std::size_t next_ = 0;       // the first prompt that has had no slot
  std::size_t prefilled_ = 0;  // behind the last prompt that is computed

  // Of the last batch of prompts that was computed.
  std::vector<torch::Tensor> keys_, values_;  // packed, one a layer
  std::vector<torch::Tensor> places_;         // of each prompt's tokens therein
  std::vector<Pick> first_picks_;             // what each prompt continues with
};

}  // namespace

void require_matching_vocabulary(const model::Transformer& model, const text::Tokenizer& tokenizer) {
  if (tokenizer.vocab_size() > model.config().vocab_size) {
    throw Error(
        fmt::format("The tokenizer has {} pieces, the model's vocabulary {}: they do not belong together. Load "
                    "the tokenizer that came with the model.",
                    tokenizer.vocab_size(), model.config().vocab_size));
  }
}

std::vector<Generation> generate(const model::Transformer& model, const text::Tokenizer& tokenizer,
                                 text::PromptTemplate prompt_template, const std::vector<Prompt>& prompts,
                                 const GenerateConfig& config, const GenerateCallback& callback) {
  if (config.max_new_tokens <= 0 || config.batch_size <= 0) {
    throw Error(fmt::format("GenerateConfig: expected max_new_tokens and batch_size of at least 1, got {} and {}.",
                            config.max_new_tokens, config.batch_size));
  }
  require_matching_vocabulary(model, tokenizer);
  const torch::NoGradGuard no_gradient;
  const ops::KeptMemory kept_memory;
  const TokenId end = text::end_of_answer(tokenizer, prompt_template);
  // An answer of the set is never cut off.
  const std::int64_t max_new_tokens =
      config.answers ? std::max(config.max_new_tokens, config.answers->longest()) : config.max_new_tokens;
  std::vector<TokenizedPair> encoded;
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    auto ids = text::encode_prompt(tokenizer, prompt_template, prompts[i].system, prompts[i].user);
    const auto length = static_cast<std::int64_t>(ids.size());
    const std::int64_t longest = model::longest_sequence(model.config());
    if (length + max_new_tokens > longest) {
      throw Error(
          fmt::format("Prompt {}: {} tokens and {} new ones do not fit the model's context of {}. Shorten the "
                      "details, or lower max_new_tokens.",
                      i, length, max_new_tokens, longest));
    }
    const std::size_t size = ids.size();
    encoded.push_back({.ids = std::move(ids), .num_prompt_tokens = size});
  }

  if (encoded.empty()) return {};
  try {
    Decoder decoder(model, encoded, end, max_new_tokens, config.batch_size, config.answers.get());
    while (!decoder.is_done()) {
      const std::size_t before = decoder.num_done;
      decoder.step();
      if (callback && decoder.num_done > before)
        callback(static_cast<std::int64_t>(decoder.num_done), static_cast<std::int64_t>(encoded.size()));
    }
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      decoder.answers[i].text = tokenizer.decode(decoder.answers[i].ids);
      decoder.answers[i].num_prompt_tokens = static_cast<std::int64_t>(encoded[i].num_prompt_tokens);
    }
    return std::move(decoder.answers);
  } catch (const c10::OutOfMemoryError& error) {
    throw Error(
        fmt::format("No memory to answer {} prompts together. Lower GenerateConfig.batch_size, or load the model with "
                    "quantization nf4. {}",
                    config.batch_size, model::in_short(error)));
  }
}

}  // namespace radonc::generate
