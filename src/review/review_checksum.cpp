#include "review/review_checksum.hpp"

#include <fmt/format.h>

#include "radonc/core/error.hpp"
#include "radonc/core/sha256.hpp"

namespace radonc::review {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 8;  // levels in a file of ours: 4

}  // namespace

Json with_checksum(Json content) {
  content["checksum"] = core::sha256_hex(content.dump());
  return content;
}

Json checked_content(std::string_view text, std::string_view format, const std::string& where,
                     std::string_view remedy) {
  const auto refuse = [&](std::string_view reason) { return Error(fmt::format("{}: {}. {}", where, reason, remedy)); };
  bool deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kDeepest;
    return !deep;
  };
  Json content;
  try {
    content = Json::parse(text, shallow);
  } catch (const Json::parse_error& error) {
    throw refuse(fmt::format("not JSON at byte {} of {}; the file may be truncated", error.byte, text.size()));
  }
  if (deep || !content.is_object() || content.value("format", Json()) != format)
    throw refuse(fmt::format("not a file of the format {}", format));
  if (content.value("version", Json()) != kReviewVersion)
    throw refuse(fmt::format("version must be {}; the file is of another version of radonc", kReviewVersion));
  const Json found = content.value("checksum", Json());
  content.erase("checksum");
  if (found != core::sha256_hex(content.dump()))
    throw refuse("the checksum does not hold; the file was changed after it was written");
  return content;
}

}  // namespace radonc::review
