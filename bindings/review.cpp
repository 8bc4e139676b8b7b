#include "common.hpp"
#include "radonc/review/read_reviews.hpp"
#include "radonc/review/review_page.hpp"
#include "radonc/tasks/pair_io.hpp"

namespace radonc::bindings {

void bind_review(py::module_& module) {
  using namespace review;
  auto m = module.def_submodule("review");

  py::class_<ReviewOptions> options(m, "ReviewOptions", "Settings of a review; see include/radonc/report/review.hpp.");
  options.def_readwrite("title", &ReviewOptions::title)
      .def_readwrite("task", &ReviewOptions::task)
      .def_readwrite("reviewers", &ReviewOptions::reviewers)
      .def_readwrite("max_cases", &ReviewOptions::max_cases)
      .def_readwrite("num_overlap", &ReviewOptions::num_overlap)
      .def_readwrite("seed", &ReviewOptions::seed)
      .def_readwrite("canonical_answers", &ReviewOptions::canonical_answers);
  init_by_keywords<ReviewOptions>(options);
  py::class_<ReviewPage>(m, "ReviewPage")
      .def_readonly("checksum", &ReviewPage::checksum)
      .def_readonly("num_cases", &ReviewPage::num_cases)
      .def_readonly("models", &ReviewPage::models)
      .def_readonly("cases_of_reviewer", &ReviewPage::cases_of_reviewer);
  m.def(
      "write_page",
      [](const std::filesystem::path& path, const std::filesystem::path& study, const ReviewOptions& chosen) {
        return review_page(path, tasks::read_pairs(study / "pairs.jsonl"),
                           tasks::read_predictions(study / "predictions.jsonl"), chosen);
      },
      py::arg("path"), py::arg("study"), py::arg("options") = ReviewOptions{}, ReleaseGil(),
      "The page of a finished study's folder, and review_key.json beside it.");

  py::class_<ReviewerProgress>(m, "ReviewerProgress")
      .def_readonly("reviewer", &ReviewerProgress::reviewer)
      .def_readonly("assigned", &ReviewerProgress::assigned)
      .def_readonly("complete", &ReviewerProgress::complete, "cases whose answers all have verdict and quality");
  py::class_<ModelReview>(m, "ModelReview", "One model; a case counts once however many reviewers judged it.")
      .def_readonly("model", &ModelReview::model)
      .def_readonly("num_cases", &ModelReview::num_cases)
      .def_readonly("acceptable", &ModelReview::acceptable)
      .def_readonly("usable", &ModelReview::usable, "acceptable, or acceptable with changes")
      .def_readonly("quality", &ModelReview::quality, "n = 0 without any")
      .def_readonly("num_harm", &ModelReview::num_harm, "cases in which a reviewer saw possible harm")
      .def_readonly("verdicts", &ModelReview::verdicts, "single ones: unacceptable, with changes, acceptable")
      .def_readonly("acceptable_where_reference_holds", &ModelReview::acceptable_where_reference_holds);
  py::class_<ModelComparison>(m, "ModelComparison", "Two models on the cases that both have a rating for; two-sided.")
      .def_readonly("first", &ModelComparison::first)
      .def_readonly("second", &ModelComparison::second)
      .def_readonly("acceptable", &ModelComparison::acceptable)
      .def_readonly("usable", &ModelComparison::usable)
      .def_readonly("quality", &ModelComparison::quality, "None without common cases")
      .def_readonly("p_acceptable", &ModelComparison::p_acceptable, "after Holm's correction")
      .def_readonly("p_usable", &ModelComparison::p_usable)
      .def_readonly("p_quality", &ModelComparison::p_quality);
  py::class_<ReviewerAgreement>(m, "ReviewerAgreement",
                                "How far the reviewers agree on the answers that all of them see.")
      .def_property_readonly("rating", [](const ReviewerAgreement& self) { return to_string(self.kind); })
      .def_readonly("coefficient", &ReviewerAgreement::coefficient)
      .def_readonly("estimate", &ReviewerAgreement::estimate)
      .def_readonly("num_missing", &ReviewerAgreement::num_missing);
  py::class_<ReviewResult>(m, "ReviewResult", "What the reviewers said, unblinded; prints as a table.")
      .def_readonly("page", &ReviewResult::page)
      .def_readonly("task", &ReviewResult::task)
      .def_readonly("confidence", &ReviewResult::confidence)
      .def_readonly("reviewers", &ReviewResult::reviewers)
      .def_readonly("num_cases", &ReviewResult::num_cases)
      .def_readonly("num_patients", &ReviewResult::num_patients)
      .def_readonly("reference_wrong", &ReviewResult::reference_wrong)
      .def_readonly("models", &ReviewResult::models)
      .def_readonly("comparisons", &ReviewResult::comparisons, "every pair of models")
      .def_readonly("num_overlap_answers", &ReviewResult::num_overlap_answers)
      .def_readonly("num_equal_verdicts", &ReviewResult::num_equal_verdicts)
      .def_readonly("agreement", &ReviewResult::agreement)
      .def("to_json", [](const ReviewResult& self) { return to_json(self); })
      .def("__str__", &review_table);
  m.def(
      "read",
      [](const std::vector<std::filesystem::path>& exports, const std::filesystem::path& key, double confidence) {
        return summarize_reviews(read_reviews(exports, key), confidence);
      },
      py::arg("exports"), py::arg("key"), py::arg("confidence") = 0.95, ReleaseGil(),
      "Merges the reviewers' exports of one page and unblinds them.");
}

}  // namespace radonc::bindings
