#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "model/checkpoints/layouts.hpp"
#include "model/checkpoints/stored_tensor.hpp"
#include "model/families/config_fields.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"

namespace radonc::model {
namespace {

using nlohmann::json;

/// What bitsandbytes stores beside the codes of `name`, in one JSON text.
json quant_state(const formats::SafetensorsTensor& tensor, const std::string& where) {
  const auto* text = reinterpret_cast<const char*>(tensor.bytes.data());
  json state = json::parse(text, text + tensor.bytes.size(), nullptr, /*allow_exceptions=*/false);
  if (!state.is_object() || state.value("quant_type", "") != "nf4" || state.value("blocksize", 0) != ops::Nf4::kBlock ||
      (state.contains("nested_blocksize") && state["nested_blocksize"] != ops::Nf4::kNestedBlock)) {
    throw Error(fmt::format("{}: tensor {}: expected NF4 in blocks of 64 (nested: 256).", where, tensor.name));
  }
  return state;
}

class HuggingFaceCheckpoint : public Checkpoint {
 public:
  explicit HuggingFaceCheckpoint(const std::filesystem::path& folder) : folder_(folder) {
    const auto path = folder / "config.json";
    config_ = read_hugging_face_config(path);
    validate(config_, path.string());
    const auto index = folder / "model.safetensors.index.json";
    if (std::filesystem::exists(index)) {
      const json map = ConfigFields(index).content().value("weight_map", json());
      if (!map.is_object() || !std::all_of(map.begin(), map.end(), [](const json& file) { return file.is_string(); }))
        throw Error(fmt::format("{}: expected a weight_map. The file is damaged.", index.string()));
      for (const auto& [name, file] : map.items()) open(file.get<std::string>());
      for (const auto& [name, file] : map.items()) {
        if (where_.contains(name)) continue;
        throw Error(fmt::format("{}: no tensor {}, which {} promises. Copy the shard again.",
                                (folder / file.get<std::string>()).string(), name, index.string()));
      }
    } else {
      open("model.safetensors");
    }
  }

  [[nodiscard]] const TransformerConfig& config() const override { return config_; }

  [[nodiscard]] torch::Tensor tensor(const std::string& name, torch::ScalarType dtype) const override {
    if (const auto quantized = nf4(name)) return ops::nf4_dequantize(*quantized, dtype);
    return stored(name, dtype);
  }

  void release(const std::string& name) const override {
    if (const auto found = where_.find(name); found != where_.end()) core::release_pages(found->second.tensor.bytes);
  }

  [[nodiscard]] bool is_stored_as(torch::ScalarType dtype, const std::string& name) const override {
    const auto found = where_.find(name);
    return found != where_.end() && is_of_type(found->second.tensor, dtype);
  }

  [[nodiscard]] std::optional<ops::Nf4> nf4(const std::string& name) const override {
    const auto state_of = where_.find(name + ".quant_state.bitsandbytes__nf4");
    if (state_of == where_.end()) return std::nullopt;
    const std::string where = folder_.string();
    const json state = quant_state(state_of->second.tensor, where);
    ops::Nf4 out;
    try {
      std::tie(out.rows, out.columns) = state.at("shape").get<std::pair<std::int64_t, std::int64_t>>();
      out.nested_offset = state.value("nested_offset", 0.0);
      out.source_type = state.value("dtype", "") == "float32"   ? torch::kFloat32
                        : state.value("dtype", "") == "float16" ? torch::kFloat16
                                                                : torch::kBFloat16;
    } catch (const json::exception&) {
      throw Error(fmt::format("{}: tensor {}: its quantisation state is damaged.", where, name));
    }
    const bool nested = state.contains("nested_blocksize");
    out.codes = stored(name, torch::kUInt8).flatten();
    out.absmax = stored(name + ".absmax", nested ? torch::kUInt8 : torch::kFloat32);
    if (nested) {
      out.nested_absmax = stored(name + ".nested_absmax", torch::kFloat32);
      out.nested_map = stored(name + ".nested_quant_map", torch::kFloat32);
    }
    const std::int64_t blocks = out.absmax.numel();
    if (out.rows <= 0 || out.columns <= 0 || out.codes.numel() * 2 / out.rows != out.columns ||
        out.codes.numel() * 2 != out.rows * out.columns || blocks * ops::Nf4::kBlock != out.codes.numel() * 2 ||
        (nested && (out.nested_absmax.numel() != (blocks + 255) / 256 || out.nested_map.numel() != 256)) ||
        !torch::equal(stored(name + ".quant_map", torch::kFloat32),
                      torch::tensor(at::ArrayRef<float>(ops::kNf4Values)))) {
      throw Error(fmt::format("{}: tensor {}: its codes and constants do not fit together.", where, name));
    }
    return out;
  }

 private:
  struct Stored {
    formats::SafetensorsTensor tensor;
    std::shared_ptr<const formats::SafetensorsFile> file;
  };

  void open(const std::string& name) {
    if (!opened_.insert(name).second) return;
    // A shard lies in the folder itself: an index cannot send radonc elsewhere.
    if (std::filesystem::path(name).filename() != name)
      throw Error(fmt::format("{}: the index names a file outside the folder.", folder_.string()));
    const auto file = std::make_shared<const formats::SafetensorsFile>(folder_ / name);
    for (const formats::SafetensorsTensor& tensor : file->tensors()) {
      if (!where_.emplace(tensor.name, Stored{tensor, file}).second)
        throw Error(fmt::format("{}: tensor {} is also in another shard.", (folder_ / name).string(), tensor.name));
    }
  }

  [[nodiscard]] torch::Tensor stored(const std::string& name, torch::ScalarType dtype) const {
    const auto found = where_.find(name);
    if (found == where_.end())
      throw Error(fmt::format("{}: no tensor {}. The checkpoint is incomplete.", folder_.string(), name));
    return stored_tensor(found->second.tensor, dtype, found->second.file, found->second.file->path().string());
  }

  std::filesystem::path folder_;
  TransformerConfig config_;
  std::set<std::string> opened_;
  std::map<std::string, Stored> where_;
};

}  // namespace

std::unique_ptr<Checkpoint> open_hugging_face(const std::filesystem::path& folder) {
  return std::make_unique<HuggingFaceCheckpoint>(folder);
}

}  // namespace radonc::model
