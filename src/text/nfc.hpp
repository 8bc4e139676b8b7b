// Unicode normalisation. Private.
#pragma once

#include <string>
#include <string_view>

namespace radonc::text {

/// `text` in Normalisation Form C: accents and jamo joined to what they follow. Bytes that are not UTF-8 stay.
std::string nfc(std::string_view text);

}  // namespace radonc::text
