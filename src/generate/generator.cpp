#include "radonc/generate/generator.hpp"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "radonc/core/error.hpp"
#include "radonc/ops/most_probable.hpp"

namespace radonc::generate {
namespace {

using text::TokenId;
using text::TokenizedPair;

/// For each sequence of a packed batch the places of its tokens: its group's prefix, then its own branch.
std::vector<std::vector<std::int64_t>> token_places(const batch::Batch& batch) {
  std::vector<std::vector<std::int64_t>> places;
  const auto append = [](std::vector<std::int64_t>& out, std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t) out.push_back(t);
  };
  for (const batch::Group& group : batch.groups) {
    if (group.branch_begins.empty()) append(places.emplace_back(), group.begin, group.end);
    for (std::size_t i = 0; i < group.branch_begins.size(); ++i) {
      auto& own = places.emplace_back();
      append(own, group.begin, group.branch_begins.front());
      append(own, group.branch_begins[i], i + 1 < group.branch_begins.size() ? group.branch_begins[i + 1] : group.end);
    }
  }
  return places;
}

/// The state of the sequences that are being decoded together.
struct Decoding {
  model::KvCache cache;
  torch::Tensor logits;   // [B, vocabulary] float32, of the token each sequence continues with
  torch::Tensor lengths;  // [B] int64, tokens in the cache
};

Decoding prefill(const model::Transformer& model, const std::vector<TokenizedPair>& prompts, std::int64_t capacity) {
  const batch::Batch batch = batch::pack(prompts);
  const auto places = token_places(batch);
  const auto count = static_cast<std::int64_t>(prompts.size());
  std::int64_t longest = 0;
  for (const auto& own : places) longest = std::max(longest, static_cast<std::int64_t>(own.size()));

  auto source = torch::zeros({count, longest}, torch::kInt64);
  std::vector<std::int64_t> last, lengths;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto& own = places[static_cast<std::size_t>(i)];
    lengths.push_back(static_cast<std::int64_t>(own.size()));
    last.push_back(own.back());
    source[i].narrow(0, 0, lengths.back()).copy_(torch::tensor(own, torch::kInt64));
  }

  std::vector<torch::Tensor> keys, values;
  const auto hidden = model.prefill(batch, torch::tensor(last, torch::kInt64), keys, values);
  Decoding state;
  const auto spread = [&](torch::Tensor& packed) {  // [T, kv_heads, d] → [B, kv_heads, capacity, d]
    auto cache = torch::zeros({count, packed.size(1), capacity, packed.size(2)}, packed.options());
    cache.narrow(2, 0, longest)
        .copy_(packed.index_select(0, source.flatten())
                   .view({count, longest, packed.size(1), packed.size(2)})
                   .transpose(1, 2));
    packed.reset();
    return cache;
  };
  for (auto& packed : keys) state.cache.keys.push_back(spread(packed));
  for (auto& packed : values) state.cache.values.push_back(spread(packed));
  state.logits = model.head(hidden);
  state.lengths = torch::tensor(lengths, torch::kInt64);
  return state;
}

/// The token a sequence continues with, and its log-probability among the allowed ones.
struct Pick {
  TokenId token = 0;
  double log_probability = 0;
  AnswerSet::State state = AnswerSet::kStart;
};

Pick pick(const float* row, const AnswerSet& answers, AnswerSet::State state) {
  Pick best{.log_probability = -std::numeric_limits<double>::infinity()};
  double largest = -std::numeric_limits<double>::infinity(), sum = 0;
  const auto& steps = answers.next(state);
  for (const auto& [token, child] : steps) {
    const double value = row[token];
    if (value > largest) {
      best = {token, 0, child};
      largest = value;
    }
  }
  for (const auto& [token, unused] : steps) sum += std::exp(row[token] - largest);
  best.log_probability = -std::log(sum);
  return best;
}

