#include <fmt/format.h>

#include <algorithm>

#include "core/numbers.hpp"
#include "core/terminal.hpp"
#include "radonc/review/read_reviews.hpp"

namespace radonc::review {
namespace {

using namespace core;

std::string interval(const stats::Estimate& e, int digits) {
  if (e.n == 0) return "–";
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", e.value, digits, e.low, digits, e.high, digits);
}

std::string row(std::string_view model, std::string_view cases, std::string_view acceptable, std::string_view usable,
                std::string_view quality, std::string_view harm) {
  return fmt::format("  {} {}   {}   {}   {} {}\n", pad(shortened(model, 18), 18), padded_left(std::string(cases), 5),
                     pad(acceptable, 20), pad(usable, 20), pad(quality, 17), padded_left(std::string(harm), 5));
}

std::string tested(const stats::McNemarResult& test, double p_holm) {
  return fmt::format("{}\u00A0:\u00A0{} cases, p\u00A0{} (Holm:\u00A0p\u00A0{})", grouped(test.only_first),
                     grouped(test.only_second), p_text(test.p_value), p_text(p_holm));
}

std::string comparison(const ModelComparison& c) {
  std::string text = fmt::format("{} against {}. Acceptable {}; usable {}", c.first, c.second,
                                 tested(c.acceptable, c.p_acceptable), tested(c.usable, c.p_usable));
  if (c.quality)
    text += fmt::format("; quality r\u00A0=\u00A0{:+.2f}, {} of {} cases differ, p\u00A0{} (Holm:\u00A0p\u00A0{})",
                        c.quality->rank_biserial, grouped(c.quality->num_nonzero), grouped(c.quality->n),
                        p_text(c.quality->p_value), p_text(c.p_quality));
  return wrapped("  ▹ ", text + ".");
}

std::string agreement(const ReviewerAgreement& a) {
  return fmt::format("  {} {} {} {} answers of {} patients\n", pad(to_string(a.kind), 7), pad(a.coefficient, 33),
                     pad(interval(a.estimate, 2), 20), grouped(a.estimate.n), grouped(a.estimate.num_clusters));
}

}  // namespace

std::string review_table(const ReviewResult& r) {
  std::string out = rule("━");
  out += wrapped("", fmt::format("Physicians' review: {}, {} cases of {} patients, {} reviewers", r.task,
                                 grouped(r.num_cases), grouped(r.num_patients), r.reviewers.size()));
  out += rule("━");
  const std::string ci = fmt::format("      [{:.4g} % CI]", 100 * r.confidence);
  out += row("", "cases", "acceptable", "usable", "quality (1-5)", "harm");
  out += row("", "", ci, ci, "     " + ci.substr(6), "cases");
  for (const ModelReview& m : r.models)
    out += row(m.model, grouped(m.num_cases), interval(m.acceptable, 3), interval(m.usable, 3), interval(m.quality, 2),
               grouped(m.num_harm));
  out += rule("─");
  for (const ModelComparison& c : r.comparisons) out += comparison(c);
  out += rule("━");
  for (const ReviewerProgress& p : r.reviewers)
    out +=
        wrapped("", fmt::format("{}: {} of {} cases complete.", p.reviewer, grouped(p.complete), grouped(p.assigned)));
  if (r.num_overlap_answers > 0)
    out +=
        wrapped("", fmt::format("All reviewers gave the same verdict on {} of {} answers that several of them judged.",
                                count_of(r.num_equal_verdicts, r.num_overlap_answers), grouped(r.num_overlap_answers)));
  if (!r.agreement.empty())
    out += fmt::format("Agreement beyond chance on the answers that all reviewers see [{:.4g} % CI]:\n",
                       100 * r.confidence);
  for (const ReviewerAgreement& a : r.agreement) out += agreement(a);
  if (!r.reference_wrong.empty()) {
    std::string text = fmt::format("The reference itself was called wrong in {} cases; acceptable without them:",
                                   grouped(r.reference_wrong.size()));
    for (std::size_t m = 0; m < r.models.size(); ++m)
      text += fmt::format("{} {} {}", m == 0 ? "" : ",", r.models[m].model,
                          interval(r.models[m].acceptable_where_reference_holds, 3));
    out += wrapped("", text + ".");
  }
  out +=
      wrapped("",
              "Usable: acceptable, or acceptable with changes. A case counts once: a verdict holds if more than half "
              "of its reviewers say so, its quality is their mean, harm is what any of them saw. a\u00A0:\u00A0b: "
              "cases in which only the first, only the second model's answer is so. McNemar's exact and Wilcoxon's "
              "signed-rank test, two-sided; Holm's correction over the comparisons of one kind. Intervals are over "
              "patients: Wilson's for shares, bootstrap for the others.");
  if (r.num_patients < r.num_cases)
    out += wrapped("", "Some patients have several cases. The tests take these as independent, the intervals do not.");
  return out + "For research. Not for clinical decisions.\n";
}

}  // namespace radonc::review
