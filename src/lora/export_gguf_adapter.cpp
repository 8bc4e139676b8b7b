#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "lora/plain_lora.hpp"
#include "model/families/family.hpp"
#include "model/families/tensor_names.hpp"
#include "radonc/core/error.hpp"
#include "radonc/formats/gguf_writer.hpp"
#include "radonc/lora/adapter_io.hpp"

namespace radonc::lora {

void export_gguf_adapter(const Adapter& trained, const model::TransformerConfig& base,
                         const std::filesystem::path& path) {
  const auto refuse = [&](const char* what) {
    throw Error(fmt::format("{}: a GGUF adapter cannot hold {}. Merge the adapter and export the model instead.",
                            path.string(), what));
  };
  if (!trained.saved_modules.empty()) refuse("modules trained whole");
  if (!trained.biases.empty()) refuse("biases");
  for (const ops::LowRankUpdate& update : trained.updates) {
    if (update.magnitude.defined()) refuse("DoRA's magnitudes");
    if (update.b_bias.defined()) refuse("lora_bias");
  }
  const torch::NoGradGuard no_gradient;
  const Adapter adapter = as_plain_lora(trained);
  // llama.cpp multiplies by alpha / rank, but takes an alpha of 0 for "none given" and multiplies by 1.
  const auto in_float = static_cast<float>(adapter.config.alpha);
  const float alpha = in_float == 0 ? 1.0F : in_float;
  const model::Family& family = model::family_of(base);
  std::vector<formats::GgufTensorSource> sources;
  const auto add = [&](const std::string& name, const torch::Tensor& values) {
    const auto held = values.cpu().contiguous();
    sources.push_back({.name = name,
                       .shape = held.sizes().vec(),
                       .type = formats::GgufType::kF32,
                       .deliver = [held](const formats::GgufSink& sink) {
                         sink({static_cast<const std::byte*>(held.const_data_ptr()), held.nbytes()});
                       }});
  };
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    const ops::LowRankUpdate& update = adapter.updates[i];
    const std::string name = adapter.modules[i] + ".weight", gguf = model::name_in(model::Layout::kGguf, name);
    const double factor = update.scale * static_cast<double>(update.a.size(0)) / alpha;
    const auto b = std::abs(factor - 1) < 1e-12 ? update.b.detach() : update.b.detach() * factor;
    add(gguf + ".lora_a", update.a.detach());
    add(gguf + ".lora_b", family.has_paired_rows_in_gguf ? model::with_paired_rows(name, b, base) : b);
  }
  formats::write_gguf(path,
                      {{"general.type", "adapter"},
                       {"general.architecture", family.gguf_name},
                       {"adapter.type", "lora"},
                       {"adapter.lora.alpha", alpha}},
                      sources);
}

}  // namespace radonc::lora
