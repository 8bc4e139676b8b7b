#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/safetensors.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;
using formats::SafetensorsFile;
using formats::SafetensorsTensor;

namespace {

const std::vector<float> kFloats = {1, 2, 3, 4, 5, 6};
const std::vector<std::uint8_t> kBytes = {7, 8, 9};

std::vector<SafetensorsTensor> sample() {
  return {{"b.weight", "F32", {2, 3}, std::as_bytes(std::span(kFloats))},
          {"a", "U8", {3}, std::as_bytes(std::span(kBytes))},
          {"scalar", "F32", {}, std::as_bytes(std::span(kFloats).first(1))},
          {"none", "F16", {0, 4}, {}}};
}

std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t size = header.size();
  return std::string(reinterpret_cast<const char*>(&size), 8) + header + data;
}

}  // namespace

TEST_CASE("safetensors come back as written") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "x.safetensors";
  formats::write_safetensors(path, sample(), {{"format", "pt"}, {"note", "α \"quoted\""}});
  const SafetensorsFile file(path);
  CHECK(file.metadata() == std::map<std::string, std::string>{{"format", "pt"}, {"note", "α \"quoted\""}});
  REQUIRE(file.tensors().size() == 4);
  for (const SafetensorsTensor& expected : sample()) {
    CAPTURE(expected.name);
    const auto found = std::find_if(file.tensors().begin(), file.tensors().end(),
                                    [&](const auto& tensor) { return tensor.name == expected.name; });
    REQUIRE(found != file.tensors().end());
    CHECK(found->dtype == expected.dtype);
    CHECK(found->shape == expected.shape);
    CHECK(std::equal(found->bytes.begin(), found->bytes.end(), expected.bytes.begin(), expected.bytes.end()));
  }
  CHECK(std::is_sorted(file.tensors().begin(), file.tensors().end(),
                       [](const auto& a, const auto& b) { return a.name < b.name; }));
}

TEST_CASE("the same tensors give the same bytes, in any order") {
  const test::TemporaryFolder folder;
  auto tensors = sample();
  formats::write_safetensors(folder.path() / "1", tensors);
  std::reverse(tensors.begin(), tensors.end());
  formats::write_safetensors(folder.path() / "2", tensors);
  const std::string bytes = core::read_file(folder.path() / "1");
  CHECK(bytes == core::read_file(folder.path() / "2"));
  std::uint64_t header_size = 0;
  std::memcpy(&header_size, bytes.data(), 8);
  CHECK(header_size % 8 == 0);
}

TEST_CASE("a tensor that does not fill its shape is not written") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "x.safetensors";
  auto tensors = sample();
  tensors[0].shape = {2, 4};
  CHECK_THROWS_WITH_AS(formats::write_safetensors(path, tensors), doctest::Contains("b.weight"), Error);
  tensors = sample();
  tensors[1].dtype = "U7";
  CHECK_THROWS_WITH_AS(formats::write_safetensors(path, tensors), doctest::Contains("U7"), Error);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("safetensors cut anywhere are an error") {
  const test::TemporaryFolder folder;
  formats::write_safetensors(folder.path() / "whole", sample());
  const std::string bytes = core::read_file(folder.path() / "whole");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    core::write_file_atomically(folder.path() / "cut", std::string_view(bytes).substr(0, size));
    CAPTURE(size);
    CHECK_THROWS_WITH_AS(SafetensorsFile(folder.path() / "cut"), doctest::Contains("cut"), Error);
  }
}

