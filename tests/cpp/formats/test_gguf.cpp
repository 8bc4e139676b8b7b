#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/gguf.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;
using formats::GgufFile;

namespace {

template <typename T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
std::string text(const std::string& value) {
  return raw<std::uint64_t>(value.size()) + value;
}
std::string key(const std::string& name, std::uint32_t type, const std::string& value) {
  return text(name) + raw(type) + value;
}
std::string entry(const std::string& name, const std::vector<std::uint64_t>& file_shape, std::uint32_t type,
                  std::uint64_t offset) {
  std::string out = text(name) + raw(static_cast<std::uint32_t>(file_shape.size()));
  for (const auto extent : file_shape) out += raw(extent);
  return out + raw(type) + raw(offset);
}
std::string head(std::uint64_t num_tensors, std::uint64_t num_keys, std::uint32_t version = 3) {
  return "GGUF" + raw(version) + raw(num_tensors) + raw(num_keys);
}
std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 31) / 32 * 32, '\0');
  return bytes;
}

constexpr std::uint16_t kHalf = 0x3800, kTwo = 0x4000, kMinusOne = 0xBC00;  // 0.5, 2 and -1 as float16

// Two rows of 32: bytes 0, 1, 2 … as -128 + 8 i, scaled by 0.5; then all -1, scaled by 2.
std::string q8_0() {
  std::string out = raw(kHalf);
  for (int i = 0; i < 32; ++i) out += static_cast<char>(-128 + 8 * i);
  return out + raw(kTwo) + std::string(32, '\xff');
}
// Nibbles: element i is i, element i + 16 is 15 - i.
std::string nibbles() {
  std::string out;
  for (int i = 0; i < 16; ++i) out += static_cast<char>(i | ((15 - i) << 4));
  return out;
}

