// A value read from a record or a text, or the reason why there is none.
#pragma once

#include <optional>
#include <string>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// A value, or the reason why there is none.
template <typename T>
struct RADONC_API Reading {
  std::optional<T> value;
  std::string reason;  ///< a rule's name, e.g. "dose missing"; never a record's text

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
};

}  // namespace radonc::core
