#include "model/checkpoints/stored_tensor.hpp"

#include <fmt/format.h>
#include <torch/types.h>

#include <cstdint>
#include <cstring>
#include <map>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"

namespace radonc::model {
namespace {

const std::map<std::string, torch::ScalarType>& types_by_name() {
  static const std::map<std::string, torch::ScalarType> kTypes = {{"F32", torch::kFloat32},
                                                                  {"F16", torch::kFloat16},
                                                                  {"BF16", torch::kBFloat16},
                                                                  {"F64", torch::kFloat64},
                                                                  {"U8", torch::kUInt8}};
  return kTypes;
}

}  // namespace

torch::Tensor converted(const torch::Tensor& values, torch::ScalarType dtype, const std::string& name,
                        const std::string& where) {
  auto out = values.to(dtype);
  if (dtype == torch::kFloat16 && values.scalar_type() != dtype && !out.isfinite().all().item<bool>()) {
    throw Error(fmt::format("{}: tensor {}: a value is too large for float16. Load this model in bfloat16 or float32.",
                            where, name));
  }
  return out;
}

torch::Tensor stored_tensor(const formats::SafetensorsTensor& source, torch::ScalarType dtype,
                            const std::shared_ptr<const void>& file, const std::string& where) {
  const auto found = types_by_name().find(source.dtype);
  const bool wanted = found != types_by_name().end() &&
                      (dtype == torch::ScalarType::Undefined || (dtype == torch::kUInt8) == (source.dtype == "U8"));
  if (!wanted) {
    throw Error(fmt::format("{}: tensor {}: type {} is not supported. Expected F32, F16 or BF16.", where, source.name,
                            source.dtype));
  }
  const torch::ScalarType type = found->second;
  auto* bytes = const_cast<std::byte*>(source.bytes.data());
  if (reinterpret_cast<std::uintptr_t>(bytes) % c10::elementSize(type) != 0) {  // a file of foreign make
    auto copy = torch::empty(source.shape, type);
    std::memcpy(copy.data_ptr(), bytes, source.bytes.size());
    return dtype == torch::ScalarType::Undefined ? copy : converted(copy, dtype, source.name, where);
  }
  const auto mapped = torch::from_blob(
      bytes, source.shape, [file](void*) { /* keeps `file` */ }, type);
  if (dtype == torch::ScalarType::Undefined || dtype == type) return mapped;
  auto out = converted(mapped, dtype, source.name, where);
  core::release_pages(source.bytes);
  return out;
}

bool is_of_type(const formats::SafetensorsTensor& source, torch::ScalarType dtype) {
  const auto found = types_by_name().find(source.dtype);
  return found != types_by_name().end() && found->second == dtype;
}

}  // namespace radonc::model
