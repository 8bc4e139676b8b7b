#include "radonc/core/version.hpp"

namespace radonc::core {

std::string_view version() {
  return RADONC_VERSION;
}

}  // namespace radonc::core
