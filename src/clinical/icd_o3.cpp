#include "radonc/clinical/icd_o3.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "radonc/clinical/icd10.hpp"

namespace radonc::clinical {
namespace {

struct Range {
  int first, last;
};

template <std::size_t n>
bool is_in(int value, const Range (&ranges)[n]) {
  return std::ranges::any_of(ranges, [value](const Range& r) { return r.first <= value && value <= r.last; });
}

constexpr Range kMelanoma[] = {{8720, 8790}};
constexpr Range kHepatocellular[] = {{8170, 8175}};

/// Coded by morphology, or with several answers.
constexpr Range kNever[] = {
    {8013, 8013},  // large-cell neuroendocrine carcinoma
    {8150, 8158},  // islet-cell and other endocrine tumours
    {8240, 8249},  // carcinoids, neuroendocrine carcinomas, Merkel-cell carcinoma
    {8574, 8574},  // adenocarcinoma with neuroendocrine differentiation
    {8936, 8936},  // GIST
    {9050, 9055},  // mesothelioma
    {9140, 9140},  // Kaposi's sarcoma
    {9590, 9999},  // haematological
};
constexpr Range kSmallCell[] = {{8041, 8045}};
constexpr Range kChoriocarcinoma[] = {{9100, 9100}};
constexpr Range kConnective[] = {
    {8800, 8935},  // sarcomas, among them those of the uterus' wall
    {8990, 8991}, {9040, 9044}, {9120, 9137}, {9150, 9180}, {9220, 9261}, {9364, 9365}, {9540, 9581},
};

/// Four digits and the behaviour of a primary malignant tumour, "/3".
std::optional<int> malignant_histology(std::string_view morphology) {
  if (morphology.size() != 6 || morphology.substr(4) != "/3") return std::nullopt;
  int value = 0;
  for (const char c : morphology.substr(0, 4)) {
    if (std::isdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    value = 10 * value + (c - '0');
  }
  if (value < 8000) return std::nullopt;
  return value;
}

bool is_connective_site(const std::string& category, const std::string& code) {
  constexpr std::array kSites = {"C40", "C41", "C47", "C49"};
  return std::ranges::find(kSites, category) != kSites.end() || (category == "C38" && code != "C38.4") ||
         code == "C48.0";
}

}  // namespace

std::optional<std::string> icd10_of_icd_o3(std::string_view topography, std::string_view morphology) {
  const auto histology = malignant_histology(morphology);
  auto code = normalize_icd10(topography);
  if (!histology || !code || code->size() != 5 || code->front() != 'C') return std::nullopt;
  std::string category = icd10_category(*code);

  if (is_in(*histology, kMelanoma)) {
    if (category != "C44") return std::nullopt;
    code = "C43" + code->substr(3);
  } else {
    constexpr std::array kOtherMeaning = {"C42", "C44", "C77", "C80",   // blood, skin, lymph nodes, unknown
                                          "C56", "C64", "C65", "C66"};  // there .9 says that the side is unknown
    if (is_in(*histology, kNever) || std::ranges::find(kOtherMeaning, category) != kOtherMeaning.end() ||
        code == "C76.8")
      return std::nullopt;
    if (is_in(*histology, kSmallCell) && category != "C34") return std::nullopt;
    if (is_in(*histology, kChoriocarcinoma) && category != "C58") return std::nullopt;
    if (is_in(*histology, kConnective) && !is_connective_site(category, *code)) return std::nullopt;
    const bool is_liver = code == "C22.0" && is_in(*histology, kHepatocellular);
    const bool is_bile_duct = code == "C22.1" && *histology == 8160;
    if (category == "C22" && !is_liver && !is_bile_duct) return std::nullopt;
  }
  if (icd10_is_leaf(*code)) return code;
  // A category that is a leaf stands for a site that ICD-O-3 writes with ".9".
  if (code->back() == '9' && icd10_is_leaf(category)) return category;
  return std::nullopt;
}

}  // namespace radonc::clinical
