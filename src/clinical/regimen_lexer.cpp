#include "clinical/regimen_lexer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include "core/text.hpp"

namespace radonc::clinical {
namespace {

using Kind = RegimenToken::Kind;

bool digit(char c) {
  return c >= '0' && c <= '9';
}
bool letter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

/// Reads tokens from left to right; each character is looked at a bounded number of times.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<RegimenToken> read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (std::isspace(static_cast<unsigned char>(c)) != 0) {
        ++at_;
      } else if (digit(c) || (c == '.' && digit(peek(1)))) {
        number();
      } else if (letter(c)) {
        word();
      } else if (c == '-') {
        dash();
      } else {
        symbol(c);
        ++at_;
      }
    }
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : ' '; }

  void symbol(char c) { tokens_.push_back({.kind = Kind::kSymbol, .text = std::string(1, c)}); }
  void push_word(std::string_view w) { tokens_.push_back({.kind = Kind::kWord, .text = std::string(w)}); }

  void dash() {
    std::size_t next = at_ + 1;
    while (next < text_.size() && text_[next] == ' ') ++next;
    if (next < text_.size() && digit(text_[next]))
      tokens_.push_back({.kind = Kind::kSymbol, .text = "-", .attached = next == at_ + 1});
    at_ = next;
  }

  void number() {
    // "3d" and "4d" are words.
    if ((peek(0) == '3' || peek(0) == '4') && peek(1) == 'd' && (!letter(peek(2)) || peek(2) == 'c')) {
      push_word(text_.substr(at_, 2));
      at_ += 2;
      return;
    }
    RegimenToken token{.kind = Kind::kNumber};
    std::string digits;
    std::size_t whole = 0, behind = 0, separators = 0;
    char last = ' ';
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (digit(c)) {
        if (digits.size() < 40) digits.push_back(c);
        ++(separators == 0 ? whole : behind);
      } else if ((c == '.' || c == ',') && digit(peek(1))) {
        // Several separators are thousands only as in "12,345.5".
        if (separators > 0 && !(last == ',' && behind == 3 && c == '.')) token.readable = false;
        if (separators > 0) {
          std::erase(digits, '.');
          whole += behind;
          token.grouped = true;
        }
        digits.push_back('.');
        behind = 0;
        last = c;
        ++separators;
      } else {
        break;
      }
    }
    if (separators == 1 && last == ',' && behind == 3 && !digits.starts_with("0")) {
      std::erase(digits, '.');
      whole += behind;
      behind = 0;
      token.grouped = true;
    }
    token.three_decimals = last == '.' && behind == 3;
    token.readable = token.readable && whole <= 6 && behind <= 6;
    if (token.readable) {
      if (digits.starts_with('.')) digits.insert(0, 1, '0');
      const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token.value);
      token.readable = error == std::errc() && rest == digits.data() + digits.size();
    }
    tokens_.push_back(std::move(token));
  }

  void word() {
    for (const auto& [spelled, meant] :
         {std::pair<std::string_view, std::string_view>{"b.i.d", "bid"}, {"t.i.d", "tid"}, {"q.d", "qd"}}) {
      if (!text_.substr(at_).starts_with(spelled) || letter(peek(spelled.size()))) continue;
      push_word(meant);
      at_ += spelled.size() + (peek(spelled.size()) == '.' ? 1 : 0);
      return;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && letter(text_[at_])) ++at_;
    std::string_view w = text_.substr(begin, at_ - begin);
    const bool behind_number = !tokens_.empty() && tokens_.back().is_number();
    for (const std::string_view unit : {"cgy", "gy"}) {
      if (!behind_number || !w.starts_with(unit) || w.size() == unit.size()) continue;
      const std::string_view rest = w.substr(unit.size());
      if (rest != "x" && rest != "in") continue;
      push_word(unit);
      w = rest;
      break;
    }
    static constexpr std::array<std::string_view, 8> kApart = {"x", "gy", "cgy", "fx", "fxs", "fr", "in", "fractions"};
    const bool apart = std::find(kApart.begin(), kApart.end(), w) != kApart.end();
    if (!apart && (digit(peek(0)) || (peek(0) == '-' && digit(peek(1))))) {
      while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]) || (text_[at_] == '-' && digit(peek(1)))))
        ++at_;
      w = text_.substr(begin, at_ - begin);
    }
    push_word(w);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<RegimenToken> tokens_;
};

}  // namespace

std::string plain_signs(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 17> kSigns = {{
      {"\u00d7", " x "},
      {"\u2715", " x "},
      {"\u00a0", " "},
      {"\u2009", " "},
      {"\u202f", " "},
      {"\u2026", " "},
      {"\u2010", "-"},
      {"\u2011", "-"},
      {"\u2012", "-"},
      {"\u2013", "-"},
      {"\u2014", "-"},
      {"\u2212", "-"},
      {"\u2264", "<"},
      {"\u2265", ">"},
      {"\u2248", "~"},
      {"\u00b1", "~"},
      {"\u00b7", " "},
  }};
  const std::string low = core::lowered(text);
  std::string out;
  out.reserve(low.size());
  for (std::size_t i = 0; i < low.size();) {
    const std::pair<std::string_view, std::string_view>* found = nullptr;
    if (static_cast<unsigned char>(low[i]) >= 0x80)
      for (const auto& sign : kSigns)
        if (low.compare(i, sign.first.size(), sign.first) == 0) found = &sign;
    out += found != nullptr ? found->second : std::string_view(low).substr(i, 1);
    i += found != nullptr ? found->first.size() : 1;
  }
  return out;
}

std::vector<RegimenToken> regimen_tokens(const std::string& text) {
  return Lexer(text).read();
}

}  // namespace radonc::clinical
