#include "radonc/core/sha256.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

using namespace radonc;

TEST_CASE("SHA-256 of the standard's examples") {
  CHECK(core::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(core::sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(core::sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(core::sha256_hex(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("every length around a block's end; base64 is of the same bytes") {
  std::string previous;
  for (std::size_t length = 50; length < 70; ++length) {
    const std::string digest = core::sha256_hex(std::string(length, 'x'));
    CHECK(digest.size() == 64);
    CHECK(digest != previous);
    previous = digest;
  }
  CHECK(core::sha256_hex(std::string(64, 'x')) == "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
  CHECK(core::sha256_base64("") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  CHECK(core::sha256_base64("abc") == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

TEST_CASE("the processor's instructions and plain code give hashlib's digests, in one part or in many") {
  // Python: hashlib.sha256(bytes((i * i + 7 * i) % 251 for i in range(length))).hexdigest()
  const std::pair<std::size_t, const char*> expected[] = {
      {0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {55, "4b663894c980186aa740d5da70463a756b5fa62c0bc8acfd1e9080c37fdc0373"},
      {56, "733a5a43bd57834a1afb4c26da6beddaaa308b41dfdfcce729addbcc2a9874ce"},
      {63, "504aca729bd1b4a56b7721bb6b151ca753dd38b2a3503e3e925bd3afd27da297"},
      {64, "7c197ff83a25657dd0b28850ac8d03f3862acb6944a1c4f2ddfd795e69c581f9"},
      {65, "77a271d331a393f88ea0bb92cf8b3cd99bc5caf7315fa10926061fd7baeb697f"},
      {119, "6258dd1f062c807fd450ab3c952bb9c39fe78c7292cd7cdb1f074af6cee92320"},
      {120, "bcb31c42d2311b60f250d2064167960e8f9dace974328720ddc87c405fa55680"},
      {128, "de1870c8c22d994326baf46367d094c561cf8c6b8be7f64c790a63607de4eea8"},
      {1000, "014c761b1ca6cf30692b9f1ae5c2b77c7cc2e6dc2a149a862d632fb9d4d9d742"}};
  std::string bytes;
  for (std::size_t i = 0; i < 1000; ++i) bytes += static_cast<char>((i * i + 7 * i) % 251);
  for (const auto& [length, digest] : expected)
    for (const bool with_instructions : {true, false})
      for (const std::size_t step : {1UL, 7UL, 64UL, 65UL, 1000UL}) {
        CAPTURE(length);
        CAPTURE(step);
        core::Sha256 hash(with_instructions);
        for (std::size_t begin = 0; begin < length; begin += step)
          hash.update(std::string_view(bytes).substr(begin, std::min(step, length - begin)));
        CHECK(hash.hex() == digest);
      }
  core::Sha256 hash;
  CHECK(hash.update("ab").hex() == core::sha256_hex("ab"));
  CHECK(hash.update("c").hex() == core::sha256_hex("abc"));  // more may follow
}
