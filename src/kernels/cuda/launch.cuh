// How nvcc's launches are made. Private.
#pragma once

#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

template <typename... Parameters, typename... Arguments>
void StreamLaunch::operator()(void (*kernel)(Parameters...), unsigned blocks, unsigned threads,
                              Arguments... arguments) const {
  kernel<<<blocks, threads, 0, stream>>>(arguments...);
}

}  // namespace device
}  // namespace radonc::kernels
