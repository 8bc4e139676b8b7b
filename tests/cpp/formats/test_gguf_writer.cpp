#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/core/float16.hpp"
#include "radonc/formats/gguf_writer.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;
using formats::GgufFile;
using formats::GgufSink;
using formats::GgufTensorSource;
using formats::GgufType;
using formats::GgufValue;

namespace {

template <typename T>
GgufTensorSource tensor(const std::string& name, std::vector<std::int64_t> shape, GgufType type,
                        std::vector<T> content) {
  return {.name = name, .shape = std::move(shape), .type = type, .deliver = [content](const GgufSink& sink) {
            sink(std::as_bytes(std::span(content)));
          }};
}

GgufTensorSource floats(const std::string& name, const std::vector<float>& content) {
  return tensor(name, {static_cast<std::int64_t>(content.size())}, GgufType::kF32, content);
}

std::vector<float> values(const GgufFile& file, const std::string& name, std::int64_t rows, std::size_t row_length) {
  std::vector<float> out(static_cast<std::size_t>(rows) * row_length);
  formats::dequantize_rows(file.tensor(name), 0, rows, out);
  return out;
}

std::vector<std::byte> q8_0(const std::vector<float>& content) {
  std::vector<std::byte> out(content.size() / 32 * 34);
  formats::quantize_q8_0(content, out);
  return out;
}

bool is_empty(const test::TemporaryFolder& folder) {
  return std::filesystem::is_empty(folder.path());
}

}  // namespace

