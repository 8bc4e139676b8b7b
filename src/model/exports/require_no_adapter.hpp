// What every export asks for first. Private.
#pragma once

#include "radonc/core/error.hpp"
#include "radonc/model/transformer.hpp"

namespace radonc::model {

inline void require_no_adapter(const Transformer& model) {
  if (model.has_adapter())
    throw Error("The model has an adapter, which the exported file would lack. Merge it first, or remove it.");
}

}  // namespace radonc::model
