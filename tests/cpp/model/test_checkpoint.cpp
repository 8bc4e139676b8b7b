#include "radonc/model/checkpoint.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/model/transformer.hpp"
#include "support/temporary_folder.hpp"

// Logits against transformers are compared in tests/python/test_model.py.
using namespace radonc;

namespace {

const std::filesystem::path kTiny = RADONC_TEST_DATA "/model/tiny_mistral";

void replace(const std::filesystem::path& path, const std::string& from, const std::string& to) {
  std::string content = core::read_file(path);
  REQUIRE(content.find(from) != content.npos);
  core::write_file_atomically(path, content.replace(content.find(from), from.size(), to));
}

}  // namespace

TEST_CASE("a Hugging Face folder is read, in either type") {
  const auto checkpoint = model::Checkpoint::open(kTiny);
  CHECK(checkpoint->config().sliding_window == 7);
  CHECK(checkpoint->config().head_dim == 16);
  CHECK(checkpoint->config().rope_theta == 5e4);
  CHECK(checkpoint->tensor("lm_head.weight", torch::kBFloat16).element_size() == 2);
  CHECK_THROWS_WITH_AS(checkpoint->tensor("absent.weight", torch::kFloat32), doctest::Contains("absent.weight"), Error);
}

TEST_CASE("what does not fit together is named") {
  const test::TemporaryFolder folder;
  const auto fresh = [&] {
    std::filesystem::copy(kTiny, folder.path() / "m",
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    return folder.path() / "m";
  };
  const auto path = fresh();
  const auto loading = [&] { return model::Transformer::load(path, {.dtype = model::Dtype::kFloat32}); };
  CHECK_NOTHROW(loading());
  replace(path / "config.json", "\"intermediate_size\": 48", "\"intermediate_size\": 47");
  CHECK_THROWS_WITH_AS(loading(), doctest::Contains("gate_proj"), Error);
  fresh();
  replace(path / "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
  CHECK_THROWS_WITH_AS(loading(), doctest::Contains("model.layers.2"), Error);
  fresh();
  replace(path / "config.json", "\"model_type\": \"mistral\"", "\"model_type\": \"gpt2\"");
  CHECK_THROWS_WITH_AS(loading(), doctest::Contains("model_type"), Error);
  fresh();
  replace(path / "config.json", "\"rope_type\": \"default\"", "\"rope_type\": \"longrope\"");
  CHECK_THROWS_WITH_AS(loading(), doctest::Contains("longrope"), Error);
  fresh();
  std::filesystem::resize_file(path / "model.safetensors", 50000);
  CHECK_THROWS_WITH_AS(loading(), doctest::Contains("model.safetensors"), Error);
  std::filesystem::remove(path / "model.safetensors");
  CHECK_THROWS_WITH_AS(loading(), doctest::Contains("model.safetensors"), Error);
}
