#include <fmt/format.h>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

// After TRIPOD-LLM (Gallifant et al., Nature Medicine 2025;31:60-69), in words of our own and without its numbers.
struct Item {
  const char* text;
  const char* section = "";  ///< where this report holds it; empty where it cannot
  const char* missing = "";  ///< what the authors still have to state
};

struct Group {
  const char* title;
  std::vector<Item> items;
};

const std::vector<Group>& groups() {
  static const std::vector<Group> all = {
      {"Title and abstract",
       {{"Say that a language model was fine-tuned and evaluated, for which task, in whom", "summary",
         "the population in the title"},
        {"Structured abstract", "summary", "background and conclusion"}}},
      {"Introduction",
       {{"Health-care context, rationale, existing approaches"},
        {"Target population, intended use and users"},
        {"Objectives: development, fine-tuning or evaluation", "summary", "the question in clinical terms"}}},
      {"Data",
       {{"Sources of the data for training and for evaluation", "cases", "where the records come from, and why these"},
        {"Description of the data points and their distribution", "cases", "age, sex, stage and other characteristics"},
        {"Dates of the oldest and the newest record"},
        {"Preprocessing and checks of quality", "cases", "how the records were made and checked before"},
        {"Missing and imbalanced data, and reasons for leaving cases out", "cases", "reasons beyond the rules shown"}}},
      {"Model and analysis",
       {{"Name and version of the model, last date of its training", "models", "the last date of its training data"},
        {"Architecture, training and fine-tuning procedure", "training", "why these settings"},
        {"How text was generated: prompts, decoding, seeds, lengths", "models"},
        {"What the output is before and after processing", "examples", "the rules by which answers are parsed"},
        {"How classes and probabilities were obtained, thresholds", "calibration",
         "whether a threshold is to be used"}}},
      {"Outcome and metrics",
       {{"Metrics of the quality of the answers", "results"},
        {"Relevance of the metrics for the later use"},
        {"Definition of the outcome and how it was computed", "results", "why recorded treatment is the reference"},
        {"Raters, their qualifications and instructions, where judgement was needed"},
        {"Comparison with other models, persons or standards", "comparisons", "comparison with clinicians, if any"}}},
      {"Annotation",
       {{"How texts were labelled, with which guideline"},
        {"Number of annotators, overlap, agreement"},
        {"Background and experience of the annotators"}}},
      {"Prompting",
       {{"The prompts in full", "prompts", "the examples in prompts that hold some"},
        {"How the prompts were designed and selected, on which data"}}},
      {"Instruction tuning and compute",
       {{"Data and format of the instructions", "prompts", "how they were curated"},
        {"Compute: machines, time, memory", "environment", "cost and energy, if they matter"}}},
      {"Ethics and open science",
       {{"Ethics approval or waiver, and consent"},
        {"Funding and the funders' role"},
        {"Conflicts of interest"},
        {"Protocol and registration"},
        {"Availability of the data", "environment", "where the files with these hashes can be had"},
        {"Availability of the code", "environment", "where the version named can be had"},
        {"Involvement of patients and the public"}}},
      {"Results",
       {{"Flow of cases, with and without the outcome", "cases"},
        {"Characteristics of the participants, overall and by source", "subgroups", "a table of characteristics"},
        {"Training and evaluation data compared", "cases", "the distribution of important variables in both"},
        {"Number of participants and outcomes in each analysis", "results"},
        {"Performance with intervals", "results"},
        {"Performance in subgroups", "subgroups"},
        {"Results of updating the model, if it was updated"}}},
      {"Discussion",
       {{"Interpretation, fairness included"},
        {"Limitations", "limits", "limits of the setting"},
        {"Handling of poor or missing input in use"},
        {"Human oversight and expertise needed in use"},
        {"Next steps, generalisability"}}}};
  return all;
}

}  // namespace

std::string checklist_section(const std::set<std::string>& present) {
  const std::vector<Column> columns = {
      {"Item", "text"}, {"In this report", "text"}, {"For the authors to state", "text"}};
  std::string rows;
  for (const Group& group : groups()) {
    rows += heading_row(escape(group.title), columns.size());
    for (const Item& item : group.items) {
      const bool here = present.contains(item.section);
      const std::string open = *item.section == '\0' || !here ? "the whole item" : item.missing;
      const std::string found =
          here ? fmt::format("<td><a href=\"#{}\">{}</a></td>", item.section, open.empty() ? "✓ yes" : "partly")
               : text_cell("no");
      rows += row(item.text, {found, text_cell(open.empty() ? "–" : open)});
    }
  }
  return paragraph(
             "After TRIPOD-LLM (Gallifant et al., Nature Medicine 2025;31:60–69), in short words of this report and "
             "without the guideline's numbers: fill in the original for a submission. An item has a tick only where "
             "this "
             "report itself holds what it asks for.") +
         table("What this report states, and what its authors have to add", columns, rows, "full checklist");
}

}  // namespace radonc::report
