#include "radonc/report/table_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "support/sample_study.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string table_named(const evaluation::StudyResult& study, const std::string& name) {
  for (const auto& [file, text] : report::csv_tables(study))
    if (file == name) return text;
  return {};
}

// Fields of RFC 4180, line by line.
std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string& field = rows.back().back();
    if (quoted && text[i] == '"' && text.substr(i + 1, 1) == "\"")
      field += text[i++];
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && text[i] == ',')
      rows.back().emplace_back();
    else if (!quoted && text.substr(i, 2) == "\r\n")
      rows.push_back({""}), ++i;
    else
      field += text[i];
  }
  rows.pop_back();
  return rows;
}

// The column `name` of a table.
std::vector<std::string> column(const std::vector<std::vector<std::string>>& rows, const std::string& name) {
  const auto found = std::ranges::find(rows.at(0), name);
  REQUIRE_MESSAGE(found != rows[0].end(), name);
  std::vector<std::string> fields;
  for (const auto& row : rows) fields.push_back(row[static_cast<std::size_t>(found - rows[0].begin())]);
  return fields;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

}  // namespace

TEST_CASE("the CSV tables hold every row, with numbers that read back exactly") {
  const auto study = test::sample_study();
  for (const auto& [name, text] : report::csv_tables(study)) {
    CAPTURE(name);
    const auto rows = read_csv(text);
    CHECK(rows.size() > 1);
    for (const auto& row : rows) CHECK(row.size() == rows[0].size());
  }
  const auto main = read_csv(table_named(study, "main.csv"));
  REQUIRE(main.size() == 1 + 3 * 5);
  CHECK(main[0][7] == "accuracy");
  CHECK(main[1][1] == "any text");
  CHECK(std::stod(main[2][7]) == study.tasks[0].models[1].accuracy.value);
  CHECK(main[2][15] == "");  // no macro average of regimens
  CHECK(std::stod(main[7][15]) == study.tasks[1].models[1].macro.precision);
  const auto comparisons = read_csv(table_named(study, "comparisons.csv"));
  CHECK(comparisons.size() == 1 + 3 + 6 + 3 + 3);
  CHECK(std::stod(comparisons[1][11]) == study.tasks[0].p_holm);
  CHECK(comparisons[1][8] == "greater");
  CHECK(comparisons[2][8] == "two-sided");
  const auto differences = read_csv(table_named(study, "differences.csv"));
  CHECK(differences.size() == 1 + 20 + 1 + 1 + 1);
  CHECK(differences[1][6] == "-1");
  CHECK(differences[11][6] == "0");
  CHECK(differences[20][7] == "1");
  CHECK(read_csv(table_named(study, "classes.csv")).size() ==
        1 + 5 * (study.tasks[1].labels.size() + study.tasks[2].labels.size()));
  CHECK(read_csv(table_named(study, "calibration.csv")).size() == 1 + 3 * 4 * 10);
}

TEST_CASE("precision, recall, F1 and their averages stand under their own names in the tables") {
  const auto study = test::study_with_known_averages();
  const auto main = read_csv(table_named(study, "main.csv")), classes = read_csv(table_named(study, "classes.csv"));
  const std::size_t modality = 1 + 5;  // behind the heading and the regimens of five models
  for (const auto& [name, value] : {std::pair("macro_precision", "0.111"),
                                    {"macro_recall", "0.222"},
                                    {"macro_f1", "0.333"},
                                    {"weighted_precision", "0.444"},
                                    {"weighted_recall", "0.555"},
                                    {"weighted_f1", "0.666"},
                                    {"rouge1_precision", "0.107"},
                                    {"rouge1_recall", "0.108"}}) {
    CAPTURE(name);
    CHECK(column(main, name).at(modality) == value);
  }
  const auto names = column(classes, "class"), models = column(classes, "model"), support = column(classes, "support");
  const auto commonest = static_cast<std::size_t>(std::ranges::find(support, "200") - support.begin());
  REQUIRE(commonest < support.size());
  CHECK(names[commonest] == "external beam");
  CHECK(models[commonest] == "original");
  CHECK(column(classes, "precision")[commonest] == "0.101");
  CHECK(column(classes, "recall")[commonest] == "0.102");
  CHECK(column(classes, "f1")[commonest] == "0.103");

  const std::string tex = report::latex_tables(study);
  for (const std::string part : {"& Precision & Recall & F1 & Unparsed", " & 0.111 & 0.222 & 0.333 & ",
                                 "Class & Cases & Precision & Recall & F1 & Precision & Recall & F1 \\\\\n",
                                 "external beam & 200 & 0.101 & 0.102 & 0.103 & 0.201 & 0.202 & 0.203 ",
                                 "Macro average & 240 & 0.111 & 0.222 & 0.333 & 0.112 & 0.223 & 0.334 ",
                                 "Weighted average & 240 & 0.444 & 0.555 & 0.666 & 0.445 & 0.556 & 0.667 "})
    CHECK_MESSAGE(contains(tex, part), part);
}

