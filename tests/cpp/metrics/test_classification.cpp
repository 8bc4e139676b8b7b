#include "radonc/metrics/classification.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using Strings = std::vector<std::string>;

namespace {

void check_average(const metrics::AverageMetrics& average, const nlohmann::json& expected) {
  CHECK(test::close(average.precision, expected[0]));
  CHECK(test::close(average.recall, expected[1]));
  CHECK(test::close(average.f1, expected[2]));
}

}  // namespace

TEST_CASE("the report equals scikit-learn's") {
  const auto data = test::golden("metrics/classification.json");
  REQUIRE(data["cases"].size() >= 200);
  std::size_t num_given = 0, num_unparsed = 0;
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    CAPTURE(i);
    const auto& entry = data["cases"][i];
    const metrics::ClassificationOptions options{entry["labels"].get<Strings>(), entry["zero_division"].get<double>()};
    const auto reference = entry["true"].get<Strings>();
    const auto prediction = entry["pred"].get<Strings>();
    const auto report = metrics::classification_report(reference, prediction, options);
    num_given += !options.labels.empty();
    num_unparsed += report.num_unparsed;
    const auto& scores = entry["scores"];
    REQUIRE(report.classes.size() == entry["support"].size());
    for (std::size_t c = 0; c < report.classes.size(); ++c) {
      CHECK(test::close(report.classes[c].precision, scores["classes"][0][c]));
      CHECK(test::close(report.classes[c].recall, scores["classes"][1][c]));
      CHECK(test::close(report.classes[c].f1, scores["classes"][2][c]));
      CHECK(report.classes[c].support == entry["support"][c].get<std::size_t>());
    }
    check_average(report.micro, scores["micro"]);
    check_average(report.macro, scores["macro"]);
    check_average(report.weighted, scores["weighted"]);
    CHECK(test::close(report.accuracy, entry["accuracy"]));

    const auto matrix = metrics::confusion_matrix(reference, prediction, options);
    std::size_t total = 0;
    for (const auto& row : matrix.counts)
      for (const std::size_t count : row) total += count;
    CHECK(total == report.n);
    if (!entry["confusion"].is_null())
      for (std::size_t r = 0; r < matrix.rows.size(); ++r)
        for (std::size_t c = 0; c < matrix.rows.size(); ++c)
          CHECK(matrix.counts[r][c] == entry["confusion"][r][c].get<std::size_t>());
  }
  CHECK(num_given > 50);
  CHECK(num_unparsed > 100);
}

TEST_CASE("an unparsed answer is an error, is counted, and is no class") {
  const Strings reference = {"b", "a", "a", "b"}, prediction = {"b", "", "a", "c"};
  const auto report = metrics::classification_report(reference, prediction);
  CHECK(report.labels() == Strings{"a", "b"});
  CHECK(report.accuracy == 0.5);
  CHECK(report.num_unparsed == 1);
  CHECK(report.macro.recall == 0.5);
  CHECK(report.macro.precision == 1);
  const auto matrix = metrics::confusion_matrix(reference, prediction);
  CHECK(matrix.rows == Strings{"a", "b"});
  CHECK(matrix.columns == Strings{"a", "b", metrics::kOther, metrics::kUnparsed});
  CHECK(matrix.counts == std::vector<std::vector<std::size_t>>{{1, 0, 0, 1}, {0, 1, 1, 0}});
}

TEST_CASE("references outside a given label set get a row of their own") {
  const auto matrix = metrics::confusion_matrix({"a", "z"}, {"a", "a"}, {{"a"}, 0});
  CHECK(matrix.rows == Strings{"a", metrics::kOther});
  CHECK(matrix.counts == std::vector<std::vector<std::size_t>>{{1, 0, 0}, {1, 0, 0}});
}

