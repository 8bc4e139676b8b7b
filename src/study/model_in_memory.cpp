#include "study/model_in_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "radonc/core/error.hpp"
#include "radonc/core/sha256.hpp"
#include "radonc/core/version.hpp"
#include "radonc/lora/adapter_io.hpp"
#include "radonc/text/encode.hpp"

namespace radonc::study {
namespace {

/// What loaders read in a folder.
constexpr std::array kExtensions = {".json", ".safetensors", ".pth", ".model", ".gguf", ".jinja", ".txt"};

const char* name_of(model::Quantization quantization) {
  return quantization == model::Quantization::kNone  ? "none"
         : quantization == model::Quantization::kNf4 ? "NF4 with double quantisation"
                                                     : "int8, products too";
}

}  // namespace

std::shared_ptr<ModelInMemory> model_in_memory(const StudyConfig& config, const ProgressCallback& callback) {
  return std::make_shared<ModelInMemory>(config, callback);
}

ModelInMemory::ModelInMemory(const StudyConfig& config, ProgressCallback callback)
    : config_(config), callback_(std::move(callback)) {}

bool ModelInMemory::is_own(const Arm& arm) const {
  return !arm.model.empty() && arm.model != config_.model;
}

const std::filesystem::path& ModelInMemory::path_of(const Arm& arm) const {
  return is_own(arm) ? arm.model : config_.model;
}

std::filesystem::path ModelInMemory::tokenizer_path_of(const Arm& arm) const {
  return is_own(arm) || config_.tokenizer.empty() ? path_of(arm) : config_.tokenizer;
}

std::string ModelInMemory::name_of(const Arm& arm) const {
  return !is_own(arm) && !config_.model_name.empty() ? config_.model_name : path_of(arm).stem().string();
}

const std::vector<NamedValue>& ModelInMemory::files_of(const Arm& arm) {
  const auto path = path_of(arm), tokenizer = tokenizer_path_of(arm);
  const auto [found, is_new] = files_.try_emplace(path);
  if (is_new) {
    found->second = hashed_files(path, "model/");
    if (tokenizer != path)
      for (auto& file : hashed_files(tokenizer, "tokenizer/")) found->second.push_back(std::move(file));
  }
  return found->second;
}

std::shared_ptr<const text::Tokenizer> ModelInMemory::tokenizer_of(const Arm& arm) {
  auto& tokenizer = tokenizers_[tokenizer_path_of(arm)];
  if (!tokenizer) tokenizer = text::Tokenizer::load(tokenizer_path_of(arm));
  return tokenizer;
}

text::PromptTemplate ModelInMemory::template_of(const Arm& arm) {
  const std::string wanted =
      !arm.prompt_template.empty() || is_own(arm) ? arm.prompt_template : config_.prompt_template;
  return wanted.empty() ? text::detect_template(*tokenizer_of(arm)) : text::template_named(wanted);
}

std::vector<NamedValue> ModelInMemory::inputs_of(const Arm& arm) {
  const torch::Device device(config_.device == "cpu" ? torch::kCPU : torch::kCUDA);
  return {{"model", digest_of(files_of(arm))},
          {"prompt format", text::to_string(template_of(arm))},
          {"type of the weights", model::dtype_name(model::resolve(config_.dtype, device))},
          {"quantised layers", study::name_of(config_.quantization)},
          {"device", config_.device},
          {"radonc", std::string(core::version())}};
}

void ModelInMemory::load(const Arm& arm) {
  const auto& path = path_of(arm);
  if (path == loaded_) return;
  if (callback_) callback_({.stage = "load", .message = path.string()});
  model_.reset();
  loaded_.clear();
  adapter_.clear();
  const auto tokenizer = tokenizer_of(arm);
  model_.emplace(model::Transformer::load(
      path, {.dtype = config_.dtype, .quantization = config_.quantization, .device = config_.device}));
  generate::require_matching_vocabulary(*model_, *tokenizer);
  loaded_ = path;
}

model::Transformer& ModelInMemory::plain(const Arm& arm) {
  load(arm);
  lora::remove(*model_);
  adapter_.clear();
  return *model_;
}

model::Transformer& ModelInMemory::adapted(const Arm& arm, const std::filesystem::path& adapter) {
  load(arm);
  if (!adapter.empty() && adapter == adapter_) return *model_;
  plain(arm);
  if (!adapter.empty()) lora::load_adapter(*model_, adapter);
  adapter_ = adapter;
  return *model_;
}

std::vector<NamedValue> ModelInMemory::facts_of(const Arm& arm) {
  load(arm);
  return {{"parameters of the model", fmt::format("{}", model_->num_parameters())},
          {"type of the weights", model::dtype_name(model_->dtype())},
          {"fingerprint of the weights", model_->fingerprint()}};
}

std::string digest_of(const std::vector<NamedValue>& files) {
  std::string all;
  for (const auto& [name, hash] : files) all += name + " " + hash + "\n";
  return core::sha256_hex(all);
}

std::vector<NamedValue> hashed_files(const std::filesystem::path& path, const std::string& prefix) {
  std::vector<std::filesystem::path> paths;
  if (!std::filesystem::exists(path)) throw Error(fmt::format("{}: no such file or folder.", path.string()));
  if (!std::filesystem::is_directory(path)) {
    paths.push_back(path);
  } else {
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.is_regular_file() && std::ranges::find(kExtensions, entry.path().extension()) != kExtensions.end())
        paths.push_back(entry.path());
    std::ranges::sort(paths);
  }
  std::vector<NamedValue> files;
  for (const auto& file : paths) files.emplace_back(prefix + file.filename().string(), sha256_of_file(file));
  return files;
}

}  // namespace radonc::study
