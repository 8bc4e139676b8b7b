#include "tasks/text.hpp"

#include <algorithm>
#include <cctype>

#include "core/text.hpp"

namespace radonc::tasks {
namespace {

bool is_letter_or_digit(const std::string& text, std::size_t i) {
  return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
}

bool names(const std::string& line, const std::string& answer) {
  for (std::size_t at = line.find(answer); at != line.npos; at = line.find(answer, at + 1)) {
    std::size_t end = at + answer.size();
    const bool word = std::isalpha(static_cast<unsigned char>(answer.back())) != 0;
    if (word && end < line.size() && line[end] == 's') ++end;  // a plural
    if (!(at > 0 && is_letter_or_digit(line, at - 1)) && !is_letter_or_digit(line, end)) return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> lines(const std::string& text, std::size_t longest) {
  std::vector<std::string> found;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    std::string line = core::first_line(text.substr(begin, std::min(end - begin, longest)));
    if (!line.empty()) found.push_back(std::move(line));
    begin = end + 1;
  }
  return found;
}

core::Reading<std::string> named_answer(const std::string& text, const std::vector<std::string>& answers,
                                        const std::string& what) {
  for (const std::string& written : lines(text)) {
    const std::string line = core::lowered(written);
    std::vector<std::string> named;
    for (const std::string& answer : answers)
      if (!answer.empty() && names(line, core::lowered(answer))) named.push_back(answer);
    std::erase_if(named, [&](const std::string& one) {
      return std::ranges::any_of(named, [&](const std::string& other) {
        return other.size() > one.size() && core::lowered(other).find(core::lowered(one)) != std::string::npos;
      });
    });
    if (named.size() > 1) return {std::nullopt, "names more than one " + what};
    if (!named.empty()) return {named[0], ""};
  }
  return {std::nullopt, "names no " + what};
}

}  // namespace radonc::tasks
