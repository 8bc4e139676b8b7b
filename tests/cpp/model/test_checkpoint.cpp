#include "radonc/model/checkpoint.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"
#include "radonc/model/transformer.hpp"
#include "support/full_memory.hpp"
#include "support/spare_device.hpp"
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

TEST_CASE("a Hugging Face folder is read, in the type asked for") {
  const auto checkpoint = model::Checkpoint::open(kTiny);
  CHECK(checkpoint->config().architecture == "mistral");
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

TEST_CASE("a fingerprint is the same in every type and quantisation, and that of no other weights") {
  using model::Dtype, model::Quantization;
  for (const char* name : {"tiny_mistral", "tiny_qwen2_float16", "tiny_llama_bias"}) {
    const std::filesystem::path path = std::filesystem::path(RADONC_TEST_DATA "/model") / name;
    const auto expected = model::Transformer::load(path, {.dtype = Dtype::kBFloat16}).fingerprint();
    CHECK(expected.size() == 16);
    for (const Dtype dtype : {Dtype::kFloat32, Dtype::kBFloat16, Dtype::kFloat16})
      for (const Quantization quantization : {Quantization::kNone, Quantization::kNf4, Quantization::kInt8}) {
        CAPTURE(name);
        CAPTURE(static_cast<int>(dtype));
        CAPTURE(static_cast<int>(quantization));
        const auto model = model::Transformer::load(path, {.dtype = dtype, .quantization = quantization});
        CHECK(model.fingerprint() == expected);
        CHECK(model.fingerprint() == expected);  // as it is kept
      }
  }
  const auto print = [](const char* name) {
    return model::Transformer::load(kTiny.parent_path() / name).fingerprint();
  };
  CHECK(print("tiny_llama") != print("tiny_llama_mha"));
}

TEST_CASE("float16 is read exactly where the file has it, and refused where it cannot hold a value") {
  const std::filesystem::path half = RADONC_TEST_DATA "/model/tiny_qwen2_float16";
  const auto checkpoint = model::Checkpoint::open(half);
  const std::string name = "model.layers.0.mlp.up_proj.weight";
  const auto stored = checkpoint->tensor(name, torch::kFloat16);
  CHECK(torch::equal(stored.to(torch::kFloat32), checkpoint->tensor(name, torch::kFloat32)));
  CHECK(stored.data_ptr() == checkpoint->tensor(name, torch::kFloat16).data_ptr());  // the file itself
  const auto nf4 =
      model::Transformer::load(half, {.dtype = model::Dtype::kFloat16, .quantization = model::Quantization::kNf4});
  CHECK((nf4.dtype() == torch::kFloat16));
  CHECK((nf4.linears()[0]->weight.nf4()->source_type == torch::kFloat16));
  CHECK(nf4.forward(torch::arange(9)).isfinite().all().item<bool>());

  const test::TemporaryFolder folder;
  const std::vector<float> values = {1.0F, 70'000.0F};
  const auto write = [&](std::int64_t count) {
    formats::write_safetensors(folder.path() / "model.safetensors",
                               {{.name = "lm_head.weight",
                                 .dtype = "F32",
                                 .shape = {count},
                                 .bytes = std::as_bytes(std::span(values).first(static_cast<std::size_t>(count)))}},
                               {});
    std::filesystem::copy(kTiny / "config.json", folder.path(), std::filesystem::copy_options::overwrite_existing);
    return model::Checkpoint::open(folder.path());
  };
  CHECK(write(1)->tensor("lm_head.weight", torch::kFloat16).item<float>() == 1);
  CHECK(write(2)->tensor("lm_head.weight", torch::kBFloat16).numel() == 2);
  CHECK_THROWS_WITH_AS(write(2)->tensor("lm_head.weight", torch::kFloat16),
                       doctest::Contains("tensor lm_head.weight: a value is too large for float16"), Error);
}

TEST_CASE("too little memory for the weights is said with what they need in other types") {
  const test::FullMemory full(1 << 10);
  CHECK_THROWS_WITH_AS(
      model::Transformer::load(kTiny, {.dtype = model::Dtype::kBFloat16}),
      doctest::Contains("do not fit into the memory of \"cpu\". They take 0.0 GB in bfloat16, 0.0 GB with quantization "
                        "int8, 0.0 GB with nf4"),
      Error);
}

TEST_CASE("a device for which radonc has no kernels, or none of its architecture, is refused with what to do") {
  test::spare_device::make_known();
  const auto load = [] {
    static_cast<void>(model::Transformer::load(RADONC_TEST_DATA "/model/tiny_llama", {.device = "abacus"}));
  };
  CHECK_THROWS_WITH_AS(load(), doctest::Contains("Device \"abacus\": this radonc is built without kernels for it."),
                       Error);
  torch::Library library(torch::Library::IMPL, "radonc", c10::DispatchKey::PrivateUse1, __FILE__, __LINE__);
  library.impl("rms_norm", [](const torch::Tensor&, const torch::Tensor&, double) -> torch::Tensor {
    TORCH_CHECK(false,
                "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors might");
  });
  CHECK_THROWS_WITH_AS(load(),
                       "Device \"abacus\": radonc's kernels do not run there: CUDA error: no kernel image is available "
                       "for execution on the device. They need compute capability 8.0 or newer. Everything runs on the "
                       "CPU too: device=\"cpu\".",
                       Error);
}
