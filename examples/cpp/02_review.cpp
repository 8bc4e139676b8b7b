// A physicians' review of a study's regimens, without torch: write the page, and later read what came back.
//
//   02_review write out/demo review/page.html [reviewers] [overlap] [seed]
//   02_review read review/review_key.json review-reviewer-1-….json review-reviewer-2-….json
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/review/read_reviews.hpp"
#include "radonc/review/review_page.hpp"
#include "radonc/tasks/pair_io.hpp"

namespace {

using namespace radonc;

int write_page(const std::vector<std::string>& args) {
  const std::filesystem::path study = args[1];
  review::ReviewOptions options;
  if (args.size() > 3) {
    options.reviewers.clear();
    for (int i = 1; i <= std::stoi(args[3]); ++i) options.reviewers.push_back("reviewer-" + std::to_string(i));
  }
  if (args.size() > 4) options.num_overlap = std::stoul(args[4]);
  if (args.size() > 5) options.seed = std::stoull(args[5]);
  const auto predictions = tasks::read_predictions(study / "predictions.jsonl");
  const auto page = review::review_page(args[2], tasks::read_pairs(study / "pairs.jsonl"), predictions, options);
  std::cout << page.num_cases << " cases with " << page.models.size() << " answers each, checksum " << page.checksum
            << "\n";
  for (std::size_t i = 0; i < options.reviewers.size(); ++i)
    std::cout << options.reviewers[i] << ": " << page.cases_of_reviewer[i] << " cases\n";
  std::cout << "Give the reviewers the page, and keep review_key.json to yourself.\n";
  return 0;
}

int read_back(const std::vector<std::string>& args) {
  const auto reviews = review::read_reviews({args.begin() + 2, args.end()}, args[1]);
  std::cout << review::review_table(review::summarize_reviews(reviews));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    if (args.size() >= 3 && args[0] == "write") return write_page(args);
    if (args.size() >= 3 && args[0] == "read") return read_back(args);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  std::cerr << "usage: 02_review write <study folder> <page> [reviewers] [overlap] [seed]\n"
               "       02_review read <review_key.json> <export>…\n";
  return 2;
}
