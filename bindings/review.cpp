#include "radonc/report/review.hpp"
#include "common.hpp"
#include "radonc/report/read_reviews.hpp"
#include "radonc/tasks/pair_io.hpp"

namespace radonc::bindings {

void bind_review(py::module_& module) {
  using namespace report;
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
        std::vector<tasks::Prediction> free;
        for (auto& prediction : tasks::read_predictions(study / "predictions.jsonl"))
          if (prediction.task == chosen.task) free.push_back(std::move(prediction));
        return review_page(path, tasks::read_pairs(study / "pairs.jsonl"), free, chosen);
      },
      py::arg("path"), py::arg("study"), py::arg("options") = ReviewOptions{}, ReleaseGil(),
      "The page of a finished study's folder, and review_key.json beside it.");

  py::class_<ReviewResult>(m, "ReviewResult", "What the reviewers said, unblinded; prints as a table.")
      .def_readonly("num_cases", &ReviewResult::num_cases)
      .def_readonly("reference_wrong", &ReviewResult::reference_wrong)
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