TEST_CASE("a damaged safetensors header is an error") {
  const test::TemporaryFolder folder;
  const auto throws = [&](const std::string& header, const std::string& data = "12345678") {
    core::write_file_atomically(folder.path() / "x", file_of(header, data));
    CAPTURE(header);
    CHECK_THROWS_AS(SafetensorsFile(folder.path() / "x"), Error);
  };
  const auto tensor = [](const std::string& name, const std::string& shape, const std::string& offsets,
                         const std::string& dtype = "F32") {
    return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  core::write_file_atomically(folder.path() / "good", file_of("{" + tensor("t", "[2]", "[0,8]") + "}", "12345678"));
  CHECK(SafetensorsFile(folder.path() / "good").tensors().size() == 1);

  throws("not JSON");
  throws("[]");
  throws(R"({"t": 1})");
  throws(R"({"t": {}})");
  throws(R"({"__metadata__": {"a": 1}})");
  throws("{" + tensor("t", "[2]", "[4,12]") + "}");  // beyond the end
  throws("{" + tensor("t", "[2]", "[8,0]") + "}");   // backwards
  throws("{" + tensor("t", "[2]", "[-8,0]") + "}");
  throws("{" + tensor("t", "[2]", "[0,4]") + "}");  // too small for its shape
  throws("{" + tensor("t", "[2]", "[0]") + "}");
  throws("{" + tensor("t", "[2.0]", "[0,8]") + "}");
  throws("{" + tensor("t", "[2,true]", "[0,8]") + "}");
  throws("{" + tensor("t", "[1]", "[0,4]") + "," + tensor("t", "[1]", "[4,8]") + "}");  // twice the same name
  throws("{" + tensor("t", "[-2]", "[0,8]") + "}");
  throws("{" + tensor("t", "[\"2\"]", "[0,8]") + "}");
  throws("{" + tensor("t", "[2]", "[0,8]", "F31") + "}");
  throws("{" + tensor("t", "[4294967296,4294967296]", "[0,0]") + "}");  // wraps to nothing
  throws("{" + tensor("t", "[2]", "[0,18446744073709551615]") + "}");
  throws("{" + tensor("t", "[1]", "[0,4]") + "," + tensor("u", "[1]", "[2,6]") + "}");  // overlap
  throws("{" + tensor("t", "[1]", "[0,4]") + "," + tensor("u", "[1]", "[0,4]") + "}");
  core::write_file_atomically(folder.path() / "y", std::string(8, '\xff') + "{}");
  CHECK_THROWS_AS(SafetensorsFile(folder.path() / "y"), Error);
}

TEST_CASE("tensors lie in the reference implementation's order") {
  const test::TemporaryFolder folder;
  const std::vector<std::uint8_t> eight(8);
  const auto bytes = [&](std::size_t count) { return std::as_bytes(std::span(eight).first(count)); };
  // What safetensors 0.5 and later write: by type, widest first, then by name.
  const std::vector<SafetensorsTensor> expected = {
      {"z", "U64", {1}, bytes(8)},     {"y", "I64", {1}, bytes(8)}, {"x", "F64", {1}, bytes(8)},
      {"w", "F32", {1}, bytes(4)},     {"v", "U32", {1}, bytes(4)}, {"u", "I32", {1}, bytes(4)},
      {"t", "BF16", {1}, bytes(2)},    {"a", "F16", {1}, bytes(2)}, {"b", "F16", {1}, bytes(2)},
      {"r", "U16", {1}, bytes(2)},     {"q", "I16", {1}, bytes(2)}, {"p", "F8_E4M3", {1}, bytes(1)},
      {"o", "F8_E5M2", {1}, bytes(1)}, {"n", "I8", {1}, bytes(1)},  {"m", "U8", {1}, bytes(1)},
      {"l", "BOOL", {1}, bytes(1)}};
  formats::write_safetensors(folder.path() / "x", {expected.rbegin(), expected.rend()});
  const std::string file = core::read_file(folder.path() / "x");
  std::size_t at = 0;
  for (const SafetensorsTensor& tensor : expected) {
    CAPTURE(tensor.dtype);
    const std::size_t found = file.find("\"" + tensor.name + "\":{\"dtype\":\"" + tensor.dtype + "\"");
    REQUIRE(found != file.npos);
    CHECK(found > at);
    at = found;
  }
  CHECK_THROWS_AS(formats::write_safetensors(folder.path() / "y", {{"__metadata__", "U8", {1}, bytes(1)}}), Error);
}
