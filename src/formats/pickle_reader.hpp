// Interprets the few instructions of Python's pickle language that describe a dictionary of tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/torch_pickle.hpp"

namespace radonc::formats {
namespace pickle {

enum class Function { kOrderedDict, kRebuildTensor, kRebuildParameter };

enum class Kind : std::uint8_t {
  kNone,
  kBool,
  kInteger,
  kString,
  kTuple,
  kDict,
  kFunction,
  kStorageType,
  kStorage,
  kTensor
};

/// Small and flat, so that copying one or destroying many never recurses: lists lie in the reader.
struct Value {
  Kind kind = Kind::kNone;
  std::uint8_t depth = 0;   // of a tuple
  std::uint32_t size = 0;   // of a tuple
  std::int64_t number = 0;  // the integer; else an index
  std::string_view text;
};

struct Dict {
  bool ordered;
  std::uint8_t depth = 1;
  std::vector<std::pair<std::string_view, Value>> items;
};

struct StorageType {
  const char* name;  // in Python's module torch
  const char* dtype;
  std::uint64_t element_size;
};

struct Storage {
  const StorageType* type;
  std::string_view key;
  std::int64_t size;
};

struct Tensor {
  Value storage, offset, shape, strides;
};

class PickleReader {
 public:
  PickleReader(std::span<const std::byte> code, const std::string& where) : code_(code), where_(where) {}

  std::vector<PickledTensor> read();

 private:
  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void damaged(const char* what) const;
  [[noreturn]] void refuse(std::string_view module, std::string_view name) const;

  // The code.
  std::string_view take(std::size_t size);
  std::string_view line();
  template <typename T>
  T number() {
    T value = 0;
    std::memcpy(&value, take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  // The stack.
  [[nodiscard]] std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  std::size_t from_top(std::size_t count) const;
  std::size_t pop_mark();
  Value pop();
  void push(Value value);

  // Values.
  [[nodiscard]] std::size_t depth(const Value& value) const {
    return value.kind == Kind::kDict ? dict(value).depth : value.depth;
  }
  [[nodiscard]] Dict& dict(const Value& value) { return dicts_[static_cast<std::size_t>(value.number)]; }
  [[nodiscard]] const Dict& dict(const Value& value) const { return dicts_[static_cast<std::size_t>(value.number)]; }
  [[nodiscard]] std::span<const Value> items(const Value& tuple) const {
    return std::span(tuple_items_).subspan(static_cast<std::size_t>(tuple.number), tuple.size);
  }
  std::vector<std::int64_t> integers(const Value& tuple) const;
  bool is_no_hooks(const Value& value) const;

  // Instructions.
  bool step();  // whether there are more
  void push_text(std::size_t size);
  void push_long();
  void push_dict(bool ordered);
  void push_tuple(std::size_t begin);
  void set_items(std::size_t begin);
  void push_global();
  void push_storage();
  void put(std::uint32_t slot);
  void get(std::uint32_t slot);
  void reduce();
  void rebuild_tensor(std::span<const Value> arguments);
  void build();
  std::vector<PickledTensor> state_dict();

  std::span<const std::byte> code_;
  const std::string& where_;
  std::size_t at_ = 0;        // of the instruction
  std::size_t position_ = 0;  // of the next byte
  std::vector<Value> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Value> memo_;
  std::vector<Value> tuple_items_;
  std::vector<Dict> dicts_;
  std::vector<Storage> storages_;
  std::vector<Tensor> tensors_;
};

}  // namespace pickle
}  // namespace radonc::formats
