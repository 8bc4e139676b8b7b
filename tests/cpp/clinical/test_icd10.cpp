#include "radonc/clinical/icd10.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/file.hpp"
#include "radonc/core/random.hpp"
#include "support/example_cases.hpp"

using namespace radonc;
using clinical::Icd10Codes;
using clinical::normalize_icd10;

namespace {

using Names = std::vector<std::string>;

/// What the package that the table was made from says of its list.
const nlohmann::json& golden() {
  static const auto facts = nlohmann::json::parse(core::read_file(RADONC_TEST_DATA "/clinical/icd10.json"));
  return facts;
}

}  // namespace

TEST_CASE("ICD-10-CM codes have one form") {
  CHECK(normalize_icd10("c50.9") == "C50.9");
  CHECK(normalize_icd10("C509") == "C50.9");
  CHECK(normalize_icd10("c73") == "C73");
  CHECK(normalize_icd10("C4A") == "C4A");
  CHECK(normalize_icd10("c7a.00") == "C7A.00");
  CHECK(normalize_icd10("qa00101") == "QA0.0101");
  CHECK(normalize_icd10("C49.A1") == "C49.A1");
  CHECK(normalize_icd10("c50.9119") == "C50.9119");
}

TEST_CASE("what is not of the form is no code") {
  for (const char* text : {"", "c", "c5", "50.9", "cc0.9", "c50.", "c5.09", "c50..9", "c50.91191", "c50 9", " c50.9",
                           "c50.9 ", "c50,9", "c50.é", "breast", "c50.9-"}) {
    CAPTURE(text);
    CHECK_FALSE(normalize_icd10(text).has_value());
    CHECK(clinical::icd10_validity(text) == clinical::Icd10Validity{});
  }
}

TEST_CASE("every example code is one, normalising is idempotent, and its category is a code of the list") {
  for (const auto& record : test::example_cases()) {
    if (record.icd10.empty()) continue;
    CAPTURE(record.icd10);
    const auto code = normalize_icd10(record.icd10);
    REQUIRE(code.has_value());
    CHECK(normalize_icd10(*code) == code);
    CHECK(clinical::icd10_category(*code).size() == 3);
    CHECK(normalize_icd10(clinical::icd10_category(*code)) == clinical::icd10_category(*code));
    CHECK(clinical::icd10_exists(clinical::icd10_category(*code)));
  }
}

TEST_CASE("a stage is no code") {
  CHECK_FALSE(normalize_icd10("T2N0M0").has_value());
}

TEST_CASE("the list is the whole of the package's, each entry with its parent and description") {
  std::uint64_t hash = 0xCBF29CE484222325;
  std::size_t entries = 0;
  const auto add = [&](const std::string& name, const std::string& parent, const std::string& description) {
    for (const char c : name + "\t" + parent + "\t" + description + "\n")
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    ++entries;
  };
  std::size_t blocks = 0;
  for (const auto& chapter : clinical::icd10_chapters()) {
    add(chapter.id, "", chapter.description);
    const auto& codes = clinical::icd10_codes(chapter.id);
    auto code = codes.begin();
    for (const auto& block : clinical::icd10_blocks(chapter.id)) {
      add(block.id, chapter.id, block.description);
      ++blocks;
      for (; code != codes.end() && clinical::icd10_block(*code) == block; ++code)
        add(*code, clinical::icd10_parent(*code).value(), clinical::icd10_description(*code).value());
    }
    CHECK(code == codes.end());
  }
  CHECK(entries == golden().at("entries").get<std::size_t>());
  CHECK(blocks == golden().at("blocks").get<std::size_t>());
  CHECK(fmt::format("{:016x}", hash) == golden().at("fnv1a").get<std::string>());
  CHECK(clinical::icd10_edition() == golden().at("edition").get<std::string>());
}

