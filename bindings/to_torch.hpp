// What Python gets of torch's types. Tensors come in only where torch is imported already.
#pragma once

#include <torch/csrc/utils/pybind.h>

#include "common.hpp"

namespace radonc::bindings {

/// A tensor or a dtype as Python's. `import radonc` leaves torch's package out, for its seconds and its 0.15 GB.
template <typename Value>
py::object to_torch(const Value& value) {
  py::module_::import("torch");
  return py::cast(value);
}

}  // namespace radonc::bindings
