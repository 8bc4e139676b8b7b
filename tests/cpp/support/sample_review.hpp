// Pairs and predictions for a review page, and reviewers who fill it in without a browser.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "radonc/core/file.hpp"
#include "radonc/core/sha256.hpp"
#include "radonc/review/review_page.hpp"

namespace radonc::test {

using Json = nlohmann::ordered_json;

/// The cases of one patient follow one another.
inline std::vector<tasks::Pair> review_pairs(std::size_t n, std::size_t cases_per_patient = 1) {
  std::vector<tasks::Pair> pairs;
  for (std::size_t i = 0; i < n; ++i) {
    pairs.push_back({.case_id = fmt::format("case-{:04}", i),
                     .patient_id = fmt::format("secret-patient-{:04}", i / cases_per_patient),
                     .task = "regimen",
                     .system = "You plan.",
                     .details = fmt::format("Site: Larynx\nAge: {}", 40 + i % 40),
                     .question = "Which regimen?",
                     .answer = fmt::format("Larynx; external beam; 200 cGy x {0} fractions; total {1} cGy", 20 + i % 15,
                                           200 * (20 + i % 15))});
    pairs.push_back(pairs.back());
    pairs.back().task = "modality";
    pairs.back().answer = "external beam";
  }
  return pairs;
}

inline std::vector<tasks::Prediction> review_predictions(std::size_t n, const std::vector<std::string>& models) {
  std::vector<tasks::Prediction> predictions;
  for (const std::string& model : models)
    for (std::size_t i = 0; i < n; ++i) {
      const std::string value = fmt::format("Answer {} of {}", predictions.size(), i);
      const auto add = [&](const char* task, const std::string& text, const std::string& answer) {
        predictions.push_back({.case_id = fmt::format("case-{:04}", i),
                               .task = task,
                               .model = model,
                               .text = text,
                               .parsed = true,
                               .value = answer});
      };
      add("regimen", "As generated: " + value, value);
      add("modality", "external beam", "external beam");
    }
  return predictions;
}

/// The JSON inside the page's data element.
inline Json review_data(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t at = html.find(begin) + begin.size();
  return Json::parse(html.substr(at, html.find("</script>", at) - at));
}

/// Puts the checksum on, as the page does.
inline Json signed_export(Json content) {
  content.erase("checksum");
  content["checksum"] = core::sha256_hex(content.dump());
  return content;
}

/// What a reviewer enters on one answer.
struct Entered {
  Json verdict = nullptr;
  Json quality = nullptr;
  bool harm = false;
};

/// One reviewer's export; `enter` is told the case and whose the answer is, as no reviewer is.
inline Json review_export(const review::ReviewPage& page, const std::string& reviewer,
                          const std::function<Entered(const std::string&, const std::string&)>& enter) {
  const Json key = Json::parse(page.key_json);
  Json content = {
      {"format", "radonc-review"}, {"version", 1},      {"page", page.checksum}, {"reviewer", reviewer},
      {"exported_at", ""},         {"num_assigned", 0}, {"num_complete", 0},     {"ratings", Json::array()}};
  for (const Json& entry : key["reviewers"]) {
    if (entry["name"] != reviewer) continue;
    for (const Json& id : entry["cases"])
      for (const Json& item : key["cases"]) {
        if (item["case_id"] != id) continue;
        Json rating = {{"case_id", id}, {"reference_wrong", false}, {"note", ""}, {"answers", Json::array()}};
        for (std::size_t i = 0; i < item["models"].size(); ++i) {
          const Entered entered = enter(id, item["models"][i]);
          rating["answers"].push_back({{"label", std::string(1, static_cast<char>('A' + i))},
                                       {"verdict", entered.verdict},
                                       {"quality", entered.quality},
                                       {"harm", entered.harm},
                                       {"note", ""}});
        }
        content["ratings"].push_back(rating);
      }
  }
  return signed_export(content);
}

inline std::filesystem::path written(const std::filesystem::path& path, const Json& json) {
  core::write_file_atomically(path, json.dump(1));
  return path;
}

}  // namespace radonc::test
