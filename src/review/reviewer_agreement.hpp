// How far reviewers agree on the answers that all of them see.
#pragma once

#include <vector>

#include "radonc/review/read_reviews.hpp"

namespace radonc::review {

/// ReviewResult::agreement.
std::vector<ReviewerAgreement> agreement_of(const Reviews& reviews, double confidence);

}  // namespace radonc::review
