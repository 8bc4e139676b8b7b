// Devices by name, and what to say when one has too little memory. Private.
#pragma once

#include <c10/util/Exception.h>
#include <torch/types.h>

#include <string>

namespace radonc::model {

/// "cpu", "cuda" (torch's current one) or "cuda:1", tried: one of radonc's kernels has run there.
/// Throws radonc::Error saying what is missing, and what to do, if torch has no such device, if its driver does not
/// serve this torch, or if this radonc has no kernel for it.
torch::Device device_named(const std::string& name);

/// What an error of torch says, without its advice to torch's own users.
std::string in_short(const c10::Error& error);

}  // namespace radonc::model
