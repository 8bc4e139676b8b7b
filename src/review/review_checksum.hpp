// What the review page's writer and reader agree on.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace radonc::review {

inline constexpr std::string_view kReviewLabels = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
inline constexpr int kReviewVersion = 1;  // of page, key and export

/// `content` with a last field "checksum" over all the others, as JSON.stringify and nlohmann's dump() write them.
nlohmann::ordered_json with_checksum(nlohmann::ordered_json content);

/// The content of a file that with_checksum or the page has written, without its checksum.
/// Throws radonc::Error naming `where` if it is no JSON, nests deeply, is not of this format and version, or its
/// checksum does not hold. `remedy` is what the user should do, a sentence.
nlohmann::ordered_json checked_content(std::string_view text, std::string_view format, const std::string& where,
                                       std::string_view remedy);

}  // namespace radonc::review
