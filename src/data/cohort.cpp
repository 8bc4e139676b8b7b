#include "radonc/data/cohort.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "radonc/core/error.hpp"
#include "radonc/data/details.hpp"

namespace radonc::data {

std::string CohortFlow::to_text() const {
  std::size_t width = 0;
  for (const FlowStep& step : steps) width = std::max(width, step.rule.size());
  std::string text = fmt::format("{:<{}}  {:>8}  {:>8}\n", "Rule", width, "dropped", "left");
  text += fmt::format("{:<{}}  {:>8}  {:>8}\n", "records", width, "", records);
  for (const FlowStep& step : steps)
    text += fmt::format("{:<{}}  {:>8}  {:>8}\n", step.rule, width, step.dropped, step.left);
  return text;
}

Cohort select_cohort(const std::vector<CaseRecord>& cases) {
  Cohort cohort{.cases = cases, .flow = {.records = cases.size()}};
  std::unordered_map<std::string, int> records_of;
  for (const CaseRecord& record : cases) ++records_of[record.patient_id];
  const auto keep = [&](const std::string& rule, const std::function<bool(CaseRecord&)>& holds) {
    const std::size_t before = cohort.cases.size();
    std::erase_if(cohort.cases, [&](CaseRecord& record) { return !holds(record); });
    cohort.flow.steps.push_back({rule, before - cohort.cases.size(), cohort.cases.size()});
  };
  keep("one diagnostic record for the patient", [&](const CaseRecord& r) { return records_of[r.patient_id] == 1; });
  keep("at least one radiation course", [](const CaseRecord& r) { return !r.courses.empty(); });
  keep("exactly one course, duplicates removed", [](CaseRecord& r) {
    std::vector<Course> distinct;
    for (const Course& course : r.courses)
      if (std::find(distinct.begin(), distinct.end(), course) == distinct.end()) distinct.push_back(course);
    r.courses = std::move(distinct);
    return r.courses.size() == 1;
  });
  keep("course not still going on", [](const CaseRecord& r) { return r.courses[0].ongoing != "yes"; });
  keep("site or histology known", [](const CaseRecord& r) { return !r.primary_site.empty() || !r.histology.empty(); });
  keep("details do not state an answer",
       [](const CaseRecord& r) { return stated_answers(diagnostic_details(r)).empty(); });
  if (cohort.cases.empty()) {
    throw Error("The cohort is empty: no record fulfils all rules. Check the file and the names of its fields.\n" +
                cohort.flow.to_text());
  }
  return cohort;
}

}  // namespace radonc::data
