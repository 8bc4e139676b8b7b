#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "radonc/formats/torch_archive.hpp"
#include "support/golden.hpp"
#include "support/temporary_folder.hpp"
#include "support/torch_file.hpp"

using namespace radonc;
using namespace radonc::test;
using formats::SafetensorsTensor;
using formats::TorchArchive;

namespace {

const std::filesystem::path kGoldens = RADONC_TEST_DATA "/formats";
const std::string kWeight = text("w");

std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string result;
  for (const std::byte byte : bytes) {
    result += "0123456789abcdef"[static_cast<int>(byte >> 4)];
    result += "0123456789abcdef"[static_cast<int>(byte & std::byte{15})];
  }
  return result;
}

const SafetensorsTensor& find(const TorchArchive& archive, const std::string& name) {
  const auto found = std::find_if(archive.tensors().begin(), archive.tensors().end(),
                                  [&](const auto& tensor) { return tensor.name == name; });
  REQUIRE(found != archive.tensors().end());
  return *found;
}

/// Unlike write_file_atomically, does not wait for the disk.
void write(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// An archive with this pickle and one storage of 16 bytes.
std::vector<ZipItem> items_of(const std::string& pickle) {
  return {{"x/data.pkl", pickle}, {"x/byteorder", "little"}, {"x/data/0", "0123456789abcdef"}};
}

/// A pickle whose only tensor is 2 x 2.
std::string good_pickle() {
  return dictionary(kWeight + tensor(storage(4), 0, numbers({2, 2}), numbers({2, 1})));
}

class Refuses {
 public:
  void file(const std::string& content, const char* message) {
    write(folder_.path() / "bad.pth", content);
    CHECK_THROWS_WITH_AS(TorchArchive(folder_.path() / "bad.pth"), doctest::Contains(message), Error);
    CHECK_THROWS_WITH_AS(TorchArchive(folder_.path() / "bad.pth"), doctest::Contains("bad.pth: "), Error);
  }
  void pickle(const std::string& pickle, const char* message) { file(zip(items_of(pickle)), message); }
  void value(const std::string& value, const char* message) { pickle(dictionary(kWeight + value), message); }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("state dicts come back as torch reads them") {
  const auto files = golden("formats/torch_archive.json");
  REQUIRE(files.size() == 3);
  for (const auto& [file, tensors] : files.items()) {
    CAPTURE(file);
    const TorchArchive archive(kGoldens / (file + ".pth"));
    CHECK(archive.path() == kGoldens / (file + ".pth"));
    REQUIRE(archive.tensors().size() == tensors.size());
    for (const auto& [name, expected] : tensors.items()) {
      CAPTURE(name);
      const SafetensorsTensor& tensor = find(archive, name);
      CHECK(tensor.dtype == expected["dtype"]);
      CHECK(tensor.shape == expected["shape"].get<std::vector<std::int64_t>>());
      CHECK(hexadecimal(tensor.bytes) == expected["bytes"]);
    }
    CHECK(std::is_sorted(archive.tensors().begin(), archive.tensors().end(),
                         [](const auto& a, const auto& b) { return a.name < b.name; }));
  }
}

TEST_CASE("tensors of one storage share its bytes in the file") {
  const TorchArchive plain(kGoldens / "plain.pth");
  const auto* base = find(plain, "base").bytes.data();
  CHECK(find(plain, "base.row").bytes.data() == base + 4 * sizeof(float));
  CHECK(find(plain, "base.rows").bytes.data() == base + 8 * sizeof(float));
  const TorchArchive module(kGoldens / "module.pth");
  CHECK(find(module, "head.weight").bytes.data() == find(module, "embed.weight").bytes.data());
}

TEST_CASE("a zip archive with long sizes, and one without a byte order") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x.pth";
  auto items = items_of(good_pickle());
  items.push_back({"x/", ""});
  items.push_back({"x/.data/serialization_id", "1"});
  for (const bool zip64 : {false, true}) {
    write(path, zip(items, zip64));
    const TorchArchive archive(path);
    const SafetensorsTensor& tensor = find(archive, "w");
    CHECK(std::memcmp(tensor.bytes.data(), "0123456789abcdef", tensor.bytes.size()) == 0);
    CHECK(tensor.shape == std::vector<std::int64_t>{2, 2});
  }
  items.erase(items.begin() + 1);
  write(path, zip(items));
  CHECK(TorchArchive(path).tensors().size() == 1);
}

TEST_CASE("what torch.save writes besides a dictionary of tensors is refused") {
  const auto refuses = [](const std::string& name, const char* message) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(TorchArchive(kGoldens / name), doctest::Contains(message), Error);
  };
  refuses("runs_command.pth", "byte 18 of data.pkl: the file wants to run posix.system, which radonc refuses");
  refuses("runs_command.pth", "convert it to safetensors");
  refuses("old_format.pth", "before 1.6. Save it again");
  refuses("protocol_4.pth", "pickle protocol 4, expected 2");
  refuses("strided.pth", "tensor weight is not contiguous");
  refuses("complex.pth", "torch.ComplexFloatStorage");
  refuses("checkpoint.pth", "entry model is a dictionary. Save model.state_dict() alone");
  refuses("number_inside.pth", "entry epoch is a number");
  refuses("float_inside.pth", "BINFLOAT");
  refuses("list.pth", "EMPTY_LIST");
  refuses("tensor.pth", "the content is a tensor");
  refuses("number.pth", "the content is a number");
  refuses("compressed.pth", "is compressed");
  refuses("not_there.pth", "not_there.pth");
}

