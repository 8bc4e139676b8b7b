// Models written for other programs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "radonc/core/export.hpp"
#include "radonc/model/transformer.hpp"
#include "radonc/text/tokenizer.hpp"

namespace radonc::model {

struct RADONC_API ExportOptions {
  /// Folder whose tokenizer files are copied along; empty: none.
  std::filesystem::path tokenizer_from;
  /// Layers in NF4 stay so, in bitsandbytes' layout; otherwise they are written dense in the model's type.
  bool keep_quantized = false;
  std::int64_t max_shard_bytes = 4'000'000'000;
};

/// Writes config.json and model.safetensors, or shards with an index, as transformers reads them. Each file is whole or
/// not there; config.json comes last, so that a folder with it is complete.
/// Throws radonc::Error if an adapter is in the model (merge it first), if Hugging Face's config cannot express the
/// model, or if the folder cannot be written.
RADONC_API void export_hugging_face(const Transformer& model, const std::filesystem::path& folder,
                                    const ExportOptions& options = {});

/// Element types of an exported GGUF file's matrices; norms and biases stay in float32.
enum class GgufPrecision { kF16, kQ8_0 };

/// Writes `model` and `tokenizer` as one GGUF file, which llama.cpp and Ollama serve. Whole or not at all.
/// Throws radonc::Error if an adapter is in the model, if vocabulary or rotary scaling do not fit the format, or if a
/// weight is not finite in the type asked for.
RADONC_API void export_gguf(const Transformer& model, const text::Tokenizer& tokenizer,
                            const std::filesystem::path& path, GgufPrecision precision = GgufPrecision::kQ8_0,
                            const std::string& name = "");

}  // namespace radonc::model
