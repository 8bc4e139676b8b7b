#include "radonc/data/icd10.hpp"

#include <cctype>

namespace radonc::data {

std::optional<std::string> normalize_icd10(std::string_view code) {
  std::string plain;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto c = static_cast<unsigned char>(code[i]);
    if (code[i] == '.' && i == 3 && code.size() > 4) continue;
    if (std::isalnum(c) == 0) return std::nullopt;
    plain.push_back(static_cast<char>(std::toupper(c)));
  }
  if (plain.size() < 3 || plain.size() > 7) return std::nullopt;
  const char third = plain[2];  // categories such as C4A and C7B are the only ones with a letter there
  if (std::isdigit(static_cast<unsigned char>(third)) == 0 && third != 'A' && third != 'B') return std::nullopt;
  if (std::isalpha(static_cast<unsigned char>(plain[0])) == 0 ||
      std::isdigit(static_cast<unsigned char>(plain[1])) == 0)
    return std::nullopt;
  return plain.size() == 3 ? plain : plain.substr(0, 3) + "." + plain.substr(3);
}

std::string icd10_category(std::string_view code) {
  return std::string(code.substr(0, 3));
}

}  // namespace radonc::data
