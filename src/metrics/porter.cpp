#include "metrics/porter.hpp"

#include <array>

#include <string_view>
#include <utility>
#include <vector>

namespace radonc::metrics {
namespace {

using std::string_view;

// A consonant is a letter other than a, e, i, o, u, and other than y after a consonant. Digits count as consonants.
bool is_consonant(string_view word, std::size_t i) {
  bool negate = false;
  for (; word[i] == 'y' && i > 0; --i) negate = !negate;
  const bool vowel = string_view("aeiou").find(word[i]) != string_view::npos;
  return vowel == negate;
}

// m in [C](VC)^m[V]: how many times a vowel is followed by a consonant.
int measure(string_view stem) {
  int count = 0;
  bool previous = true;
  for (std::size_t i = 0; i < stem.size(); ++i) {
    const bool consonant = stem[i] == 'y' ? (i == 0 || !previous) : is_consonant(stem, i);
    if (i > 0 && consonant && !previous) ++count;
    previous = consonant;
  }
  return count;
}

bool contains_vowel(string_view stem) {
  for (std::size_t i = 0; i < stem.size(); ++i)
    if (!is_consonant(stem, i)) return true;
  return false;
}

bool ends_double_consonant(string_view word) {
  const std::size_t n = word.size();
  return n >= 2 && word[n - 1] == word[n - 2] && is_consonant(word, n - 1);
}

// Consonant, vowel, consonant other than w, x, y; or (NLTK) a word of just vowel and consonant.
bool ends_cvc(string_view word) {
  const std::size_t n = word.size();
  if (n == 2) return !is_consonant(word, 0) && is_consonant(word, 1);
  return n >= 3 && is_consonant(word, n - 3) && !is_consonant(word, n - 2) && is_consonant(word, n - 1) &&
         string_view("wxy").find(word[n - 1]) == string_view::npos;
}

string_view without(string_view word, string_view suffix) {
  return word.substr(0, word.size() - suffix.size());
}

using Rules = std::vector<std::pair<string_view, string_view>>;

// Applies the first rule whose suffix matches, if the stem's measure is positive; later rules are not tried.
std::string apply(std::string word, const Rules& rules) {
  for (const auto& [suffix, replacement] : rules)
    if (word.ends_with(suffix)) {
      const string_view stem = without(word, suffix);
      if (measure(stem) > 0) return std::string(stem) + std::string(replacement);
      return word;
    }
  return word;
}

std::string step1a(std::string word) {
  if (word.ends_with("ies")) return std::string(without(word, "ies")) + (word.size() == 4 ? "ie" : "i");
  if (word.ends_with("sses")) return std::string(without(word, "es"));
  if (word.ends_with("s") && !word.ends_with("ss")) word.pop_back();
  return word;
}

std::string step1b(std::string word) {
  if (word.ends_with("ied")) return std::string(without(word, "ied")) + (word.size() == 4 ? "ie" : "i");
  if (word.ends_with("eed")) return measure(without(word, "eed")) > 0 ? std::string(without(word, "d")) : word;
  std::string stem;
  if (word.ends_with("ed") && contains_vowel(without(word, "ed")))
    stem = without(word, "ed");
  else if (word.ends_with("ing") && contains_vowel(without(word, "ing")))
    stem = without(word, "ing");
  else
    return word;
  if (stem.ends_with("at") || stem.ends_with("bl") || stem.ends_with("iz")) return stem + "e";
  if (ends_double_consonant(stem)) {
    if (string_view("lsz").find(stem.back()) == string_view::npos) stem.pop_back();
    return stem;
  }
  if (measure(stem) == 1 && ends_cvc(stem)) stem += 'e';
  return stem;
}

std::string step1c(std::string word) {
  const std::size_t n = word.size();
  if (n > 2 && word.back() == 'y' && is_consonant(string_view(word).substr(0, n - 1), n - 2)) word.back() = 'i';
  return word;
}

std::string step2(const std::string& word) {
  if (word.ends_with("alli") && measure(without(word, "alli")) > 0)
    return step2(std::string(without(word, "alli")) + "al");
  static const Rules kRules = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},
                               {"izer", "ize"},    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"},
                               {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                               {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"},
                               {"ousness", "ous"}, {"aliti", "al"},    {"iviti", "ive"},   {"biliti", "ble"},
                               {"fulli", "ful"}};
  std::string result = apply(word, kRules);
  // The l of "logi" belongs to the stem, so that "geologi" has a positive measure.
  if (result == word && word.ends_with("logi") && measure(without(word, "ogi")) > 0) result.pop_back();
  return result;
}

std::string step3(std::string word) {
  static const Rules kRules = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"},
                               {"ical", "ic"},  {"ful", ""},   {"ness", ""}};
  return apply(std::move(word), kRules);
}

std::string step4(std::string word) {
  static constexpr std::array<string_view, 19> kSuffixes = {"al",  "ance",  "ence", "er",  "ic",  "able", "ible",
                                                            "ant", "ement", "ment", "ent", "ion", "ou",   "ism",
                                                            "ate", "iti",   "ous",  "ive", "ize"};
  for (const string_view suffix : kSuffixes)
    if (word.ends_with(suffix)) {
      const string_view stem = without(word, suffix);
      if (measure(stem) > 1 && (suffix != "ion" || stem.ends_with('s') || stem.ends_with('t')))
        word.resize(stem.size());
      return word;
    }
  return word;
}

std::string step5(std::string word) {
  if (word.ends_with('e')) {
    const string_view stem = without(word, "e");
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_cvc(stem))) word.pop_back();
  }
  if (word.ends_with("ll") && measure(without(word, "l")) > 1) word.pop_back();
  return word;
}

constexpr std::array<std::pair<string_view, string_view>, 16> kIrregular = {{{"sky", "sky"},
                                                                             {"skies", "sky"},
                                                                             {"dying", "die"},
                                                                             {"lying", "lie"},
                                                                             {"tying", "tie"},
                                                                             {"news", "news"},
                                                                             {"innings", "inning"},
                                                                             {"inning", "inning"},
                                                                             {"outings", "outing"},
                                                                             {"outing", "outing"},
                                                                             {"cannings", "canning"},
                                                                             {"canning", "canning"},
                                                                             {"howe", "howe"},
                                                                             {"proceed", "proceed"},
                                                                             {"exceed", "exceed"},
                                                                             {"succeed", "succeed"}}};

}  // namespace

std::string porter_stem(std::string word) {
  for (const auto& [form, stem] : kIrregular)
    if (word == form) return std::string(stem);
  if (word.size() <= 2) return word;
  return step5(step4(step3(step2(step1c(step1b(step1a(std::move(word))))))));
}

}  // namespace radonc::metrics
