#include "clinical/regimen_words.hpp"

#include <algorithm>
#include <iterator>

namespace radonc::clinical {
namespace {

using std::string_view;

template <std::size_t N>
bool among(const RegimenToken& token, const string_view (&words)[N]) {
  return !token.is_number() && std::find(std::begin(words), std::end(words), token.text) != std::end(words);
}

// Modalities, then techniques, in the order of the canonical name.
enum Bit : unsigned {
  kExternal = 1,
  kPhoton = 2,
  kElectron = 4,
  kProton = 8,
  kConformal = 16,
  kImrt = 32,
  kVmat = 64,
  kSbrt = 128,
  kSrs = 256,
  kHdr = 512,
  kLdr = 1024,
  kPdr = 2048,
  kBrachy = 4096,
};

struct Name {
  string_view words[3];
  unsigned bits;
};
// Longer names before their beginnings. "external" alone is an adjective of many things.
constexpr Name kNames[] = {
    {{"external", "beam", ""}, kExternal},
    {{"external", "radiotherapy", ""}, kExternal},
    {{"external", "radiation", ""}, kExternal},
    {{"ebrt"}, kExternal},
    {{"photon"}, kPhoton},
    {{"photons"}, kPhoton},
    {{"x", "ray", ""}, kPhoton},
    {{"x", "rays", ""}, kPhoton},
    {{"electron"}, kElectron},
    {{"electrons"}, kElectron},
    {{"proton"}, kProton},
    {{"protons"}, kProton},
    {{"3d", "conformal", ""}, kConformal},
    {{"3d", "crt", ""}, kConformal},
    {{"imrt"}, kImrt},
    {{"vmat"}, kVmat},
    {{"sbrt"}, kSbrt},
    {{"sabr"}, kSbrt},
    {{"srs"}, kSrs},
    {{"hdr"}, kHdr},
    {{"ldr"}, kLdr},
    {{"pdr"}, kPdr},
    {{"brachytherapy"}, kBrachy},
    {{"brachy"}, kBrachy},
    {{"intensity", "modulated", ""}, kImrt},
    {{"stereotactic", "body", ""}, kSbrt},
    {{"stereotactic", "radiosurgery", ""}, kSrs},
    {{"high", "dose", "rate"}, kHdr},
    {{"low", "dose", "rate"}, kLdr},
};

// A phrase needs one of the first, and may hold the second.
constexpr string_view kPlaces[] = {
    "abdomen",     "abdominal", "adrenal",     "anal",         "anus",        "areola",          "axilla",
    "axillary",    "back",      "bladder",     "bone",         "brain",       "brainstem",       "breast",
    "breasts",     "bronchus",  "calf",        "cavity",       "central",     "cervical",        "cervix",
    "chest",       "clavicle",  "colon",       "craniospinal", "duodenum",    "endometrial",     "endometrium",
    "esophagus",   "extremity", "eye",         "femur",        "flank",       "gallbladder",     "glottis",
    "groin",       "head",      "hemipelvis",  "hip",          "humerus",     "hypopharynx",     "ileum",
    "iliac",       "kidney",    "knee",        "larynx",       "leg",         "liver",           "lobe",
    "lung",        "lungs",     "mandible",    "mastectomy",   "mediastinal", "mediastinum",     "mouth",
    "nasopharynx", "neck",      "node",        "nodes",        "oral",        "orbit",           "oropharynx",
    "ovary",       "pancreas",  "parametrium", "parotid",      "pelvic",      "pelvis",          "penis",
    "pharynx",     "pleura",    "prostate",    "prostatic",    "rectum",      "retroperitoneum", "rib",
    "sacrum",      "scalp",     "scar",        "seminal",      "shoulder",    "sinus",           "skin",
    "skull",       "spine",     "spleen",      "sternum",      "stomach",     "supraclavicular", "testes",
    "testis",      "thigh",     "thorax",      "thymus",       "thyroid",     "tibia",           "tongue",
    "tonsil",      "trachea",   "trunk",       "tumor",        "tumour",      "lumpectomy",      "ureter",
    "urethra",     "uterus",    "vagina",      "vaginal",      "vertebra",    "vulva",           "site",
    "recurrence",  "field",     "fossa",       "cord",
};
constexpr string_view kQualifiers[] = {
    "whole",    "left",        "right",    "bilateral", "partial",    "entire",   "upper",   "lower",
    "anterior", "posterior",   "medial",   "lateral",   "primary",    "regional", "distant", "local",
    "bed",      "wall",        "cuff",     "base",      "lymph",      "vesicles", "nervous", "system",
    "and",      "superficial", "deep",     "stump",     "metastasis", "space",    "lumbar",  "thoracic",
    "sacral",   "spinal",      "proximal", "distal",    "inguinal",
};

}  // namespace

std::optional<double> dose_unit(const RegimenToken& token) {
  if (among(token, {"cgy", "centigray", "centigrays", "rad", "rads"})) return 1;
  if (among(token, {"gy", "gray", "grays", "gye", "cge", "gyrbe"})) return 100;
  return std::nullopt;
}

bool is_fraction_word(const RegimenToken& token) {
  return among(token, {"fractions", "fraction", "fx", "fxs", "fr", "frs", "fract", "#", "treatments", "sessions"});
}

bool is_fraction_adjective(const RegimenToken& token) {
  return among(token, {"daily", "equal", "bid", "tid", "twice", "once", "consecutive", "treatment"});
}

bool is_other_unit(const RegimenToken& token) {
  return among(token,
               {"week",   "weeks", "wk",  "wks",  "day",        "days", "month",   "months", "hour", "hours", "hrs",
                "year",   "years", "yo",  "mv",   "mev",        "kv",   "kvp",     "cm",     "mm",   "%",     "field",
                "fields", "beams", "arc", "arcs", "isocenters", "min",  "minutes", "mg",     "h",    "hr"});
}

NumberWords number_words(const std::vector<RegimenToken>& tokens, std::size_t at) {
  static constexpr string_view kOnes[] = {
      "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",    "ten",
      "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  static constexpr string_view kTens[] = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
  const auto place = [&](const auto& words, std::size_t i) {  // 1 for the first of them, 0 for none
    if (i >= tokens.size() || tokens[i].is_number()) return 0;
    const auto found = std::find(std::begin(words), std::end(words), tokens[i].text);
    return found == std::end(words) ? 0 : static_cast<int>(found - std::begin(words)) + 1;
  };
  if (at < tokens.size() && tokens[at].is("single")) return {1, 1};
  if (const int ones = place(kOnes, at); ones > 0) return {ones, 1};
  const int tens = place(kTens, at);
  if (tens == 0) return {};
  const int ones = place(kOnes, at + 1);
  return ones > 0 && ones < 10 ? NumberWords{(tens + 1) * 10 + ones, 2} : NumberWords{(tens + 1) * 10, 1};
}

std::optional<string_view> is_hazard(const RegimenToken& token) {
  if (among(token, {"or", "vs", "versus", "either", "?"})) return "names alternatives";
  if (among(token, {"about", "approximately", "approx", "roughly", "circa", "between", "up", "minimum", "maximum",
                    "least", "most", "max", "min", "~", "<", ">"}))
    return "not an exact dose";
  if (among(token, {"not", "no", "without", "declined", "refused", "never", "instead", "except", "missed", "previous",
                    "previously"}))
    return "says what was not given";
  if (among(token, {"mci", "curie", "curies", "gbq", "mbq"})) return "an activity, no absorbed dose";
  return std::nullopt;
}

bool is_filler(const RegimenToken& token) {
  return among(token,
               {"dose",  "doses",        "of",          "a",          "an",         "the",          "in",
                "is",    "was",          "were",        "with",       "by",         "per",          "given",
                "over",  "for",          "using",       "to",         "at",         "each",         "all",
                "week",  "weeks",        "weekly",      "day",        "days",       "delivered",    "course",
                "level", "levels",       "treatment",   "treated",    "therapy",    "radiation",    "radiotherapy",
                "rt",    "radiosurgery", "irradiation", "regimen",    "prescribed", "prescription", "received",
                "rbe",   "technique",    "phase",       "sequential", "additional", "number",       "on",
                "from",  "image",        "guided",      "igrt",       "beam",       "that",         "every",
                "other", "it",           "followed",    "cone",       "down",       "overall",      "rx"});
}

NamedModality named_modality(const std::vector<RegimenToken>& tokens, std::size_t at) {
  for (const Name& name : kNames) {
    std::size_t length = 0;
    while (length < 3 && !name.words[length].empty() && at + length < tokens.size() &&
           tokens[at + length].kind == RegimenToken::Kind::kWord && tokens[at + length].text == name.words[length])
      ++length;
    if (length == 3 || (length > 0 && name.words[length].empty())) return {name.bits, length};
  }
  return {};
}

std::optional<std::string> modality_of(unsigned bits) {
  constexpr unsigned kParticles = kPhoton | kElectron | kProton, kRates = kHdr | kLdr | kPdr;
  constexpr unsigned kOutside = kExternal | kParticles | kConformal | kImrt | kVmat | kSbrt | kSrs;
  const auto several = [](unsigned some) { return (some & (some - 1)) != 0; };
  if (several(bits & kParticles) || several(bits & kRates) || several(bits & (kSbrt | kSrs))) return std::nullopt;
  if ((bits & kOutside) != 0 && (bits & (kRates | kBrachy)) != 0) return std::nullopt;
  if ((bits & kConformal) != 0 && (bits & (kImrt | kVmat)) != 0) return std::nullopt;
  if ((bits & kVmat) != 0) bits &= ~static_cast<unsigned>(kImrt);  // VMAT is IMRT in arcs
  if ((bits & kRates) != 0) bits |= kBrachy;
  if ((bits & kOutside) != kExternal) bits &= ~static_cast<unsigned>(kExternal);  // what is more exact stands for it
  static constexpr std::pair<Bit, string_view> kWords[] = {{kExternal, "external beam"},
                                                           {kPhoton, "photon"},
                                                           {kElectron, "electron"},
                                                           {kProton, "proton"},
                                                           {kConformal, "3d-crt"},
                                                           {kImrt, "imrt"},
                                                           {kVmat, "vmat"},
                                                           {kSbrt, "sbrt"},
                                                           {kSrs, "srs"},
                                                           {kHdr, "hdr"},
                                                           {kLdr, "ldr"},
                                                           {kPdr, "pdr"},
                                                           {kBrachy, "brachytherapy"}};
  std::string name;
  for (const auto& [bit, word] : kWords)
    if ((bits & bit) != 0) name.append(name.empty() ? "" : " ").append(word);
  return name;
}

SitePhrase site_phrase(const std::vector<RegimenToken>& tokens, std::size_t at) {
  const std::size_t begin = at;
  if (at < tokens.size() && tokens[at].is("the")) ++at;
  std::string text;
  bool place = false;
  for (; at < tokens.size() && text.size() < 120; ++at) {
    const bool is_place = among(tokens[at], kPlaces);
    const bool comma = tokens[at].is(",") && !text.empty() && at + 1 < tokens.size() && !tokens[at + 1].is("and") &&
                       (among(tokens[at + 1], kPlaces) || among(tokens[at + 1], kQualifiers));
    if (!is_place && !comma && !among(tokens[at], kQualifiers)) break;
    place |= is_place;
    text.append(comma || text.empty() ? "" : " ").append(tokens[at].text);
  }
  if (text.ends_with(" and")) {  // "the breast and then"
    text.resize(text.size() - 4);
    --at;
  }
  const bool goes_on = at < tokens.size() && tokens[at].kind == RegimenToken::Kind::kWord && !is_filler(tokens[at]) &&
                       !tokens[at].is("and") && !tokens[at].is("then") && !tokens[at].is("boost") &&
                       !tokens[at].is("plus") && !tokens[at].is("sib") && !tokens[at].is("total") &&
                       named_modality(tokens, at).num_tokens == 0;
  const bool alternatives = at < tokens.size() && tokens[at].is("/");
  if (!place || goes_on || alternatives || text.starts_with("and ")) return {};
  return {text, at - begin};
}

}  // namespace radonc::clinical
