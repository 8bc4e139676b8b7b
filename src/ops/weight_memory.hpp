// Where weights live that are made at load. Private.
#pragma once

#include <torch/types.h>

namespace radonc::ops {

/// An uninitialised tensor on huge pages where the system has them: weights are read once a token, and the small pages'
/// addresses would be looked up over and over. Small tensors share pages, which are
/// free when the last of them is: this is for what stays.
torch::Tensor weight_memory(at::IntArrayRef sizes, torch::ScalarType type);

/// Whether a tensor is that small: less than 8 MiB.
bool shares_pages(at::IntArrayRef sizes, torch::ScalarType type);

/// The same for what may be gone before its neighbours: a small tensor has memory of its own.
torch::Tensor passing_memory(at::IntArrayRef sizes, torch::ScalarType type);

}  // namespace radonc::ops
