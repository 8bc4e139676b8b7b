// The results' structs and the texts' helpers by their short names, for the renderers. Private.
#pragma once

#include "core/html.hpp"
#include "core/numbers.hpp"
#include "core/terminal.hpp"
#include "evaluation/wording.hpp"
#include "radonc/evaluation/study_result.hpp"

namespace radonc::report {

using namespace evaluation;
using core::count_of, core::duration, core::grouped, core::p_text;
using core::escape;
using core::kWidth, core::pad, core::padded_left, core::plain, core::rule, core::shortened, core::width_of,
    core::wrapped;

}  // namespace radonc::report
