#include "radonc/review/review_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "core/html.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/random.hpp"
#include "radonc/core/sha256.hpp"
#include "review/review_checksum.hpp"
#include "review/review_files.hpp"

namespace radonc::review {
namespace {

using Json = nlohmann::ordered_json;

struct Case {
  const tasks::Pair* pair = nullptr;
  std::vector<std::string> answers;  // one a model, the reference first
  std::vector<bool> answered;
};

// A generator for one purpose: no two share their numbers, and a case's do not depend on which other cases there are.
core::Random random_for(std::uint64_t seed, std::string_view purpose, std::string_view name) {
  const std::string digits = core::sha256_hex(fmt::format("{}\n{}\n{}", seed, purpose, name));
  return core::Random(std::stoull(digits.substr(0, 16), nullptr, 16));
}

void require_options(const ReviewOptions& options) {
  if (options.reviewers.empty()) throw Error("review: no reviewers. Name at least one.");
  std::set<std::string> seen;
  for (const std::string& reviewer : options.reviewers) {
    if (reviewer.empty()) throw Error("review: a reviewer without a name. Give every reviewer one.");
    if (!seen.insert(reviewer).second)
      throw Error(
          fmt::format("review: reviewer {} is named twice. Give every reviewer a name of their own.", reviewer));
  }
}

std::map<std::string, Case> cases_of(const std::vector<tasks::Pair>& pairs, const ReviewOptions& options) {
  std::map<std::string, Case> cases;
  for (const tasks::Pair& pair : pairs) {
    if (pair.task != options.task) continue;
    if (pair.patient_id.empty())
      throw Error(
          fmt::format("review: case {} has no patient_id. The intervals need it to keep a patient's cases together.",
                      pair.case_id));
    if (!cases.emplace(pair.case_id, Case{&pair, {pair.answer}, {true}}).second)
      throw Error(fmt::format("review: case {} has two pairs of the task {}. Pass each case once.", pair.case_id,
                              options.task));
  }
  if (cases.empty())
    throw Error(fmt::format("review: no pairs of the task {}. Pass the held-out cases' pairs.", options.task));
  return cases;
}

// Fills in the answers and returns the models.
std::vector<std::string> add_answers(std::map<std::string, Case>& cases,
                                     const std::vector<tasks::Prediction>& predictions, const ReviewOptions& options) {
  std::vector<std::string> models = {kReferenceModel};
  for (const tasks::Prediction& p : predictions) {
    if (p.task != options.task || p.allowed != tasks::Allowed::kAnyText) continue;
    if (p.model.empty() || p.model == kReferenceModel)
      throw Error(fmt::format("review: a model is called \"{}\". Give it a name that is not empty and not \"{}\".",
                              p.model, kReferenceModel));
    if (std::ranges::find(models, p.model) == models.end()) models.push_back(p.model);
  }
  if (models.size() == 1)
    throw Error(fmt::format("review: no predictions of the task {}. Pass at least one model's.", options.task));
  if (models.size() > kReviewLabels.size())
    throw Error(fmt::format("review: {} answers a case, at most {} are possible. Leave models out.", models.size(),
                            kReviewLabels.size()));
  for (auto& [id, item] : cases) {
    item.answers.resize(models.size());
    item.answered.resize(models.size());
  }
  for (const tasks::Prediction& p : predictions) {
    if (p.task != options.task || p.allowed != tasks::Allowed::kAnyText) continue;
    const auto item = cases.find(p.case_id);
    if (item == cases.end())
      throw Error(
          fmt::format("review: {} answered case {}, of which there is no pair. Pass the pairs of the same study.",
                      p.model, p.case_id));
    const auto m = static_cast<std::size_t>(std::ranges::find(models, p.model) - models.begin());
    if (item->second.answered[m])
      throw Error(fmt::format("review: {} answered case {} twice. Pass one answer.", p.model, p.case_id));
    item->second.answered[m] = true;
    item->second.answers[m] = options.canonical_answers && p.parsed ? p.value : p.text;
  }
  // The study's file of pairs holds the training cases, too, which nobody answers.
  std::erase_if(cases, [](const auto& entry) { return std::ranges::count(entry.second.answered, true) == 1; });
  for (const auto& [id, item] : cases)
    for (std::size_t m = 0; m < models.size(); ++m)
      if (!item.answered[m])
        throw Error(
            fmt::format("review: case {} has no answer of {}. Let every model answer every case.", id, models[m]));
  return models;
}

void choose(std::map<std::string, Case>& cases, const ReviewOptions& options) {
  if (options.max_cases == 0 || cases.size() <= options.max_cases) return;
  std::vector<std::string> ids;
  for (const auto& [id, item] : cases) ids.push_back(id);
  random_for(options.seed, "choice", "").shuffle(ids);
  for (std::size_t i = options.max_cases; i < ids.size(); ++i) cases.erase(ids[i]);
}

struct Assignment {
  std::vector<std::size_t> overlap;                 // sorted
  std::vector<std::vector<std::size_t>> reviewers;  // case indices in the order in which they are shown
};

Assignment assign(std::size_t num_cases, const ReviewOptions& options) {
  std::vector<std::size_t> order(num_cases);
  for (std::size_t i = 0; i < num_cases; ++i) order[i] = i;
  random_for(options.seed, "overlap", "").shuffle(order);
  const auto num_overlap = static_cast<std::ptrdiff_t>(std::min(options.num_overlap, num_cases));
  Assignment result{{order.begin(), order.begin() + num_overlap}, {}};
  result.reviewers.assign(options.reviewers.size(), result.overlap);
  for (auto i = static_cast<std::size_t>(num_overlap); i < num_cases; ++i)
    result.reviewers[i % options.reviewers.size()].push_back(order[i]);
  std::ranges::sort(result.overlap);
  for (std::size_t r = 0; r < options.reviewers.size(); ++r) {
    std::ranges::sort(result.reviewers[r]);
    random_for(options.seed, "reviewer", std::to_string(r)).shuffle(result.reviewers[r]);
  }
  return result;
}

// JSON in ASCII that no parser of HTML takes for anything: what a script element could end with is escaped.
std::string for_script_element(const Json& data) {
  std::string out;
  for (const char c : data.dump(-1, ' ', true, Json::error_handler_t::replace)) {
    if (c == '<' || c == '>' || c == '&' || c == '\'')
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

// Puts values for {{names}}; what a value says is not read again.
std::string filled(std::string_view text, const std::map<std::string_view, std::string>& values) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t begin = text.find("{{", at);
    out += text.substr(at, begin - at);
    if (begin == std::string_view::npos) return out;
    const std::size_t end = text.find("}}", begin);
    out += values.at(text.substr(begin + 2, end - begin - 2));
    at = end + 2;
  }
}

std::string page_of(const std::string& title, const std::string& data, const std::string& checksum) {
  std::string script = "\n\"use strict\";\n(() => {\n";
  for (const std::string_view part :
       {review_files::sha256_js, review_files::ratings_js, review_files::view_js, review_files::main_js})
    script += part;
  script += "})();\n";
  const std::string style = "\n" + std::string(review_files::page_css);
  const std::string policy = fmt::format(
      "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
      core::sha256_base64(script), core::sha256_base64(style));
  return filled(review_files::page_html, {{"title", core::escape(title)},
                                          {"policy", policy},
                                          {"checksum", checksum},
                                          {"style", style},
                                          {"script", script},
                                          {"data", data}});
}

/// The task whose references are the longest on average: sentences need a physician's judgement, labels do not.
std::string longest_task(const std::vector<tasks::Pair>& pairs) {
  std::map<std::string, std::pair<double, double>> sums;  // bytes, references
  for (const tasks::Pair& pair : pairs) {
    sums[pair.task].first += static_cast<double>(pair.answer.size());
    ++sums[pair.task].second;
  }
  std::string longest;
  double most = -1;
  for (const auto& [task, sum] : sums)
    if (sum.first / sum.second > most) {
      longest = task;
      most = sum.first / sum.second;
    }
  return longest;
}

}  // namespace

ReviewPage build_review(const std::vector<tasks::Pair>& pairs, const std::vector<tasks::Prediction>& predictions,
                        const ReviewOptions& given) {
  ReviewOptions options = given;
  if (options.task.empty()) options.task = longest_task(pairs);
  require_options(options);
  auto cases = cases_of(pairs, options);
  ReviewPage page;
  page.models = add_answers(cases, predictions, options);
  choose(cases, options);
  page.num_cases = cases.size();

  Json shown = Json::array(), keys = Json::array();
  std::vector<std::string> ids;
  std::map<std::string, std::size_t> patients;  // patient_id → number, in the order of their first cases
  for (const auto& [id, item] : cases) {
    std::vector<std::size_t> order(page.models.size());
    for (std::size_t m = 0; m < order.size(); ++m) order[m] = m;
    random_for(options.seed, "answers", id).shuffle(order);
    Json texts = Json::array(), owners = Json::array();
    for (const std::size_t m : order) {
      texts.push_back(item.answers[m]);
      owners.push_back(page.models[m]);
    }
    shown.push_back(
        {{"case_id", id}, {"details", item.pair->details}, {"question", item.pair->question}, {"answers", texts}});
    const std::size_t patient = patients.emplace(item.pair->patient_id, patients.size()).first->second;
    keys.push_back({{"case_id", id}, {"patient", patient}, {"models", owners}});
    ids.push_back(id);
  }

  const Assignment assignment = assign(cases.size(), options);
  const auto ids_of = [&](const std::vector<std::size_t>& indices) {
    Json list = Json::array();
    for (const std::size_t i : indices) list.push_back(ids[i]);
    return list;
  };
  Json lists = Json::array(), assigned = Json::array();
  for (std::size_t r = 0; r < options.reviewers.size(); ++r) {
    lists.push_back({{"name", options.reviewers[r]}, {"cases", assignment.reviewers[r]}});
    assigned.push_back({{"name", options.reviewers[r]}, {"cases", ids_of(assignment.reviewers[r])}});
    page.cases_of_reviewer.push_back(assignment.reviewers[r].size());
  }

  const std::string data = for_script_element(
      {{"format", "radonc-review-page"}, {"version", kReviewVersion}, {"reviewers", lists}, {"cases", shown}});
  page.checksum = core::sha256_hex(data);
  page.html = page_of(options.title, data, page.checksum);
  // What is no UTF-8 in an identifier becomes U+FFFD here as in the page; dumping and parsing does it.
  const Json key = {{"format", "radonc-review-key"},
                    {"version", kReviewVersion},
                    {"page", page.checksum},
                    {"task", options.task},
                    {"seed", options.seed},
                    {"models", page.models},
                    {"reviewers", assigned},
                    {"overlap", ids_of(assignment.overlap)},
                    {"cases", keys}};
  const Json clean = Json::parse(key.dump(-1, ' ', false, Json::error_handler_t::replace));
  page.key_json = with_checksum(clean).dump(1) + "\n";
  return page;
}

ReviewPage review_page(const std::filesystem::path& path, const std::vector<tasks::Pair>& pairs,
                       const std::vector<tasks::Prediction>& predictions, const ReviewOptions& options) {
  ReviewPage page = build_review(pairs, predictions, options);
  const std::filesystem::path key = path.parent_path() / "review_key.json";
  if (std::filesystem::exists(key)) {
    std::string old;
    try {
      old = checked_content(core::read_file(key), "radonc-review-key", key.string(), "").value("page", std::string());
    } catch (const Error&) {
      // Not a key that could be read; it is not this page's either.
    }
    if (old != page.checksum)
      throw Error(
          fmt::format("{}: there is a key of another page, without which its ratings are lost. Choose another folder, "
                      "or move that key away.",
                      key.string()));
  }
  core::write_file_atomically(key, page.key_json);
  core::write_file_atomically(path, page.html);
  return page;
}

}  // namespace radonc::review