/// One for each of the sequences [B], whose states are those of `active`.
std::vector<Pick> pick_all(const torch::Tensor& logits, const AnswerSet* answers,
                           const std::vector<AnswerSet::State>& states, const std::vector<std::size_t>& active) {
  std::vector<Pick> picks;
  if (answers == nullptr) {
    const auto found = ops::most_probable(logits);
    for (std::int64_t row = 0; row < logits.size(0); ++row)
      picks.push_back({static_cast<TokenId>(found.index.const_data_ptr<std::int64_t>()[row]),
                       found.log_probability.const_data_ptr<double>()[row]});
    return picks;
  }
  const float* row = logits.const_data_ptr<float>();
  for (const std::size_t sequence : active) {
    picks.push_back(pick(row, *answers, states[sequence]));
    row += logits.size(1);
  }
  return picks;
}

void keep_rows(Decoding& state, const torch::Tensor& rows) {
  for (auto* side : {&state.cache.keys, &state.cache.values})
    for (torch::Tensor& cache : *side) cache = cache.index_select(0, rows);
  state.lengths = state.lengths.index_select(0, rows);
}

std::vector<Generation> decode_all(const model::Transformer& model, const std::vector<TokenizedPair>& prompts,
                                   TokenId end, std::int64_t max_new_tokens, const AnswerSet* allowed) {
  std::size_t longest = 0;
  for (const auto& prompt : prompts) longest = std::max(longest, prompt.ids.size());
  Decoding state = prefill(model, prompts, static_cast<std::int64_t>(longest) + max_new_tokens);

  std::vector<Generation> answers(prompts.size());
  std::vector<AnswerSet::State> states(prompts.size(), AnswerSet::kStart);
  std::vector<std::size_t> active(prompts.size());
  std::iota(active.begin(), active.end(), std::size_t{0});
  for (std::int64_t produced = 0;;) {
    std::vector<std::int64_t> going_on, next;
    std::vector<std::size_t> still_active;
    const auto picks = pick_all(state.logits, allowed, states, active);
    for (std::size_t row = 0; row < active.size(); ++row) {
      Generation& answer = answers[active[row]];
      const Pick& picked = picks[row];
      answer.log_probability += picked.log_probability;
      states[active[row]] = picked.state;
      if (picked.token == end) {
        answer.finished = true;
        continue;
      }
      answer.ids.push_back(picked.token);
      next.push_back(picked.token);
      going_on.push_back(static_cast<std::int64_t>(row));
      still_active.push_back(active[row]);
    }
    if (++produced >= max_new_tokens || going_on.empty()) return answers;
    if (going_on.size() < active.size()) keep_rows(state, torch::tensor(going_on, torch::kInt64));
    active = std::move(still_active);
    const auto hidden = model.decode(torch::tensor(next, torch::kInt64), state.lengths, state.cache);
    state.lengths = state.lengths + 1;
    state.logits = model.head(hidden);
  }
}

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

  std::vector<Generation> generations;
  const auto batch_size = static_cast<std::size_t>(config.batch_size);
  for (std::size_t begin = 0; begin < encoded.size(); begin += batch_size) {
    const std::vector<TokenizedPair> together(
        encoded.begin() + static_cast<std::ptrdiff_t>(begin),
        encoded.begin() + static_cast<std::ptrdiff_t>(std::min(begin + batch_size, encoded.size())));
    auto answers = decode_all(model, together, end, max_new_tokens, config.answers.get());
    for (std::size_t i = 0; i < together.size(); ++i) {
      answers[i].text = tokenizer.decode(answers[i].ids);
      answers[i].num_prompt_tokens = static_cast<std::int64_t>(together[i].num_prompt_tokens);
      generations.push_back(std::move(answers[i]));
    }
    if (callback) callback(static_cast<std::int64_t>(generations.size()), static_cast<std::int64_t>(encoded.size()));
  }
  return generations;
}

}  // namespace radonc::generate