TEST_CASE("a pickle that wants to run anything is refused") {
  Refuses refuses;
  refuses.value(global("os", "system") + text("echo") + "\x85R", "run os.system,");
  refuses.value("(" + text("echo") + "ios\nsystem\n", "run os.system,");
  refuses.value(global("builtins", "eval") + text("1") + "\x85R", "run builtins.eval,");
  refuses.value(global("torch", "load") + text("1") + "\x85R", "run torch.load,");
  refuses.value(global("torch._utils", "_rebuild_tensor_v3") + ")R", "run torch._utils._rebuild_tensor_v3,");
  refuses.value(global("collections.OrderedDict", "__init__") + ")R", "OrderedDict.__init__,");
  refuses.value(global("collections", "OrderedDict.fromkeys") + ")R", "OrderedDict.fromkeys,");
  refuses.value(global("os\x1b[2J", "x") + ")R", "run os\\x1b[2J.x,");
  refuses.value(global(std::string(5000, 'a'), "x"), "run aaaaaaaaaa");
  refuses.value(text("os") + text("system") + "\x93" + ")R", "STACK_GLOBAL");
  refuses.value(global("collections", "OrderedDict") + ")\x81", "NEWOBJ");
  refuses.value("(" + global("collections", "OrderedDict") + "o", "OBJ");
  refuses.value("\x82\x01", "EXT1");
  refuses.value("Pos\n", "PERSID");
  refuses.value("\xff", "0xff");
  // Functions that are known, called as torch.save never does.
  refuses.value(global("collections", "OrderedDict") + text("x") + "\x85R", "OrderedDict with arguments");
  refuses.value(global("collections", "OrderedDict") + text("x") + "R", "calls what is no function");
  refuses.value(global("torch", "FloatStorage") + number(4) + "\x85R", "calls what is no function");
  refuses.value(text("print") + ")R", "calls what is no function");
  refuses.value(global("torch._utils", "_rebuild_tensor_v2") + ")R", "_rebuild_tensor_v2 with arguments");
  refuses.value(global("torch._utils", "_rebuild_parameter") + "N\x88" + kOrderedDict + "\x87R",
                "_rebuild_parameter with arguments");
  refuses.value(tensor(storage(4), 0, "N", numbers({1})), "_rebuild_tensor_v2 with arguments");
  refuses.value(tensor("N", 0, numbers({1}), numbers({1})), "_rebuild_tensor_v2 with arguments");
  refuses.value(tensor(storage(4), 0, numbers({2, 2}), numbers({1})), "_rebuild_tensor_v2 with arguments");
  refuses.value(tensor(storage(4), 0, "(" + text("2") + "t", numbers({1})), "_rebuild_tensor_v2 with arguments");
  refuses.value(text("storage") + "Q", "names no storage");
  refuses.value("(" + text("module") + global("torch", "FloatStorage") + text("0") + text("cpu") + number(4) + "tQ",
                "names no storage");
  // Attributes other than the versions of modules.
  refuses.value(kOrderedDict + "}" + text("__class__") + "}sb", "_metadata");
  refuses.value(kOrderedDict + "}" + text("_metadata") + "Nsb", "_metadata");
  refuses.value(kOrderedDict + "Nb", "_metadata");
  refuses.value("}}" + text("_metadata") + "}sb", "_metadata");
}

