// Adapters on disk, in PEFT's format: adapter_config.json and adapter_model.safetensors.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/lora/lora.hpp"

namespace radonc::lora {

/// The adapter's trainable tensors under their names in PEFT's file, "base_model.model.….lora_A.weight".
RADONC_API std::vector<std::pair<std::string, torch::Tensor>> peft_tensors(const Adapter& adapter);

/// Writes both files, each whole or not at all. `base_model` is recorded as PEFT's base_model_name_or_path. What PEFT
/// loads gives the same logits; PiSSA becomes plain LoRA of twice the rank, since its start is part of the update.
/// Throws radonc::Error if a parameter is not finite, or if the folder cannot be written.
RADONC_API void save_adapter(const Adapter& adapter, const std::filesystem::path& folder,
                             const std::string& base_model);

/// Writes the adapter as a GGUF file that llama.cpp applies to the base in GGUF (`--lora`). Different scales of layers
/// and rsLoRA's are folded into B, since the format has one alpha.
/// Throws radonc::Error for what the format cannot hold: DoRA, biases, modules trained whole. Merge these instead.
RADONC_API void export_gguf_adapter(const Adapter& adapter, const model::TransformerConfig& base,
                                    const std::filesystem::path& path);

/// Reads an adapter and puts it into `model`.
/// Throws radonc::Error if radonc wrote it for another base model, even one of the same shape; naming file and key for
/// missing, unexpected or misshapen tensors; and for settings of PEFT that
/// radonc does not know: nothing is ignored silently.
RADONC_API Adapter load_adapter(model::Transformer& model, const std::filesystem::path& folder);

}  // namespace radonc::lora