TEST_CASE("each chapter has as many codes and leaves as in the package") {
  std::size_t total = 0;
  CHECK(clinical::icd10_chapters().size() == golden().at("chapters").size());
  for (const auto& [chapter, counts] : golden().at("chapters").items()) {
    CAPTURE(chapter);
    CHECK(clinical::icd10_codes(chapter).size() == counts.at("codes").get<std::size_t>());
    CHECK(clinical::icd10_codes(chapter, Icd10Codes::kLeaves).size() == counts.at("leaves").get<std::size_t>());
    total += clinical::icd10_codes(chapter).size();
  }
  CHECK(clinical::icd10_codes("").size() == total);
}

TEST_CASE("the tree holds together, from every code of the list") {
  std::size_t leaves = 0;
  for (const std::string& code : clinical::icd10_codes("")) {
    const auto ancestors = clinical::icd10_ancestors(code);
    const bool ok = normalize_icd10(code) == code && ancestors.size() >= 2 &&
                    clinical::icd10_parent(code) == ancestors[0] &&
                    ancestors.back() == clinical::icd10_chapter(code)->id &&
                    ancestors[ancestors.size() - 2] == clinical::icd10_block(code)->id &&
                    clinical::icd10_is_leaf(code) == clinical::icd10_children(code).empty();
    leaves += clinical::icd10_is_leaf(code);
    if (!ok) FAIL_CHECK(code);
  }
  CHECK(leaves == clinical::icd10_codes("", Icd10Codes::kLeaves).size());
}

TEST_CASE("codes with letters, without a point and with more below them") {
  for (const char* code : {"C34.1", "c341", "C4A", "C7A.00", "C49.A1", "C50.411", "Z51.0", "T36.0X1A", "C61", "c61"}) {
    CAPTURE(code);
    CHECK(clinical::icd10_exists(code));
  }
  CHECK(clinical::icd10_validity("C34.1") == clinical::Icd10Validity{true, true, false});
  CHECK(clinical::icd10_validity("C61") == clinical::Icd10Validity{true, true, true});
  CHECK(clinical::icd10_validity("C50.7") == clinical::Icd10Validity{true, false, false});
  CHECK(clinical::icd10_validity("C61.9") == clinical::Icd10Validity{true, false, false});
  CHECK_FALSE(clinical::icd10_is_leaf("T36.0X1"));
  for (const char* text : {"2", "C00-C14", "T36.0X1B", "C50.4111", "C42"}) CHECK_FALSE(clinical::icd10_exists(text));

  CHECK(clinical::icd10_description("c61") == "Malignant neoplasm of prostate");
  CHECK(clinical::icd10_description("2") == "Neoplasms (C00-D49)");
  CHECK(clinical::icd10_description("Z51.0") == "Encounter for antineoplastic radiation therapy");
  CHECK(clinical::icd10_ancestors("C50.411") == Names{"C50.41", "C50.4", "C50", "C50", "2"});
  CHECK(clinical::icd10_ancestors("C20") == Names{"C15-C26", "2"});
  CHECK(clinical::icd10_children("C34.1") == Names{"C34.10", "C34.11", "C34.12"});
  CHECK(clinical::icd10_children("C43-C44") == Names{"C43", "C4A", "C44"});
  CHECK(clinical::icd10_children("2") == [] {
    Names ids;
    for (const auto& block : clinical::icd10_blocks("2")) ids.push_back(block.id);
    return ids;
  }());
  CHECK(clinical::icd10_block("C50.7")->id == "C50");
  CHECK(clinical::icd10_chapter("C50.7")->id == "2");
  CHECK_FALSE(clinical::icd10_chapter("C42.1").has_value());
  CHECK_FALSE(clinical::icd10_parent("2").has_value());
  CHECK_FALSE(clinical::icd10_parent("nothing").has_value());
  CHECK(clinical::icd10_blocks("C50").empty());
  CHECK(clinical::icd10_blocks("23").empty());
}