TEST_CASE("a damaged pickle is an error") {
  Refuses refuses;
  refuses.pickle("", "ends too early");
  refuses.pickle("\x80", "ends too early");
  refuses.pickle("}.", "not a pickle");
  refuses.pickle("\x80\x02", "ends too early");
  refuses.pickle("\x80\x02.", "stops before its end");
  refuses.pickle("\x80\x02}}.", "stops before its end");
  refuses.pickle("\x80\x02}(.", "stops before its end");
  refuses.pickle(good_pickle() + ".", "stops before its end");
  refuses.pickle("\x80\x02}s.", "too few values");
  refuses.pickle("\x80\x02}u.", "no mark");
  refuses.pickle("\x80\x02t.", "no mark");
  refuses.pickle("\x80\x02}(" + kWeight + "u.", "entries without a dictionary");
  refuses.pickle("\x80\x02(" + kWeight + "Nu.", "entries without a dictionary");
  refuses.pickle("\x80\x02N(" + kWeight + "Nu.", "entries without a dictionary");
  refuses.pickle("\x80\x02}(" + kWeight + "Ns.", "entries without a dictionary");  // beyond the mark
  refuses.pickle("\x80\x02}(R", "too few values");
  refuses.pickle("\x80\x02}(NNu.", "key that is not a text");
  refuses.value("X\xff\xff\xff\xff", "ends too early");
  refuses.value("\x8c\x09", "ends too early");
  refuses.value("\x8a\x09" + std::string(9, '\1'), "more than 64 bits");
  refuses.value("cos", "ends too early");
  refuses.value("h\x07", "never noted");
  refuses.value(std::string("j\x07\0\0\0", 5), "never noted");
  refuses.pickle("\x80\x02q\x01", "too few values");
  for (const char* bad : {"\xff", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\xc3("})
    refuses.pickle(dictionary(text(bad) + "N"), "not UTF-8");
  refuses.value("N", "entry w is None");
  refuses.value("\x88", "entry w is a truth value");
  const std::string weight = tensor(storage(4), 0, numbers({2}), numbers({1}));
  refuses.pickle(dictionary(kWeight + weight + kWeight + weight), "tensor w occurs twice");
}

TEST_CASE("a pickle cannot exhaust the memory or the stack") {
  Refuses refuses;
  const auto repeat = [](const std::string& part, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += part;
    return result;
  };
  refuses.value(")" + repeat("\x85", 100000), "nested deeper");
  refuses.value(repeat("(", 100000), "nested deeper");
  refuses.value(repeat("}" + text("a"), 100) + "N" + repeat("s", 100), "nested deeper");
  refuses.value("}q\x01" + repeat(text("a") + "h\x01s", 100), "nested deeper");  // a dictionary inside itself
  refuses.value(repeat("N", 100000), "more values at once");
  // Each value twice the one before.
  refuses.value(")" + repeat("q\x01h\x01\x86", 64), "nested deeper");
  refuses.value("}q\x01" + repeat("q\x01}" + text("a") + "h\x01s" + text("b") + "h\x01s", 64), "nested deeper");
  refuses.pickle("\x80\x02" + std::string(1 << 24, '}'), "more than a state dict can need");
  // One long shape for many tensors.
  refuses.value(tensor(storage(4), 0, "(" + repeat("K\x01", 60000) + "tq\x01", "h\x01"), "with arguments");
}

TEST_CASE("a tensor outside its storage is an error") {
  Refuses refuses;
  const auto bad = [&](const std::string& storage, std::int64_t offset, std::initializer_list<std::int64_t> shape,
                       std::initializer_list<std::int64_t> strides, const char* message) {
    refuses.value(tensor(storage, offset, numbers(shape), numbers(strides)), message);
  };
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  bad(storage(4, "1"), 0, {1}, {1}, "tensor w: its storage 1 is not in the file");
  bad(storage(4, "../data.pkl"), 0, {1}, {1}, "is not in the file");
  bad(storage(4, ""), 0, {1}, {1}, "is not in the file");
  bad(storage(5), 0, {1}, {1}, "its storage holds 16 bytes, not 5 F32s");
  bad(storage(3), 0, {1}, {1}, "its storage holds 16 bytes");
  bad(storage(-4), 0, {1}, {1}, "its storage holds 16 bytes");
  bad(storage(kHuge + 4), 0, {1}, {1}, "its storage holds 16 bytes");  // 16 bytes, were it to wrap
  bad(storage(4, "0", "DoubleStorage"), 0, {1}, {1}, "not 4 F64s");
  bad(storage(4), 0, {5}, {1}, "tensor w reaches beyond its storage");
  bad(storage(4), 1, {2, 2}, {2, 1}, "reaches beyond its storage");
  bad(storage(4), 5, {0}, {1}, "reaches beyond its storage");
  bad(storage(4), -1, {1}, {1}, "reaches beyond its storage");
  bad(storage(4), INT64_MAX, {1}, {1}, "reaches beyond its storage");
  bad(storage(4), INT64_MIN, {1}, {1}, "reaches beyond its storage");
  bad(storage(4), 0, {-1}, {1}, "impossible shape");
  bad(storage(4), 0, {kHuge, 4}, {4, 1}, "impossible shape");
  bad(storage(4), 0, {std::int64_t{1} << 32, std::int64_t{1} << 32}, {std::int64_t{1} << 32, 1}, "impossible shape");
  bad(storage(4), 0, {2, 2}, {1, 2}, "not contiguous");
  bad(storage(4), 0, {2, 2}, {0, 0}, "not contiguous");
  bad(storage(4), 0, {2}, {-1}, "not contiguous");
}

TEST_CASE("a zip archive that lies is an error") {
  Refuses refuses;
  const auto lies = [&](std::string file, std::size_t at, const std::string& bytes) {
    CAPTURE(at);
    refuses.file(file.replace(at, bytes.size(), bytes), "directory does not fit the file");
  };
  const std::string one_byte("\x31\x00", 2);
  const std::string ones(4, '\xff');
  const auto items = items_of(good_pickle());

  const std::string file = zip(items);
  const std::size_t end = file.size() - 22;
  const std::size_t first = file.find("PK\x01\x02");
  for (const std::size_t field : {4, 6, 8, 10, 12, 16}) lies(file, end + field, one_byte);
  for (const std::size_t field : {0, 8, 20, 24, 28, 30, 32, 34, 42, 46}) lies(file, first + field, "\x02\x08");
  for (const std::size_t field : {20, 24, 42}) lies(file, first + field, ones);
  for (const std::size_t field : {0, 6, 8, 18, 22, 26, 28, 30}) lies(file, field, "\x02\x08");
  lies(file, end + 8, std::string("\x02\x00\x02", 3));  // an entry fewer
  lies(file, first + 20, std::string("\x01\x00\x00\x00\x01", 5));

  const std::string long_file = zip(items, /*zip64=*/true);
  const std::size_t long_end = long_file.size() - 22;
  const std::size_t record = long_end - 76;
  const std::size_t extra = long_file.find("PK\x01\x02") + 46 + items[0].name.size() + 6;
  for (const std::size_t field : {8, 10, 12, 16}) lies(long_file, long_end + field, one_byte);
  for (const std::size_t field : {0, 4, 16, 20, 24, 32, 40, 48}) lies(long_file, record + field, one_byte);
  for (const std::size_t field : {7, 31, 39, 47, 55}) lies(long_file, record + field, "\xff");
  for (const std::size_t field : {56, 60, 64, 71}) lies(long_file, record + field, one_byte.substr(0, 1));
  for (const std::size_t field : {0, 2, 4, 11, 12, 19, 20, 27}) lies(long_file, extra + field, one_byte.substr(0, 1));

  // An entry inside another.
  const std::string inner = zip({{"x/b", "12"}}).substr(0, 35);
  const std::string nested = zip({{"x/a", inner}, {"x/b", "12"}});
  lies(nested, nested.find("PK\x01\x02", nested.find("PK\x01\x02") + 1) + 42, std::string(1, '\x21'));
}

TEST_CASE("a zip archive that torch.save does not write is an error") {
  Refuses refuses;
  const auto with = [](const ZipItem& item) {
    auto items = items_of(good_pickle());
    items.push_back(item);
    return zip(items);
  };
  for (const std::uint16_t flag : {1, 1 << 6, 1 << 13}) refuses.file(with({"x/y", "", flag}), "x/y is encrypted");
  refuses.file(with({"x/y", "", 0, 8}), "entry x/y is compressed");
  refuses.file(with({"x/data/0", ""}), "entry x/data/0 occurs twice");
  refuses.file(with({"y/data.pkl", ""}), "two data.pkl");
  refuses.file(zip({{"data.pkl", good_pickle()}, {"x/y/data.pkl", good_pickle()}}), "without data.pkl");
  refuses.file(zip({}), "without data.pkl");
  refuses.file(zip({{"x/data.pkl", good_pickle()}, {"x/byteorder", "big"}}), "byte order is big, expected little");
  refuses.file(zip({{"x/data.pkl", good_pickle()}}), "its storage 0 is not in the file");
  refuses.file(with({"x/y", ""}) + " ", "no zip directory");
  refuses.file("", "no zip directory");
  refuses.file(std::string(100, 'x'), "no zip directory");
  CHECK_THROWS_AS(TorchArchive{kGoldens}, Error);

  const TemporaryFolder folder;
  std::string commented = with({"x/y", ""}) + "a comment";
  commented[commented.size() - 11] = 9;
  write(folder.path() / "x", commented);
  CHECK(TorchArchive(folder.path() / "x").tensors().size() == 1);
}

TEST_CASE("a state dict cut anywhere is an error") {
  const TemporaryFolder folder;
  const std::string bytes = core::read_file(kGoldens / "module.pth");
  write(folder.path() / "cut", bytes);
  for (std::size_t size = bytes.size(); size-- > 0;) {
    std::filesystem::resize_file(folder.path() / "cut", size);
    CAPTURE(size);
    CHECK_THROWS_WITH_AS(TorchArchive(folder.path() / "cut"), doctest::Contains("cut"), Error);
  }
}

TEST_CASE("whatever byte of a state dict is damaged, it is read or refused") {
  const TemporaryFolder folder;
  const std::string bytes = core::read_file(kGoldens / "module.pth");
  write(folder.path() / "x", bytes);
  std::fstream file(folder.path() / "x", std::ios::binary | std::ios::in | std::ios::out);
  const auto set = [&](std::size_t at, unsigned byte) {
    file.seekp(static_cast<std::streamoff>(at)).put(static_cast<char>(byte)).flush();
  };
  std::mt19937 random(7);
  std::size_t read = 0;
  std::size_t refused = 0;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 2 * bytes.size(); ++i) {
    const std::size_t at = i % bytes.size();
    set(at, static_cast<unsigned char>(bytes[at]) ^ (1U + random() % 255U));
    try {
      const TorchArchive archive(folder.path() / "x");
      for (const SafetensorsTensor& tensor : archive.tensors())
        for (const std::byte value : tensor.bytes) sum += static_cast<unsigned>(value);
      ++read;
    } catch (const Error&) {
      ++refused;
    }
    set(at, static_cast<unsigned char>(bytes[at]));
  }
  CHECK(core::read_file(folder.path() / "x") == bytes);
  CHECK(sum > 0);  // every byte that a tensor claims can be read
  CHECK(read > 1000);
  CHECK(refused > 1000);
}