std::string whole_file() {
  const std::string keys =
      key("general.architecture", 8, text("llama")) + key("u8", 0, raw(std::uint8_t{200})) +
      key("i8", 1, raw(std::int8_t{-3})) + key("u16", 2, raw(std::uint16_t{60000})) +
      key("u32", 4, raw(std::uint32_t{4'000'000'000U})) + key("i32", 5, raw(std::int32_t{7})) +
      key("f32", 6, raw(1.5F)) + key("flag", 7, raw(std::uint8_t{1})) + key("u64", 10, raw(~std::uint64_t{0})) +
      key("f64", 12, raw(0.1)) + key("names", 9, raw(std::uint32_t{8}) + raw(std::uint64_t{2}) + text("a") + text("")) +
      key("numbers", 9, raw(std::uint32_t{5}) + raw(std::uint64_t{2}) + raw(std::int32_t{-1}) + raw(std::int32_t{3}));
  std::string entries, data;
  std::uint64_t count = 0;
  const auto add = [&](const std::string& name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                       const std::string& bytes) {
    entries += entry(name, shape, type, data.size());
    data = padded(data + bytes);
    ++count;
  };
  add("f32", {3, 2}, 0, raw(1.0F) + raw(-2.0F) + raw(0.1F) + raw(4.0F) + raw(5.0F) + raw(6.0F));
  add("f16", {6}, 1,
      raw(kHalf) + raw(kMinusOne) + raw(std::uint16_t{0x0001}) + raw(std::uint16_t{0x7BFF}) +
          raw(std::uint16_t{0x8000}) + raw(std::uint16_t{0x7C00}));
  add("bf16", {2}, 30, raw(std::uint16_t{0x3FC0}) + raw(std::uint16_t{0xC2F7}));
  add("q8_0", {32, 2}, 8, q8_0());
  add("q4_0", {32}, 2, raw(kHalf) + nibbles());
  add("q4_1", {32}, 3, raw(kTwo) + raw(kMinusOne) + nibbles());
  return padded(head(count, 12) + keys + entries) + data;
}

struct Written {
  explicit Written(const std::string& bytes) : path(folder.path() / "tiny.gguf") {
    core::write_file_atomically(path, bytes);
  }
  [[nodiscard]] GgufFile open() const { return GgufFile(path); }
  test::TemporaryFolder folder;
  std::filesystem::path path;
};

std::vector<float> values(const GgufFile& file, const std::string& name, std::int64_t first, std::int64_t rows,
                          std::size_t row_length) {
  std::vector<float> out(static_cast<std::size_t>(rows) * row_length);
  formats::dequantize_rows(file.tensor(name), first, rows, out);
  return out;
}

}  // namespace

TEST_CASE("GGUF metadata come back by type") {
  const Written written(whole_file());
  const GgufFile file = written.open();
  CHECK(file.string("general.architecture") == "llama");
  CHECK(file.unsigned_integer("u8") == 200);
  CHECK(file.unsigned_integer("u16") == 60'000);
  CHECK(file.unsigned_integer("u32") == 4'000'000'000U);
  CHECK(file.unsigned_integer("i32") == 7);
  CHECK(file.unsigned_integer("u64") == ~std::uint64_t{0});
  CHECK(file.number("i8") == -3);
  CHECK(file.number("f32") == 1.5);
  CHECK(file.number("f64") == 0.1);
  CHECK(file.boolean("flag") == true);
  CHECK(*file.strings("names") == std::vector<std::string>{"a", ""});
  CHECK(*file.numbers("numbers") == std::vector<double>{-1, 3});
  CHECK_FALSE(file.string("absent").has_value());
  CHECK(file.strings("absent") == nullptr);
  CHECK_THROWS_WITH_AS(static_cast<void>(file.unsigned_integer("i8")), doctest::Contains("i8"), Error);
  CHECK_THROWS_AS(static_cast<void>(file.string("u8")), Error);
  CHECK_THROWS_AS(static_cast<void>(file.boolean("u8")), Error);
  CHECK_THROWS_AS(static_cast<void>(file.number("flag")), Error);
  CHECK_THROWS_AS(static_cast<void>(file.numbers("names")), Error);
  CHECK_THROWS_AS(static_cast<void>(file.strings("numbers")), Error);
}

TEST_CASE("GGUF tensors are what hand computation gives") {
  const Written written(whole_file());
  const GgufFile file = written.open();
  CHECK(file.tensors().size() == 6);
  CHECK(file.has_tensor("q8_0"));
  CHECK(file.tensor("f32").shape == std::vector<std::int64_t>{2, 3});
  CHECK(values(file, "f32", 0, 2, 3) == std::vector<float>{1, -2, 0.1F, 4, 5, 6});
  CHECK(values(file, "f32", 1, 1, 3) == std::vector<float>{4, 5, 6});
  const auto f16 = values(file, "f16", 0, 1, 6);
  CHECK(f16 == std::vector<float>{0.5F, -1, 0x1p-24F, 65504, -0.0F, INFINITY});
  CHECK(std::signbit(f16[4]));
  CHECK(values(file, "bf16", 0, 1, 2) == std::vector<float>{1.5F, -123.5F});
  std::vector<float> first, second(32, -2), q4_0, q4_1;
  for (int i = 0; i < 32; ++i) {
    const int nibble = i < 16 ? i : 31 - i;  // element 16 + i is 15 - i
    first.push_back(static_cast<float>(-128 + 8 * i) / 2);
    q4_0.push_back(static_cast<float>(nibble - 8) / 2);
    q4_1.push_back(static_cast<float>(2 * nibble - 1));
  }
  CHECK(values(file, "q8_0", 0, 1, 32) == first);
  CHECK(values(file, "q8_0", 1, 1, 32) == second);
  CHECK(values(file, "q4_0", 0, 1, 32) == q4_0);
  CHECK(values(file, "q4_1", 0, 1, 32) == q4_1);
  CHECK_THROWS_WITH_AS(static_cast<void>(file.tensor("absent")), doctest::Contains("absent"), Error);
}

TEST_CASE("rows outside a GGUF tensor or its buffer are refused") {
  const Written written(whole_file());
  const GgufFile file = written.open();
  std::vector<float> row(32);
  const auto& tensor = file.tensor("q8_0");
  CHECK_THROWS_AS(formats::dequantize_rows(tensor, 0, 2, row), Error);
  CHECK_THROWS_AS(formats::dequantize_rows(tensor, 2, 1, row), Error);
  CHECK_THROWS_AS(formats::dequantize_rows(tensor, -1, 1, row), Error);
  CHECK_THROWS_AS(formats::dequantize_rows(tensor, std::int64_t{1} << 60, 1, row), Error);
  CHECK_THROWS_AS(formats::dequantize_rows(tensor, 0, 1, std::span(row).first(31)), Error);
}

TEST_CASE("a GGUF file cut anywhere is an error") {
  const std::string bytes = whole_file();
  const test::TemporaryFolder folder;
  // The last tensor's 20 bytes are followed by padding, which may be missing.
  for (std::size_t size = 0; size < bytes.size() - 12; ++size) {
    core::write_file_atomically(folder.path() / "cut.gguf", std::string_view(bytes).substr(0, size));
    CAPTURE(size);
    CHECK_THROWS_WITH_AS(GgufFile(folder.path() / "cut.gguf"), doctest::Contains("cut.gguf"), Error);
  }
}

TEST_CASE("a GGUF file that claims too much is an error, at once") {
  const auto throws = [](const std::string& bytes) {
    const Written written(bytes + std::string(256, '\0'));
    CHECK_THROWS_AS(written.open(), Error);
  };
  const std::uint64_t huge = ~std::uint64_t{0};
  throws("GGML" + head(0, 0).substr(4));
  throws(head(0, 0, 1));
  throws(head(0, 0, 0x03000000));  // other byte order
  throws(head(huge, 0));
  throws(head(0, huge));
  throws(head(0, 1) + raw(huge));               // a key's length
  throws(head(0, 1) + key("k", 8, raw(huge)));  // a string's
  throws(head(0, 1) + key("k", 8, raw(huge - 7)));
  throws(head(0, 1) + key("k", 9, raw(std::uint32_t{8}) + raw(huge)));                 // an array's
  throws(head(0, 1) + key("k", 9, raw(std::uint32_t{12}) + raw(std::uint64_t{200})));  // 200 doubles in 256 bytes
  throws(head(0, 1) + key("k", 9, raw(std::uint32_t{9}) + raw(std::uint64_t{1})));     // an array of arrays
  throws(head(0, 1) + key("k", 13, ""));                                               // an unknown type
  throws(head(0, 1) + key("general.alignment", 4, raw(std::uint32_t{0})));
  throws(head(1, 0) + entry("t", {}, 0, 0));
  throws(head(1, 0) + entry("t", {1, 1, 1, 1, 1}, 0, 0));
  throws(head(1, 0) + entry("t", {0}, 0, 0));
  throws(head(1, 0) + entry("t", {std::uint64_t{1} << 32, std::uint64_t{1} << 32}, 0, 0));  // wraps to 0 elements
  throws(head(1, 0) + entry("t", {huge}, 0, 0));
  throws(head(1, 0) + entry("t", {1000}, 0, 0));
  throws(head(1, 0) + entry("t", {1}, 0, huge));
  throws(head(1, 0) + entry("t", {1}, 0, huge - 3));
  throws(head(0, 1) + key("general.alignment", 4, raw(std::uint32_t{48})));               // no power of two
  throws(head(0, 1) + key("k", 9, raw(std::uint32_t{5}) + raw(std::uint64_t{70})));       // 70 int32 in 256 bytes
  throws(head(0, 1) + key("k", 9, raw(std::uint32_t{0}) + raw(std::uint64_t{1} << 25)));  // more than any vocabulary
  throws(head(1, 0) + entry("t", {1}, 0, 4));                                             // not aligned
  throws(head(2, 0) + entry("t", {16}, 0, 0) + entry("u", {1}, 0, 32));                   // overlap
  throws(head(1, 0) + entry("t", {33}, 8, 0));                                            // half a block
  throws(head(1, 0) + entry("t", {1}, 11, 0));                                            // Q3_K
  throws(head(2, 0) + entry("t", {1}, 0, 0) + entry("t", {1}, 0, 0));                     // twice the same name
}

TEST_CASE("an unsupported quantisation is called by its name") {
  const Written written(padded(head(1, 0) + entry("blk.0.ffn_up.weight", {256}, 11, 0)) + std::string(256, '\0'));
  CHECK_THROWS_WITH_AS(written.open(), doctest::Contains("blk.0.ffn_up.weight has the element type Q3_K"), Error);
}

TEST_CASE("rows that do not fill the blocks of their quantisation are refused by name") {
  for (const auto& [type, message] : {std::pair(12U, "t: rows of 128 do not fill blocks of Q4_K"),
                                      std::pair(13U, "t: rows of 128 do not fill blocks of Q5_K"),
                                      std::pair(14U, "t: rows of 128 do not fill blocks of Q6_K")}) {
    const Written written(padded(head(1, 0) + entry("t", {128, 2}, type, 0)) + std::string(256, '\0'));
    CHECK_THROWS_WITH_AS(written.open(), doctest::Contains(message), Error);
  }
}

TEST_CASE("every element type has the values that the gguf package gives, bit for bit") {
  const GgufFile file(RADONC_TEST_DATA "/formats/quantised.gguf");
  int compared = 0;
  for (const auto& [name, tensor] : file.tensors()) {
    if (!file.has_tensor(name + ".expected")) continue;
    CAPTURE(name);
    const auto expected = file.tensor(name + ".expected").data;
    const std::int64_t rows = tensor.shape.size() > 1 ? tensor.shape[0] : 1;
    const auto row_length = static_cast<std::size_t>(tensor.shape.back());
    const auto all = values(file, name, 0, rows, row_length);
    REQUIRE(all.size() * sizeof(float) == expected.size());
    CHECK(std::memcmp(all.data(), expected.data(), expected.size()) == 0);
    const auto last = values(file, name, rows - 1, 1, row_length);
    CHECK(std::memcmp(last.data(), expected.last(row_length * sizeof(float)).data(), row_length * sizeof(float)) == 0);
    ++compared;
  }
  CHECK(compared == 11);  // ten types, and the blocks that test_gguf_writer.cpp compares
}