TEST_CASE("codes are listed by chapter, block or prefix") {
  CHECK(clinical::icd10_codes("C34.1") == Names{"C34.1", "C34.10", "C34.11", "C34.12"});
  CHECK(&clinical::icd10_codes("C341") == &clinical::icd10_codes("c34.1"));
  CHECK(clinical::icd10_codes("C34.1", Icd10Codes::kLeaves) == Names{"C34.10", "C34.11", "C34.12"});
  CHECK(clinical::icd10_codes("C61") == Names{"C61"});
  CHECK(clinical::icd10_codes("C40-C41").front() == "C40");
  CHECK(clinical::icd10_codes("C6").front() == "C60");
  const auto& chapter = clinical::icd10_codes("2");
  CHECK(chapter.front() == "C00");
  CHECK(chapter.back() == "D49.9");
  CHECK(std::set(chapter.begin(), chapter.end()).size() == chapter.size());
  for (const char* text : {"23", "C42", "C-", "C40-C42", "é", "C50.9999999", "."}) {
    CAPTURE(text);
    CHECK(clinical::icd10_codes(text).empty());
  }
}

TEST_CASE("the nearest codes are of the category first, and few differences away") {
  CHECK(clinical::nearest_icd10("C50.4", 1) == Names{"C50.4"});
  CHECK(clinical::nearest_icd10("C50.7", 3) == Names{"C50", "C50.0", "C50.1"});
  CHECK(clinical::nearest_icd10("C61.9", 1) == Names{"C61"});
  CHECK(clinical::nearest_icd10("c61.9", 2).size() == 2);
  const auto near = clinical::nearest_icd10("C42.1", 4);  // no such category: one character away
  CHECK(near == Names{"C02.1", "C21", "C22.1", "C32.1"});
  const auto misread = clinical::nearest_icd10("CS0.9", 12);
  CHECK(std::ranges::find(misread, "C50.9") != misread.end());
  CHECK(clinical::nearest_icd10("", 3).empty());
  CHECK(clinical::nearest_icd10("...", 3).empty());
  CHECK(clinical::nearest_icd10("a whole sentence", 3).empty());
  CHECK(clinical::nearest_icd10("C50.9", 0).empty());
}

TEST_CASE("no text is too odd for any of it") {
  core::Random random(7);
  const std::string characters = std::string("CDZ0123456789AXB.- \xC3\xFF\n", 22) + '\0';
  for (int i = 0; i < 3000; ++i) {
    std::string text(random.below(14), ' ');
    for (char& c : text) c = characters[random.below(characters.size())];
    const auto validity = clinical::icd10_validity(text);
    const bool ok = validity.leaf <= validity.exists && validity.exists <= validity.well_formed;
    CHECK(ok);
    CHECK(clinical::icd10_ancestors(text).empty() == !clinical::icd10_parent(text).has_value());
    clinical::icd10_description(text);
    clinical::icd10_children(text);
    clinical::icd10_codes(text);
    clinical::primary_malignancy({text, "C61"});
    if (i % 30 == 0) {
      for (const std::string& near : clinical::nearest_icd10(text, 3)) CHECK(clinical::icd10_exists(near));
    }
  }
}

TEST_CASE("the malignancy stands behind the encounter for radiotherapy") {
  using clinical::Malignancy;
  using clinical::primary_malignancy;
  CHECK(primary_malignancy({"Z51.0", "C50.911"}) == Malignancy{"C50.911", false, false});
  CHECK(primary_malignancy({"z510", "Z17.0", "C79.51", "c509"}) == Malignancy{"C50.9", false, false});
  CHECK(primary_malignancy({"Z51.0", "C79.51", "C78.00"}) == Malignancy{"C79.51", true, false});
  CHECK(primary_malignancy({"C61", "C79.51", "C62.9"}) == Malignancy{"C61", false, false});
  CHECK(primary_malignancy({"Z51.0", "C7B.00", "C7A.1"}) == Malignancy{"C7A.1", false, false});
  CHECK(primary_malignancy({"C80.9"}).code == "C80.9");  // of WHO's edition
  CHECK(primary_malignancy({"D49.6"}).code == "D49.6");
  CHECK(primary_malignancy({"Z51.0"}) == Malignancy{std::nullopt, false, true});
  CHECK(primary_malignancy({"Z51.0", "Z51.0"}) == Malignancy{std::nullopt, false, true});
  CHECK(primary_malignancy({"Z51.0", "Z51.11"}) == Malignancy{});
  CHECK(primary_malignancy({"D50.9", "breast", "C42.1"}) == Malignancy{});
  CHECK(primary_malignancy({}) == Malignancy{});
}
