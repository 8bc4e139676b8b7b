// Adapters on disk, in PEFT's format: adapter_config.json and adapter_model.safetensors.
#pragma once

#include <filesystem>
#include <string>

#include "radonc/lora/lora.hpp"

namespace radonc::lora {

/// Writes both files, each whole or not at all. `base_model` is recorded as PEFT's base_model_name_or_path.
/// Throws radonc::Error if a parameter is not finite, or if the folder cannot be written.
void save_adapter(const Adapter& adapter, const std::filesystem::path& folder, const std::string& base_model);

/// Reads an adapter and puts it into `model`.
/// Throws radonc::Error naming file and key for missing, unexpected or misshapen tensors, and for settings of PEFT that
/// radonc does not know: nothing is ignored silently.
Adapter load_adapter(model::Transformer& model, const std::filesystem::path& folder);

}  // namespace radonc::lora
