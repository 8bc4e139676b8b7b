// What fmt::format calls, compiled once in each library: fmt's headers alone would have every file compile it again,
// which is half of the time of a small one.
#define FMT_HEADER_ONLY
#include <fmt/format.h>

#include <string>

namespace radonc::core {
namespace {

[[gnu::used]] std::string (*const format)(fmt::string_view, fmt::format_args) = &fmt::vformat;
[[gnu::used]] bool (*const is_printable)(std::uint32_t) = &fmt::detail::is_printable;
#if FMT_VERSION >= 110000
[[gnu::used]] void (*const report_error)(const char*) = &fmt::report_error;
#else
[[gnu::used]] void (*const report_error)(const char*) = &fmt::detail::throw_format_error;
#endif

}  // namespace
}  // namespace radonc::core
