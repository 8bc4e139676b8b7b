#include "radonc/report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"
#include "report/style.hpp"

namespace radonc::report {
namespace {

std::vector<Section> sections_of(const StudyResult& r) {
  std::vector<Section> sections = {{"results", "Results", results_section(r)},
                                   {"comparisons", "Against each other model", comparisons_section(r)},
                                   {"differences", "Case by case", differences_section(r)},
                                   {"partial", "Partly right answers, and quantities", partial_section(r)},
                                   {"classes", "Class by class", classes_section(r)},
                                   {"calibration", "Calibration and abstaining", calibration_section(r)},
                                   {"subgroups", "Subgroups", subgroups_section(r)},
                                   {"examples", "Examples, side by side", examples_section(r)},
                                   {"cases", "Cases", cases_section(r)},
                                   {"training", "Training", training_section(r)},
                                   {"models", "Models and settings", models_section(r)},
                                   {"prompts", "Prompts", prompts_section(r)},
                                   {"environment", "Environment and files", environment_section(r)},
                                   {"limits", "Limits", limits_section(r)}};
  std::erase_if(sections, [](const Section& section) { return section.body.empty(); });
  std::set<std::string> present = {"summary"};
  for (const Section& section : sections) present.insert(section.id);
  sections.push_back({"checklist", "Reporting checklist", checklist_section(present)});
  return sections;
}

/// Numbers the tables and the figures. Records cannot hold these tags: all their text is escaped.
std::string numbered(const std::string& html, const std::string& tag, const char* name) {
  std::string out;
  std::size_t done = 0, count = 0;
  for (std::size_t at = 0; (at = html.find(tag, done)) != std::string::npos; done = at + tag.size()) {
    out.append(html, done, at + tag.size() - done);
    out += fmt::format("<b>{} {}.</b> ", name, ++count);
  }
  return out.append(html, done);
}

}  // namespace

std::string render_html(const StudyResult& r) {
  std::string contents, body;
  std::size_t count = 0;
  for (const Section& section : sections_of(r)) {
    contents += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.title);
    body += fmt::format("<section id=\"{}\">\n<h2>{}. {}</h2>\n{}</section>\n", section.id, ++count, section.title,
                        section.body);
  }
  body = fmt::format(
      "<header id=\"summary\">\n{}</header>\n<nav aria-label=\"Contents\"><h2>Contents</h2>\n<ol>\n{}</ol></nav>\n"
      "<main>\n{}</main>\n",
      summary_section(r), contents, body);
  body = numbered(numbered(body, "<caption><span>", "Table"), "<figcaption>", "Figure");
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>{} · radonc study</title>\n"
      "<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      escape(study_title(r)), kStyle, body);
}

}  // namespace radonc::report