TEST_CASE("CSV fields with commas, quotes and line ends come back as they were") {
  auto study = test::sample_study();
  const std::string evil = "a, \"b\"\r\nc\nd";
  study.tasks[1].models[0].classes[0].label = evil;
  study.tasks[0].task = "";
  CHECK(read_csv(table_named(study, "classes.csv"))[1][3] == evil);
  CHECK(read_csv(table_named(study, "main.csv"))[1].size() == read_csv(table_named(study, "main.csv"))[0].size());
}

TEST_CASE("LaTeX tables are balanced and hold the figures") {
  const auto study = test::sample_study();
  const std::string tex = report::latex_tables(study);
  CHECK(count(tex, "\\begin{longtable}") == 1 + 2 + 3);
  CHECK(count(tex, "\\end{longtable}") == 1 + 2 + 3);
  CHECK(count(tex, "{") == count(tex, "}"));
  CHECK(count(tex, "$") % 2 == 0);
  CHECK(contains(tex, fmt::format("{:.3f} [{:.3f}", study.tasks[0].models[1].accuracy.value,
                                  study.tasks[0].models[1].accuracy.low)));
  CHECK(contains(tex, "\\times10^{-"));
  CHECK(count(report::latex_tables({}), "longtable}") == 3);  // and the comment that names the package
}

TEST_CASE("LaTeX's special characters are escaped in every name") {
  auto study = test::sample_study();
  const std::string evil = "\\input{x} $5 & #1 50% a_b ^ ~ <α> |\n\"“→";
  for (auto& task : study.tasks) {
    task.task = task.title = evil;
    for (auto& model : task.models) {
      model.model = evil;
      for (auto& entry : model.classes) entry.label = evil;
    }
    for (auto& group : task.subgroups) group.variable = group.value = evil;
  }
  const std::string tex = report::latex_tables(study);
  CHECK_FALSE(contains(tex, "\\input"));
  CHECK(contains(tex,
                 "\\textbackslash{}input\\{x\\} \\$5 \\& \\#1 50\\% a\\_b \\textasciicircum{} \\textasciitilde{} "
                 "\\textless{}$\\alpha$\\textgreater{} \\textbar{} \\textquotedbl{}``$\\rightarrow$"));
  // Each row of seven columns still has six separators.
  const std::size_t start = tex.find("\\endfoot"), end = tex.find("\\end{longtable}");
  const std::string rows = tex.substr(start, end - start);
  CHECK(count(rows, " & ") == 15 * 6);
}

TEST_CASE("tables are written into a folder") {
  const test::TemporaryFolder folder;
  const auto study = test::sample_study();
  report::write_tables(study, folder.path() / "new" / "tables");
  CHECK(core::read_file(folder.path() / "new" / "tables" / "tables.tex") == report::latex_tables(study));
  CHECK(core::read_file(folder.path() / "new" / "tables" / "main.csv") == table_named(study, "main.csv"));
  core::write_file_atomically(folder.path() / "file", "in the way");
  CHECK_THROWS_AS(report::write_tables(study, folder.path() / "file"), Error);
}
