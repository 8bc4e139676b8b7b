#include "radonc/clinical/icd_o3.hpp"

#include <doctest/doctest.h>

#include "radonc/clinical/icd10.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using clinical::icd10_of_icd_o3;

TEST_CASE("a site with one code has it") {
  CHECK(icd10_of_icd_o3("C67.2", "8120/3") == "C67.2");
  CHECK(icd10_of_icd_o3("c672", "8120/3") == "C67.2");
  CHECK(icd10_of_icd_o3("C61.9", "8140/3") == "C61");
  CHECK(icd10_of_icd_o3("C01.9", "8070/3") == "C01");
  CHECK(icd10_of_icd_o3("C34.2", "8041/3") == "C34.2");
  CHECK(icd10_of_icd_o3("C71.1", "9440/3") == "C71.1");
  CHECK(icd10_of_icd_o3("C22.0", "8170/3") == "C22.0");
  CHECK(icd10_of_icd_o3("C22.1", "8160/3") == "C22.1");
  CHECK(icd10_of_icd_o3("C44.4", "8720/3") == "C43.4");
  CHECK(icd10_of_icd_o3("C48.0", "8890/3") == "C48.0");
  CHECK(icd10_of_icd_o3("C58.9", "9100/3") == "C58");
}

TEST_CASE("nothing is said where one code does not follow") {
  const std::pair<std::string, std::string> pairs[] = {
      {"C50.4", "8500/3"}, {"C34.1", "8140/3"}, {"C56.9", "8441/3"},  {"C64.9", "8310/3"}, {"C62.9", "9061/3"},
      {"C44.3", "8070/3"}, {"C44.3", "8720/3"}, {"C69.3", "8720/3"},  {"C15.0", "8070/3"}, {"C72.8", "9440/3"},
      {"C38.4", "9050/3"}, {"C44.7", "9140/3"}, {"C77.0", "9680/3"},  {"C42.1", "9732/3"}, {"C18.1", "8240/3"},
      {"C44.3", "8247/3"}, {"C16.9", "8936/3"}, {"C25.4", "8150/3"},  {"C54.2", "8890/3"}, {"C54.1", "9100/3"},
      {"C22.0", "8160/3"}, {"C80.9", "8140/3"}, {"C76.8", "8140/3"},  {"C67.2", "8041/3"}, {"C67.2", "8120/2"},
      {"C67.2", "8120/6"}, {"C67.2", "8120"},   {"C67.2", ""},        {"C67", "8120/3"},   {"", "8120/3"},
      {"C67.2", "812x/3"}, {"C67.2", "0000/3"}, {"C67.21", "8120/3"}, {"D05.1", "8500/3"}, {"bladder", "8120/3"}};
  for (const auto& [topography, morphology] : pairs) {
    CAPTURE(topography);
    CAPTURE(morphology);
    CHECK_FALSE(icd10_of_icd_o3(topography, morphology).has_value());
  }
}

TEST_CASE("what is said is a leaf, and but for slips of the records what the hospitals recorded") {
  std::size_t mapped = 0, equal = 0, melanomas = 0;
  for (const auto& record : test::example_cases()) {
    const auto truth = clinical::normalize_icd10(record.icd10);
    const auto code = icd10_of_icd_o3(record.icd_o_3_site, record.icd_o_3_histology);
    if (!truth || !code) continue;
    ++mapped;
    equal += code == truth;
    CHECK(clinical::icd10_is_leaf(*code));
    // Melanomas recorded with the ICD-O-3 site for the ICD-10 code: C44, other malignant neoplasms of skin.
    melanomas += code != truth && clinical::icd10_category(*code) == "C43" && clinical::icd10_category(*truth) == "C44";
  }
  CHECK(test::example_cases().size() == 2287);
  CHECK(mapped == 1558);
  CHECK(equal == 1553);
  CHECK(melanomas == 4);  // the fifth is a sarcoma of the head's soft tissue, C49.0, recorded as of the brain, C71.0
}
