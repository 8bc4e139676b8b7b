// The one exception radonc throws for what its user can mend.
#pragma once

#include <stdexcept>
#include <string>

#include "radonc/core/export.hpp"

namespace radonc {

/// Says what was expected, what came, where (file, line, field or case_id) and what to do.
/// Never carries a patient's text beyond the case_id. Python sees `radonc.Error`, a `ValueError`.
class RADONC_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace radonc
