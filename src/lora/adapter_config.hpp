// adapter_config.json. Private.
#pragma once

#include <filesystem>
#include <string>

#include "radonc/lora/lora.hpp"

namespace radonc::lora {

/// PEFT's adapter_config.json for `adapter`.
std::string to_peft_json(const Adapter& adapter, const std::string& base_model);

/// Throws radonc::Error naming the file and the field if it is damaged, or asks for what radonc does not know: nothing
/// that would change the adapter's meaning is ignored.
LoraConfig read_peft_config(const std::filesystem::path& path);

}  // namespace radonc::lora
