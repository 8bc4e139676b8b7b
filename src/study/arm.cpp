#include "radonc/study/arm.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/review/review_page.hpp"
#include "radonc/tasks/baselines.hpp"
#include "study/arm_rules.hpp"
#include "study/stage_book.hpp"

namespace radonc::study {
namespace {

constexpr const char* kTrainings[] = {"none", "all tasks", "each task"};

Arm arm_from_json(const nlohmann::json& json, std::size_t index) {
  const auto fail = [&](const std::string& what) { throw Error(fmt::format("Arm {}: {}", index + 1, what)); };
  if (!json.is_object()) fail("expected an object with the name and what differs from the original model.");
  Arm arm;
  for (const auto& [key, value] : json.items()) {
    const auto text = [&] {
      if (!value.is_string()) fail(fmt::format("{} must be a string.", key));
      return value.get<std::string>();
    };
    if (key == "name") {
      arm.name = text();
    } else if (key == "model") {
      arm.model = text();
    } else if (key == "adapter") {
      arm.adapter = text();
    } else if (key == "prompt_template") {
      arm.prompt_template = text();
    } else if (key == "num_examples") {
      if (!value.is_number_integer()) fail("num_examples must be a whole number.");
      arm.num_examples = value.get<std::int64_t>();
    } else if (key == "training") {
      const std::string name = text();
      const auto* found = std::ranges::find(kTrainings, name);
      if (found == std::end(kTrainings)) fail("training must be \"none\", \"all tasks\" or \"each task\".");
      arm.training = static_cast<Training>(found - std::begin(kTrainings));
    } else {
      fail(
          fmt::format("there is no field {}; there are name, training, num_examples, model, adapter and "
                      "prompt_template.",
                      key));
    }
  }
  if (arm.name.empty()) fail("name is missing.");
  return arm;
}

}  // namespace

std::vector<Arm> default_arms() {
  return {{.name = "original"}, {.name = "fine-tuned", .training = Training::kAllTasks}};
}

std::vector<Arm> arms_from_json(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) throw Error("Arms: expected a JSON array of objects, each with a name.");
  std::vector<Arm> arms;
  for (std::size_t i = 0; i < json.size(); ++i) arms.push_back(arm_from_json(json[i], i));
  return arms;
}

void check_arms(const std::vector<Arm>& arms) {
  if (arms.size() < 2) {
    throw Error(fmt::format("StudyConfig.arms: expected at least two, got {}. The second is tested against the first.",
                            arms.size()));
  }
  const auto fail = [](const Arm& arm, const std::string& what) {
    throw Error(fmt::format("StudyConfig.arms: {}: {}", arm.name, what));
  };
  std::set<std::string> names = {tasks::kMajority, tasks::kNearestCase, review::kReferenceModel};
  std::set<std::string> files;
  for (const Arm& arm : arms) {
    if (arm.name.empty()) throw Error("StudyConfig.arms: an arm has no name.");
    if (!names.insert(arm.name).second) fail(arm, "the name is taken. Give each arm a name of its own.");
    if (arm.num_examples < 0) fail(arm, fmt::format("expected num_examples of at least 0, got {}.", arm.num_examples));
    if (arm.training != Training::kNone && !arm.adapter.empty())
      fail(arm, "it has a finished adapter and a training. Take one of them away.");
    if (!files.insert(file_name_of(arm.name)).second)
      fail(arm, "its files would bear another arm's names. Choose a name that differs by more than signs.");
  }
}

std::string file_suffix(const Arm& arm, const tasks::Task* task) {
  const bool is_default = arm.name == default_arms()[1].name && arm.training == Training::kAllTasks;
  const std::string suffix = is_default ? "" : fmt::format("-{}", file_name_of(arm.name));
  return task ? fmt::format("{}-{}", suffix, task->name()) : suffix;
}

std::string describe(const Arm& arm, const std::string& model) {
  std::string text = model;
  if (arm.training == Training::kAllTasks) text += ", one LoRA adapter trained on all tasks";
  if (arm.training == Training::kEachTask) text += ", a LoRA adapter trained for each task";
  if (!arm.adapter.empty()) text += ", finished adapter " + arm.adapter.filename().string();
  if (arm.num_examples > 0) text += fmt::format(", {} examples in the prompt", arm.num_examples);
  return text;
}

}  // namespace radonc::study
