#include "radonc/lora/adapter_io.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/lora/merge.hpp"
#include "support/small_model.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;

namespace {

lora::Adapter moved_adapter(model::Transformer& model) {
  auto adapter = lora::inject(model, {.rank = 4, .alpha = 6, .target_modules = {"q_proj", "down_proj"}});
  adapter.parameters.add_(0.01);
  return adapter;
}

void replace(const std::filesystem::path& path, const std::string& from, const std::string& to) {
  std::string content = core::read_file(path);
  REQUIRE(content.find(from) != content.npos);
  core::write_file_atomically(path, content.replace(content.find(from), from.size(), to));
}

}  // namespace

TEST_CASE("an adapter survives the disk, and the files are the same each time") {
  const test::TemporaryFolder folder;
  auto model = test::small_model();
  const auto adapter = moved_adapter(model);
  const auto ids = torch::arange(30);
  const auto expected = model.forward(ids);
  lora::save_adapter(adapter, folder.path() / "a", "base");
  lora::save_adapter(adapter, folder.path() / "b", "base");
  CHECK(core::read_file(folder.path() / "a/adapter_model.safetensors") ==
        core::read_file(folder.path() / "b/adapter_model.safetensors"));
  lora::remove(model);
  const auto loaded = lora::load_adapter(model, folder.path() / "a");
  CHECK(loaded.config.rank == 4);
  CHECK(loaded.config.alpha == 6);
  CHECK(torch::equal(model.forward(ids), expected));
}

TEST_CASE("an adapter that does not fit is refused by name, and the model keeps what it had") {
  const test::TemporaryFolder folder;
  auto model = test::small_model();
  lora::save_adapter(moved_adapter(model), folder.path(), "base");
  lora::remove(model);
  const auto ids = torch::arange(30);
  const auto original = model.forward(ids);
  const auto weights = folder.path() / "adapter_model.safetensors", config = folder.path() / "adapter_config.json";

  replace(weights, "layers.1.mlp.down_proj.lora_B", "layers.7.mlp.down_proj.lora_B");
  CHECK_THROWS_WITH_AS(lora::load_adapter(model, folder.path()), doctest::Contains("layers.1.mlp.down_proj.lora_B"),
                       Error);
  CHECK(torch::equal(model.forward(ids), original));
  replace(weights, "layers.7.mlp.down_proj.lora_B", "layers.1.mlp.down_proj.lora_B");
  replace(config, "\"q_proj\"", "\"k_proj\"");
  CHECK_THROWS_AS(lora::load_adapter(model, folder.path()), Error);
  replace(config, "\"k_proj\"", "\"q_proj\"");
  replace(config, ",\n    \"down_proj\"", "");
  CHECK_THROWS_WITH_AS(lora::load_adapter(model, folder.path()), doctest::Contains("unexpected"), Error);
  replace(config, "\"target_modules\": [\n", "\"target_modules\": [\n    \"down_proj\",\n");
  CHECK_NOTHROW(lora::load_adapter(model, folder.path()));
  replace(config, "\"use_dora\": false", "\"use_dora\": true");
  CHECK_THROWS_WITH_AS(lora::load_adapter(model, folder.path()), doctest::Contains("lora_magnitude_vector"), Error);
}

TEST_CASE("an adapter of another base of the same shape is refused, a base in another type is the same base") {
  const test::TemporaryFolder folder;
  auto model = test::small_model(), other = test::small_model(test::small_config(), 12);
  lora::save_adapter(moved_adapter(model), folder.path(), "base");
  CHECK_THROWS_WITH_AS(lora::load_adapter(other, folder.path()), doctest::Contains("another base model"), Error);
  CHECK_NOTHROW(lora::load_adapter(model, folder.path()));
  CHECK(model.fingerprint() == test::small_model().fingerprint());
  CHECK(model.fingerprint() != other.fingerprint());
  // A base with the same norms, into which another adapter was merged.
  auto merged = test::small_model();
  lora::merge(merged, moved_adapter(merged));
  CHECK_THROWS_WITH_AS(lora::load_adapter(merged, folder.path()), doctest::Contains("another base model"), Error);
}

TEST_CASE("what is not finite is not saved") {
  const test::TemporaryFolder folder;
  auto model = test::small_model();
  auto adapter = moved_adapter(model);
  adapter.parameters[3] = std::nanf("");
  CHECK_THROWS_WITH_AS(lora::save_adapter(adapter, folder.path() / "x", "base"), doctest::Contains("finite"), Error);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "x"));
}
