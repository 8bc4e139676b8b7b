// Tensors of a mapped file as torch's. Private.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>

#include "radonc/formats/safetensors.hpp"

namespace radonc::model {

/// `values` in `dtype`. Throws radonc::Error naming `where` and the tensor if one is too large for float16.
torch::Tensor converted(const torch::Tensor& values, torch::ScalarType dtype, const std::string& name,
                        const std::string& where);

/// `source` in `dtype`, or in its own type if that is undefined. Where the types agree it is the file's memory itself,
/// not a copy: `file` keeps the mapping alive, and nobody may write to it.
/// Throws radonc::Error naming `where` and the tensor if the type is none that torch and radonc share.
torch::Tensor stored_tensor(const formats::SafetensorsTensor& source, torch::ScalarType dtype,
                            const std::shared_ptr<const void>& file, const std::string& where);

/// Whether that is the type of `source`'s values in the file.
bool is_of_type(const formats::SafetensorsTensor& source, torch::ScalarType dtype);

}  // namespace radonc::model