TEST_CASE("a written GGUF file is read back: metadata of every type") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "new" / "keys.gguf";
  std::vector<std::string> vocabulary = {"<s>", "", "Gy µ"};
  formats::write_gguf(path,
                      {{"text", "llama"},
                       {"unsigned", std::uint32_t{4'000'000'000U}},
                       {"float", 0.1F},
                       {"yes", true},
                       {"no", false},
                       {"strings", vocabulary},
                       {"floats", std::vector<float>{0.1F, -1e30F}},
                       {"integers", std::vector<std::int32_t>{-2'000'000'000, 3}},
                       {"none", std::vector<std::string>{}}},
                      {});
  const GgufFile file(path);
  CHECK(file.string("text") == "llama");
  CHECK(file.unsigned_integer("unsigned") == 4'000'000'000U);
  CHECK(file.number("float") == double{0.1F});
  CHECK(file.boolean("yes") == true);
  CHECK(file.boolean("no") == false);
  CHECK(*file.strings("strings") == vocabulary);
  CHECK(*file.numbers("floats") == std::vector<double>{0.1F, -1e30F});
  CHECK(*file.numbers("integers") == std::vector<double>{-2'000'000'000, 3});
  CHECK(file.strings("none")->empty());
  CHECK(file.tensors().empty());
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == 1);
}

TEST_CASE("a written GGUF file is read back: tensors of every type, each aligned") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "tensors.gguf";
  std::vector<float> ramp(64);
  for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = 0.01F * static_cast<float>(i) - 0.3F;
  std::vector<std::uint16_t> half, bfloat;
  std::vector<float> as_half, as_bfloat;
  for (const float value : ramp) {
    half.push_back(core::float_to_half(value));
    bfloat.push_back(core::float_to_bfloat16(value));
    as_half.push_back(core::half_to_float(half.back()));
    as_bfloat.push_back(core::bfloat16_to_float(bfloat.back()));
  }
  // In pieces, as a large tensor would come.
  const GgufTensorSource pieces{
      .name = "pieces", .shape = {2, 3, 4}, .type = GgufType::kF32, .deliver = [&](const GgufSink& sink) {
        for (std::size_t i = 0; i < 24; i += 8) sink(std::as_bytes(std::span(ramp).subspan(i, 8)));
        sink({});
      }};
  const std::string long_name(63, 'n');
  const std::vector<GgufTensorSource> tensors = {floats("z", {1, 2, 3}),
                                                 pieces,
                                                 tensor("half", {4, 16}, GgufType::kF16, half),
                                                 tensor("bfloat", {64}, GgufType::kBF16, bfloat),
                                                 tensor("q8_0", {2, 32}, GgufType::kQ8_0, q8_0(ramp)),
                                                 floats(long_name, {-5})};
  const std::map<std::string, GgufValue> metadata = {{"general.architecture", "llama"},
                                                     {"general.alignment", std::uint32_t{32}}};
  formats::write_gguf(path, metadata, tensors);
  const GgufFile file(path);
  CHECK(file.tensors().size() == 6);
  CHECK(values(file, "z", 1, 3) == std::vector<float>{1, 2, 3});
  CHECK(file.tensor("pieces").shape == std::vector<std::int64_t>{2, 3, 4});
  CHECK(values(file, "pieces", 6, 4) == std::vector<float>(ramp.begin(), ramp.begin() + 24));
  CHECK(file.tensor("half").shape == std::vector<std::int64_t>{4, 16});
  CHECK(values(file, "half", 4, 16) == as_half);
  CHECK(values(file, "bfloat", 1, 64) == as_bfloat);
  const auto quantised = values(file, "q8_0", 2, 32);
  for (std::size_t i = 0; i < ramp.size(); ++i) CHECK(std::abs(quantised[i] - ramp[i]) < 0.33F / 127);
  CHECK(values(file, long_name, 1, 1) == std::vector<float>{-5});

  const std::string bytes = core::read_file(path);
  CHECK(bytes.size() % 32 == 0);                   // the last tensor is padded, too
  for (const auto& [name, read] : file.tensors())  // a map begins at a page, so addresses tell the offset in the file
    CHECK(reinterpret_cast<std::uintptr_t>(read.data.data()) % 32 == 0);
  formats::write_gguf(path, metadata, tensors);
  CHECK(core::read_file(path) == bytes);
}

TEST_CASE("a failing callback leaves nothing behind, and what was there stays") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "m.gguf";
  const auto failing = [&](const std::function<void(const GgufSink&)>& deliver) {
    formats::write_gguf(
        path, {}, {floats("first", {1}), {.name = "second", .shape = {2}, .type = GgufType::kF32, .deliver = deliver}});
  };
  const std::vector<std::byte> bytes(12);
  CHECK_THROWS_WITH_AS(failing([](const GgufSink&) { throw std::runtime_error("mine"); }), "mine", std::runtime_error);
  CHECK_THROWS_WITH_AS(
      failing([&](const GgufSink& sink) { sink(std::span(bytes).first(7)); }),
      doctest::Contains("m.gguf: tensor second: its callback delivered less than the 8 bytes of its shape"), Error);
  CHECK_THROWS_WITH_AS(failing([&](const GgufSink& sink) { sink(bytes); }), doctest::Contains("delivered more"), Error);
  CHECK(is_empty(folder));
  core::write_file_atomically(path, "before");
  CHECK_THROWS_AS(failing([](const GgufSink&) {}), Error);
  CHECK(core::read_file(path) == "before");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("what a GGUF file cannot hold is refused before anything is written") {
  const test::TemporaryFolder folder;
  const auto refuses = [&](const char* message, const std::map<std::string, GgufValue>& metadata,
                           const std::vector<GgufTensorSource>& tensors) {
    CHECK_THROWS_WITH_AS(formats::write_gguf(folder.path() / "m.gguf", metadata, tensors), doctest::Contains(message),
                         Error);
  };
  const auto shaped = [](std::vector<std::int64_t> shape, GgufType type = GgufType::kF32) {
    return tensor("blk.0", std::move(shape), type, std::vector<float>{});
  };
  refuses("m.gguf: two tensors are named twice", {}, {floats("twice", {1}), floats("twice", {1})});
  refuses("1 to 63 bytes", {}, {floats("", {1})});
  refuses("1 to 63 bytes", {}, {floats(std::string(64, 'n'), {1})});
  refuses("tensor blk.0 has 0 dimensions", {}, {shaped({})});
  refuses("tensor blk.0 has 5 dimensions", {}, {shaped({1, 1, 1, 1, 1})});
  refuses("tensor blk.0 has an impossible shape", {}, {shaped({2, 0})});
  refuses("tensor blk.0 has an impossible shape", {}, {shaped({-1})});
  refuses("tensor blk.0 has an impossible shape", {}, {shaped({std::int64_t{1} << 32, std::int64_t{1} << 32})});
  refuses("tensor blk.0: rows of 48 do not fill blocks of Q8_0", {}, {shaped({2, 48}, GgufType::kQ8_0)});
  refuses("tensor blk.0: unknown element type", {}, {shaped({1}, static_cast<GgufType>(99))});
  refuses("tensor blk.0: nothing delivers its bytes", {}, {{.name = "blk.0", .shape = {1}}});
  refuses("a metadata key is empty", {{"", true}}, {});
  refuses("key general.alignment: only 32", {{"general.alignment", std::uint32_t{64}}}, {});
  CHECK(is_empty(folder));
}

TEST_CASE("a folder that cannot be written is an error that names the file") {
  const test::TemporaryFolder folder;
  core::write_file_atomically(folder.path() / "file", "x");
  CHECK_THROWS_WITH_AS(formats::write_gguf(folder.path() / "file" / "m.gguf", {}, {}),
                       doctest::Contains("m.gguf: cannot be written"), Error);
}

TEST_CASE("Q8_0 blocks are those of the gguf package, bit for bit") {
  const GgufFile file(RADONC_TEST_DATA "/formats/quantised.gguf");
  const auto& input = file.tensor("to_quantise");
  const auto expected = file.tensor("to_quantise.q8_0").data;
  const auto blocks = q8_0(values(file, "to_quantise", input.shape[0], static_cast<std::size_t>(input.shape[1])));
  REQUIRE(blocks.size() == expected.size());
  CHECK(std::memcmp(blocks.data(), expected.data(), expected.size()) == 0);
}

TEST_CASE("values that Q8_0 cannot hold are refused, and vanishing ones become zero") {
  for (const float bad : {NAN, INFINITY, -INFINITY, 8'321'040.0F, -1e30F}) {
    std::vector<float> content(64);
    content[40] = bad;
    CHECK_THROWS_WITH_AS(q8_0(content), doctest::Contains("value 40"), Error);
  }
  std::vector<float> content(32, 1e-37F);  // the inverse of the scale overflows
  CHECK(q8_0(content) == std::vector<std::byte>(34));
  content[3] = 8'321'039.5F;
  CHECK(q8_0(content)[5] == std::byte{127});
  std::vector<std::byte> out(34);
  CHECK_THROWS_AS(formats::quantize_q8_0(std::span(content).first(31), out), Error);
  CHECK_THROWS_AS(formats::quantize_q8_0(content, std::span(out).first(33)), Error);
  formats::quantize_q8_0({}, {});
}
