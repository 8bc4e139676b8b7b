// Meta's and Mistral's own folders: params.json with consolidated.NN.pth, or with consolidated.safetensors.
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "model/checkpoints/layouts.hpp"
#include "model/checkpoints/stored_tensor.hpp"
#include "model/families/config_fields.hpp"
#include "model/families/tensor_names.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"
#include "radonc/formats/torch_archive.hpp"

namespace radonc::model {
namespace {

using nlohmann::json;

/// One file of the model: all of it, or every weight's slice that one of Meta's devices held.
struct Shard {
  std::string where;
  std::shared_ptr<const void> file;
  std::map<std::string, formats::SafetensorsTensor> tensors;
};

template <typename File>
Shard open_shard(const std::filesystem::path& path) {
  const auto file = std::make_shared<const File>(path);
  Shard shard{.where = path.string(), .file = file, .tensors = {}};
  for (const formats::SafetensorsTensor& tensor : file->tensors()) shard.tensors.emplace(tensor.name, tensor);
  return shard;
}

std::vector<Shard> open_shards(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "consolidated.safetensors"))
    return {open_shard<formats::SafetensorsFile>(folder / "consolidated.safetensors")};
  std::vector<Shard> shards;
  for (int i = 0; i < 100; ++i) {
    const auto path = folder / fmt::format("consolidated.{:02}.pth", i);
    if (!std::filesystem::exists(path)) break;
    shards.push_back(open_shard<formats::TorchArchive>(path));
  }
  std::size_t present = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    present += entry.path().filename().string().starts_with("consolidated.") && entry.path().extension() == ".pth";
  if (shards.empty() || shards.size() != present) {
    throw Error(
        fmt::format("{}: expected consolidated.safetensors, or consolidated.00.pth and on without a gap; found "
                    "{} of {} .pth files in order. Copy the missing ones.",
                    folder.string(), shards.size(), present));
  }
  return shards;
}

TransformerConfig read_config(const std::filesystem::path& path, const std::vector<Shard>& shards) {
  const ConfigFields fields(path);
  const json& content = fields.content();
  const std::string& where = fields.where();
  // The number of rows of a tensor over all shards: params.json leaves the MLP's width and the vocabulary out.
  const auto rows = [&](const std::string& name) {
    std::int64_t total = 0;
    for (const Shard& shard : shards) {
      const auto found = shard.tensors.find(name);
      if (found == shard.tensors.end() || found->second.shape.size() != 2)
        throw Error(fmt::format("{}: no matrix {}. The checkpoint is incomplete.", shard.where, name));
      total += found->second.shape[0];
    }
    return total;
  };
  for (const char* unknown : {"moe", "vision_encoder", "quantization"}) {
    if (content.contains(unknown) && !content[unknown].is_null())
      throw Error(fmt::format("{}: {}: models of this kind are not supported.", where, unknown));
  }
  TransformerConfig config;
  config.hidden_size = fields.size("dim");
  config.num_hidden_layers = fields.size("n_layers");
  config.num_attention_heads = fields.size("n_heads");
  config.num_key_value_heads = fields.size("n_kv_heads", static_cast<double>(config.num_attention_heads));
  config.head_dim = fields.size("head_dim", config.num_attention_heads > 0
                                                ? static_cast<double>(config.hidden_size / config.num_attention_heads)
                                                : 0.0);
  config.rms_norm_eps = fields.number("norm_eps", 1e-5);
  config.rope_theta = fields.number("rope_theta", 10000);
  config.vocab_size = rows("output.weight");
  config.intermediate_size = rows("layers.0.feed_forward.w1.weight");
  if (const auto window = content.find("sliding_window"); window != content.end() && !window->is_null()) {
    const std::string text = window->is_string() ? window->get<std::string>() : window->dump();
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos)
      throw Error(fmt::format("{}: sliding_window: expected a whole number.", where));
    config.sliding_window = std::stoll(text);
  }
  // The trained positions are in neither file: these are the published models' own.
  const bool is_mistral = content.contains("hidden_dim");
  config.architecture = is_mistral ? "mistral" : "llama";
  const bool is_llama3 = config.rope_theta == 500000;
  config.max_position_embeddings = fields.size("max_seq_len", is_mistral ? 32768 : is_llama3 ? 8192 : 4096);
  if (content.contains("use_scaled_rope") && content["use_scaled_rope"] == true) {  // Llama 3.1
    config.rope_scaling = {.type = ops::RopeScaling::Type::kLlama3,
                           .factor = fields.number("rope_scaling_factor", 8),
                           .original_max_position_embeddings = 8192};
    config.max_position_embeddings = 131072;
  }
  return config;
}

class MetaCheckpoint : public Checkpoint {
 public:
  explicit MetaCheckpoint(const std::filesystem::path& folder)
      : folder_(folder), shards_(open_shards(folder)), config_(read_config(folder / "params.json", shards_)) {
    validate(config_, (folder / "params.json").string());
  }

  [[nodiscard]] const TransformerConfig& config() const override { return config_; }

  [[nodiscard]] torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const override {
    const std::string stored = name_in(Layout::kMeta, name);
    std::vector<torch::Tensor> parts;
    for (const Shard& shard : shards_) {
      const auto found = shard.tensors.find(stored);
      if (found == shard.tensors.end())
        throw Error(fmt::format("{}: no tensor {}. The checkpoint is incomplete.", shard.where, stored));
      parts.push_back(stored_tensor(found->second, dtype, shard.file, shard.where));
      if (parts.back().dim() != parts[0].dim())
        throw Error(fmt::format("{}: tensor {} has another shape than in the first shard.", shard.where, stored));
    }
    const std::int64_t along = shard_dimension(name);
    auto values = parts[0];
    if (parts.size() > 1 && along >= 0) {
      for (const torch::Tensor& part : parts)
        if (part.dim() != 2 || part.size(1 - along) != parts[0].size(1 - along))
          throw Error(fmt::format("{}: the shards of {} do not fit together.", folder_.string(), stored));
      values = torch::cat(parts, along);
    }
    return with_split_rows(name, values, config_);
  }

  [[nodiscard]] bool is_stored_as(torch::ScalarType dtype, const std::string& name) const override {
    return std::all_of(shards_.begin(), shards_.end(), [&](const Shard& shard) {
      const auto found = shard.tensors.find(name_in(Layout::kMeta, name));
      return found != shard.tensors.end() && is_of_type(found->second, dtype);
    });
  }

  void release(const std::string& name) const override {
    for (const Shard& shard : shards_)
      if (const auto found = shard.tensors.find(name_in(Layout::kMeta, name)); found != shard.tensors.end())
        core::release_pages(found->second.bytes);
  }

 private:
  std::filesystem::path folder_;
  std::vector<Shard> shards_;
  TransformerConfig config_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_meta(const std::filesystem::path& folder) {
  return std::make_unique<MetaCheckpoint>(folder);
}

}  // namespace radonc::model