TEST_CASE("kappa, Matthews correlation and balanced accuracy equal scikit-learn's, with unparsed answers as a class") {
  const auto data = test::golden("metrics/agreement.json");
  REQUIRE(data["cases"].size() >= 300);
  std::size_t num_undefined = 0;
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    CAPTURE(i);
    const auto& entry = data["cases"][i];
    const auto reference = entry[0].get<Strings>();
    const auto prediction = entry[1].get<Strings>();
    const auto& scores = entry[2];
    const double kappa = metrics::unweighted_kappa(reference, prediction);
    CHECK(test::close(metrics::balanced_accuracy(reference, prediction), scores[0]));
    CHECK(test::close(metrics::matthews_correlation(reference, prediction), scores[2]));
    CHECK(std::isnan(kappa) == scores[1].is_null());
    if (scores[1].is_null())
      ++num_undefined;
    else
      CHECK(test::close(kappa, scores[1]));
    // The label set of a report does not change them.
    const auto report = metrics::classification_report(reference, prediction, {{"C61", "x"}, 0});
    CHECK(test::close(report.balanced_accuracy, scores[0]));
    CHECK(test::close(report.matthews, scores[2]));
    CHECK(std::isnan(report.kappa) == std::isnan(kappa));
  }
  CHECK(num_undefined > 5);
  REQUIRE(data["top_k"].size() >= 60);
  for (const auto& entry : data["top_k"])
    for (std::size_t k = 0; k < entry[2].size(); ++k)
      CHECK(test::close(metrics::top_k_accuracy(entry[0].get<Strings>(), entry[1].get<std::vector<Strings>>(),
                                                static_cast<int>(k + 1)),
                        entry[2][k]));
}

TEST_CASE("top-k accuracy of short and empty lists") {
  const std::vector<Strings> ranked = {{"a", "b"}, {}, {"c"}};
  CHECK(metrics::top_k_accuracy({"b", "b", "c"}, ranked, 1) == doctest::Approx(1.0 / 3));
  CHECK(metrics::top_k_accuracy({"b", "b", "c"}, ranked, 5) == doctest::Approx(2.0 / 3));
}

TEST_CASE("reports and confusion matrices print themselves") {
  const Strings reference = {"é", "b", "b", "é"}, prediction = {"é", "b", "", "c"};
  CHECK(metrics::classification_report(reference, prediction).to_text() ==
        "                      precision  recall      f1  support\n"
        "b                        1.0000  0.5000  0.6667        2\n"
        "é                        1.0000  0.5000  0.6667        2\n"
        "\n"
        "micro average            1.0000  0.5000  0.6667        4\n"
        "macro average            1.0000  0.5000  0.6667        4\n"
        "weighted average         1.0000  0.5000  0.6667        4\n"
        "\n"
        "accuracy                 0.5000\n"
        "balanced accuracy        0.5000\n"
        "Cohen's kappa            0.3333\n"
        "Matthews correlation     0.4082\n"
        "answers                       4\n"
        "unparsed answers              1\n");
  CHECK(metrics::confusion_matrix(reference, prediction).to_text() ==
        "reference \\ prediction  b  é  (other)  (unparsed)\n"
        "b                       1  0        0           1\n"
        "é                       0  1        1           0\n");
}

TEST_CASE("the majority class; ties go to the smallest label") {
  CHECK(metrics::majority_class({"b", "a", "b"}) == "b");
  CHECK(metrics::majority_class({"c", "b", "c", "b", "a"}) == "b");
  CHECK_THROWS_WITH_AS(metrics::majority_class({}), doctest::Contains("training set"), Error);
}

TEST_CASE("faulty input is named") {
  CHECK_THROWS_WITH_AS(metrics::classification_report({}, {}), doctest::Contains("no cases"), Error);
  CHECK_THROWS_WITH_AS(metrics::classification_report({"a"}, {"a", "b"}), doctest::Contains("1 references but 2"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::classification_report({"a", ""}, {"a", "b"}), doctest::Contains("index 1 is empty"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::confusion_matrix({"a"}, {"a"}, {{"a", "a"}, 0}), doctest::Contains("twice"), Error);
  CHECK_THROWS_WITH_AS(metrics::confusion_matrix({"a"}, {"a"}, {{""}, 0}), doctest::Contains("unparsed"), Error);
  CHECK_THROWS_WITH_AS(metrics::unweighted_kappa({"a"}, {}), doctest::Contains("unweighted_kappa: 1 references but 0"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::matthews_correlation({}, {}), doctest::Contains("no cases"), Error);
  CHECK_THROWS_WITH_AS(metrics::balanced_accuracy({""}, {"a"}), doctest::Contains("index 0 is empty"), Error);
  const std::vector<Strings> ranked(1);
  CHECK_THROWS_WITH_AS(metrics::top_k_accuracy({"a"}, ranked, 0), doctest::Contains("at least 1, got 0"), Error);
  CHECK_THROWS_WITH_AS(metrics::top_k_accuracy({"a", "b"}, ranked, 1), doctest::Contains("2 references but 1"), Error);
  CHECK_THROWS_WITH_AS(metrics::classification_report({"a"}, {"a"}, {{}, 0.5}), doctest::Contains("0 or 1, got 0.5"),
                       Error);
}
