#include "radonc/metrics/hierarchical.hpp"

#include <doctest/doctest.h>

#include <map>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using Strings = std::vector<std::string>;

namespace {

// "a.b.c" lies below "a.b" and "a".
Strings by_points(const std::string& label) {
  Strings result;
  for (std::size_t at = label.find('.'); at != std::string::npos; at = label.find('.', at + 1))
    result.push_back(label.substr(0, at));
  return result;
}

}  // namespace

TEST_CASE("hierarchical metrics equal scikit-learn's micro averages over the sets with ancestors") {
  const auto data = test::golden("metrics/hierarchical.json");
  REQUIRE(data["cases"].size() >= 100);
  std::size_t num_single = 0;
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    CAPTURE(i);
    const auto& entry = data["cases"][i];
    const auto known = entry[0].get<std::map<std::string, Strings>>();
    const auto ancestors = [&](const std::string& label) { return known.at(label); };
    const auto references = entry[1].get<std::vector<Strings>>();
    const auto predictions = entry[2].get<std::vector<Strings>>();
    const auto check = [&](const metrics::HierarchicalMetrics& metrics) {
      CHECK(test::close(metrics.precision, entry[3][0]));
      CHECK(test::close(metrics.recall, entry[3][1]));
      CHECK(test::close(metrics.f1, entry[3][2]));
      CHECK(metrics.n == references.size());
    };
    check(metrics::hierarchical_metrics_of_sets(references, predictions, ancestors));
    Strings reference, prediction;
    for (const Strings& labels : references)
      if (labels.size() == 1) reference.push_back(labels[0]);
    for (const Strings& labels : predictions)
      if (labels.size() == 1) prediction.push_back(labels[0]);
    if (reference.size() == references.size() && prediction.size() == predictions.size()) {
      ++num_single;
      check(metrics::hierarchical_metrics(reference, prediction, ancestors));
    }
  }
  CHECK(num_single > 30);
}

TEST_CASE("a near miss is partly right, and an unparsed answer is not") {
  // {a, a.b, a.b.c} against {a, a.d}; {x} against nothing.
  const auto metrics = metrics::hierarchical_metrics({"a.b.c", "x"}, {"a.d", ""}, by_points);
  CHECK(metrics.precision == 0.5);
  CHECK(metrics.recall == 0.25);
  CHECK(metrics.f1 == doctest::Approx(1.0 / 3));
  CHECK(metrics.num_unparsed == 1);
  CHECK(metrics.to_text() ==
        "hierarchical precision  0.5000\n"
        "hierarchical recall     0.2500\n"
        "hierarchical F1         0.3333\n"
        "answers                      2\n"
        "unparsed answers             1\n");
  CHECK(metrics::hierarchical_metrics({"a"}, {""}, by_points).precision == 0);
  // A label among its own ancestors, and an ancestor that is predicted too, count once.
  const auto with_itself = [](const std::string& label) { return Strings{label, "root"}; };
  CHECK(metrics::hierarchical_metrics_of_sets({{"a", "a"}}, {{"a", "root", "b"}}, with_itself).precision ==
        doctest::Approx(2.0 / 3));
}

TEST_CASE("faulty input is named") {
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics({}, {}, by_points), doctest::Contains("no cases"), Error);
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics({"a"}, {}, by_points), doctest::Contains("1 references but 0"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics({""}, {"a"}, by_points), doctest::Contains("index 0 is empty"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics({"a"}, {"a"}, nullptr), doctest::Contains("no function"), Error);
  const std::vector<Strings> none, one = {{"a"}}, empty(1);
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics_of_sets(none, none, by_points), doctest::Contains("no cases"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics_of_sets(one, none, by_points), doctest::Contains("1 references"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::hierarchical_metrics_of_sets(empty, one, by_points),
                       doctest::Contains("index 0 has no reference"), Error);
}
