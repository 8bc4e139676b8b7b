// oneDNN keeps the code that it generates for every shape of a matrix product, 1024 shapes by default. Packed batches
// have a new shape at nearly every step, so that in training this cache alone grows by more than a gigabyte. The layers
// of one step share their shapes: a small cache serves them as well.
#include <cstdlib>

namespace radonc::ops {
namespace {

// oneDNN reads it at its first product. What the user has set stays.
[[maybe_unused]] const int kSet = ::setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256", /*overwrite=*/0);

}  // namespace
}  // namespace radonc::ops
