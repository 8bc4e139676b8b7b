#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/exports/require_no_adapter.hpp"
#include "model/families/family.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"
#include "radonc/model/export.hpp"

namespace radonc::model {
namespace {

using nlohmann::ordered_json;

ordered_json rope_json(const ops::RopeScaling& s) {
  using Type = ops::RopeScaling::Type;
  switch (s.type) {
    case Type::kNone:
      return nullptr;
    case Type::kLinear:
      return {{"rope_type", "linear"}, {"factor", s.factor}};
    case Type::kDynamic:
      return {{"rope_type", "dynamic"}, {"factor", s.factor}};
    case Type::kLlama3:
      return {{"rope_type", "llama3"},
              {"factor", s.factor},
              {"low_freq_factor", s.low_freq_factor},
              {"high_freq_factor", s.high_freq_factor},
              {"original_max_position_embeddings", static_cast<std::int64_t>(s.original_max_position_embeddings)}};
    case Type::kYarn:
      return {{"rope_type", "yarn"},
              {"factor", s.factor},
              {"beta_fast", s.beta_fast},
              {"beta_slow", s.beta_slow},
              {"attention_factor", s.attention_factor},
              {"truncate", s.truncate},
              {"original_max_position_embeddings", static_cast<std::int64_t>(s.original_max_position_embeddings)}};
    case Type::kFactors:
      break;
  }
  throw Error(
      "A model whose GGUF file scales each rotary frequency by its own factor has no form in Hugging Face's "
      "config.json. Export from the original folder.");
}

/// The config's own family, or where its keys cannot say what the model is, the first one whose can.
const Family& writing_family(const TransformerConfig& config) {
  if (const Family& own = family_of(config); own.can_write(config)) return own;
  for (const Family* family : families())
    if (family->can_write(config)) return *family;
  throw Error("No architecture of Hugging Face has this model's combination of biases and sliding window.");
}

ordered_json config_json(const Transformer& model, bool is_quantized) {
  const TransformerConfig& c = model.config();
  const Family& family = writing_family(c);
  ordered_json content = {{"architectures", {family.hugging_face_class}},
                          {"model_type", family.name},
                          {"vocab_size", c.vocab_size},
                          {"hidden_size", c.hidden_size},
                          {"intermediate_size", c.intermediate_size},
                          {"num_hidden_layers", c.num_hidden_layers},
                          {"num_attention_heads", c.num_attention_heads},
                          {"num_key_value_heads", c.num_key_value_heads},
                          {"head_dim", c.head_dim},
                          {"hidden_act", "silu"},
                          {"max_position_embeddings", c.max_position_embeddings},
                          {"rms_norm_eps", c.rms_norm_eps},
                          {"rope_theta", c.rope_theta},
                          {"rope_scaling", rope_json(c.rope_scaling)},
                          {"tie_word_embeddings", c.tie_word_embeddings},
                          {"torch_dtype", dtype_name(model.dtype())}};
  family.write(c, content);
  if (is_quantized) {
    content["quantization_config"] = {{"quant_method", "bitsandbytes"},
                                      {"load_in_4bit", true},
                                      {"bnb_4bit_quant_type", "nf4"},
                                      {"bnb_4bit_use_double_quant", true},
                                      {"bnb_4bit_compute_dtype", "bfloat16"}};
  }
  return content;
}

/// Collects tensors and writes them a shard at a time.
class ShardWriter {
 public:
  ShardWriter(std::filesystem::path folder, std::int64_t max_bytes) : folder_(std::move(folder)), max_(max_bytes) {}

  void add(const std::string& name, const torch::Tensor& tensor) {
    if (size_ > 0 && size_ + static_cast<std::int64_t>(tensor.nbytes()) > max_) flush();
    size_ += static_cast<std::int64_t>(tensor.nbytes());
    pending_.emplace_back(name, tensor.cpu().contiguous());
  }

  void finish() {
    if (map_.empty()) {
      write("model.safetensors");
      return;
    }
    flush();
    const ordered_json index = {{"metadata", {{"total_size", total_}}}, {"weight_map", map_}};
    core::write_file_atomically(folder_ / "model.safetensors.index.json", index.dump(1) + "\n");
  }

 private:
  void flush() {
    const std::string file = fmt::format("model-{:05}.safetensors", ++count_);
    for (const auto& [name, unused] : pending_) map_[name] = file;
    write(file);
  }

  void write(const std::string& file) {
    std::vector<formats::SafetensorsView> views;
    for (const auto& [name, tensor] : pending_) {
      const auto type = tensor.scalar_type();
      views.push_back({.name = name,
                       .dtype = type == torch::kFloat32    ? "F32"
                                : type == torch::kBFloat16 ? "BF16"
                                : type == torch::kFloat16  ? "F16"
                                                           : "U8",
                       .shape = tensor.sizes().vec(),
                       .bytes = {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}});
    }
    formats::write_safetensors(folder_ / file, views, {{"format", "pt"}});
    total_ += size_;
    size_ = 0;
    pending_.clear();
  }

  std::filesystem::path folder_;
  std::int64_t max_, size_ = 0, total_ = 0, count_ = 0;
  std::vector<std::pair<std::string, torch::Tensor>> pending_;
  ordered_json map_ = ordered_json::object();
};

/// bitsandbytes' layout of a quantised matrix.
void add_nf4(ShardWriter& writer, const std::string& name, const ops::Nf4& weight) {
  ordered_json state = {{"quant_type", "nf4"},
                        {"blocksize", ops::Nf4::kBlock},
                        {"dtype", dtype_name(weight.source_type)},
                        {"shape", {weight.rows, weight.columns}}};
  writer.add(name, weight.codes.unsqueeze(1));
  writer.add(name + ".absmax", weight.absmax);
  writer.add(name + ".quant_map", torch::tensor(at::ArrayRef<float>(ops::kNf4Values)));
  if (weight.is_double_quantized()) {
    state.update({{"nested_blocksize", ops::Nf4::kNestedBlock},
                  {"nested_dtype", "float32"},
                  {"nested_offset", weight.nested_offset}});
    writer.add(name + ".nested_absmax", weight.nested_absmax);
    writer.add(name + ".nested_quant_map", weight.nested_map);
  }
  const std::string text = state.dump();
  auto bytes = torch::empty({static_cast<std::int64_t>(text.size())}, torch::kUInt8);
  std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  writer.add(name + ".quant_state.bitsandbytes__nf4", bytes);
}

}  // namespace

void export_hugging_face(const Transformer& model, const std::filesystem::path& folder, const ExportOptions& options) {
  require_no_adapter(model);
  bool has_quantized = false;
  for (const Linear* linear : model.linears())
    has_quantized |= options.keep_quantized && linear->weight.nf4() != nullptr;
  const std::string config = config_json(model, has_quantized).dump(2) + "\n";
  core::require_writable_folder(folder);
  // A folder that held another model must not look complete in between.
  std::filesystem::remove(folder / "config.json");
  std::filesystem::remove(folder / "model.safetensors.index.json");

  ShardWriter writer(folder, options.max_shard_bytes);
  for (const FrozenTensor& tensor : model.frozen_tensors()) {
    if (options.keep_quantized && tensor.matrix.nf4()) {
      add_nf4(writer, tensor.name, *tensor.matrix.nf4());
    } else {
      writer.add(tensor.name, tensor.dense(model.dtype()));
    }
  }
  writer.finish();
  if (!options.tokenizer_from.empty()) {
    for (const char* file : {"tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
                             "generation_config.json", "chat_template.jinja", "added_tokens.json"}) {
      const auto source = options.tokenizer_from / file;
      if (std::filesystem::exists(source)) core::write_file_atomically(folder / file, core::read_file(source));
    }
  }
  core::write_file_atomically(folder / "config.json", config);
}

}  // namespace radonc::model
