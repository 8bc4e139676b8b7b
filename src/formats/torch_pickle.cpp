#include "formats/pickle_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/file_text.hpp"
#include "formats/pickle_opcodes.hpp"
#include "radonc/core/error.hpp"

namespace radonc::formats {
namespace pickle {
namespace {

// What one byte of pickle can make us allocate is bounded; these bound the rest.
constexpr std::size_t kLargestPickle = std::size_t{1} << 24;  // a hundred thousand tensors
constexpr std::size_t kLargestStack = std::size_t{1} << 16;   // torch.save sets a thousand entries at once
constexpr std::size_t kDeepest = 8;                           // the deepest that torch.save writes is 3
constexpr std::size_t kMostExtents = 16;                      // more than any model has

constexpr StorageType kStorageTypes[] = {
    {"FloatStorage", "F32", 4}, {"HalfStorage", "F16", 2}, {"BFloat16Storage", "BF16", 2}, {"DoubleStorage", "F64", 8},
    {"LongStorage", "I64", 8},  {"IntStorage", "I32", 4},  {"ByteStorage", "U8", 1},       {"BoolStorage", "BOOL", 1}};

constexpr const char* kKindNames[] = {"None",         "a truth value", "a number",       "a text",    "a tuple",
                                      "a dictionary", "a function",    "a storage type", "a storage", "a tensor"};

}  // namespace

void PickleReader::fail(const std::string& what) const {
  throw Error(fmt::format("{}: byte {} of data.pkl: {}", where_, at_, what));
}

void PickleReader::damaged(const char* what) const {
  fail(fmt::format("{}. The file is damaged.", what));
}

void PickleReader::refuse(std::string_view module, std::string_view name) const {
  fail(
      fmt::format("the file wants to run {}.{}, which radonc refuses. If you trust who made the file, load it in "
                  "PyTorch and convert it to safetensors.",
                  core::readable(module), core::readable(name)));
}

std::string_view PickleReader::take(std::size_t size) {
  if (size > code_.size() - position_) damaged("the pickle ends too early");
  const auto* begin = reinterpret_cast<const char*>(code_.data()) + position_;
  position_ += size;
  return {begin, size};
}

std::string_view PickleReader::line() {
  const std::string_view rest(reinterpret_cast<const char*>(code_.data()) + position_, code_.size() - position_);
  const std::size_t size = rest.find('\n');
  if (size == rest.npos) damaged("the pickle ends too early");
  position_ += size + 1;
  return rest.substr(0, size);
}

/// The position of the last `count` values, none of them before the mark.
std::size_t PickleReader::from_top(std::size_t count) const {
  if (stack_.size() - floor() < count) damaged("an instruction finds too few values");
  return stack_.size() - count;
}

std::size_t PickleReader::pop_mark() {
  if (marks_.empty()) damaged("an instruction finds no mark");
  const std::size_t mark = marks_.back();
  marks_.pop_back();
  return mark;
}

Value PickleReader::pop() {
  const Value value = stack_[from_top(1)];
  stack_.pop_back();
  return value;
}

void PickleReader::push(Value value) {
  if (stack_.size() >= kLargestStack) damaged("more values at once than torch.save writes");
  stack_.push_back(value);
}

void PickleReader::push_text(std::size_t size) {
  const std::string_view text = take(size);
  if (!core::is_utf8(text)) damaged("a text that is not UTF-8");
  push({.kind = Kind::kString, .text = text});
}

/// An integer of up to 8 bytes, the last of which holds the sign.
void PickleReader::push_long() {
  const std::string_view bytes = take(number<std::uint8_t>());
  if (bytes.size() > 8) damaged("an integer of more than 64 bits");
  std::uint64_t value = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  push({.kind = Kind::kInteger, .number = static_cast<std::int64_t>(value)});
}

void PickleReader::push_dict(bool ordered) {
  push({.kind = Kind::kDict, .number = static_cast<std::int64_t>(dicts_.size())});
  dicts_.push_back({.ordered = ordered});
}

void PickleReader::push_tuple(std::size_t begin) {
  Value tuple{.kind = Kind::kTuple,
              .size = static_cast<std::uint32_t>(stack_.size() - begin),
              .number = static_cast<std::int64_t>(tuple_items_.size())};
  std::size_t deepest = 0;
  for (std::size_t i = begin; i < stack_.size(); ++i) {
    deepest = std::max(deepest, depth(stack_[i]));
    tuple_items_.push_back(stack_[i]);
  }
  if (deepest >= kDeepest) damaged("values nested deeper than torch.save writes");
  tuple.depth = static_cast<std::uint8_t>(deepest + 1);
  stack_.resize(begin);
  push(tuple);
}

/// Puts the keys and values from `begin` on into the dictionary before them.
void PickleReader::set_items(std::size_t begin) {
  if (begin <= floor() || (stack_.size() - begin) % 2 != 0 || stack_[begin - 1].kind != Kind::kDict)
    damaged("entries without a dictionary");
  Dict& target = dict(stack_[begin - 1]);
  for (std::size_t i = begin; i < stack_.size(); i += 2) {
    const Value& value = stack_[i + 1];
    if (stack_[i].kind != Kind::kString) damaged("a dictionary's key that is not a text");
    const std::size_t deep = depth(value);
    if (deep >= kDeepest) damaged("values nested deeper than torch.save writes");
    target.depth = std::max(target.depth, static_cast<std::uint8_t>(deep + 1));
    target.items.emplace_back(stack_[i].text, value);
  }
  stack_.resize(begin);
}

void PickleReader::push_global() {
  const std::string_view module = line();
  const std::string_view name = line();
  const auto push_function = [&](Function function) {
    push({.kind = Kind::kFunction, .number = static_cast<std::int64_t>(function)});
  };
  if (module == "collections" && name == "OrderedDict") return push_function(Function::kOrderedDict);
  if (module == "torch._utils" && name == "_rebuild_tensor_v2") return push_function(Function::kRebuildTensor);
  if (module == "torch._utils" && name == "_rebuild_parameter") return push_function(Function::kRebuildParameter);
  const auto* type = std::find_if(std::begin(kStorageTypes), std::end(kStorageTypes),
                                  [&](const StorageType& known) { return name == known.name; });
  if (module != "torch" || type == std::end(kStorageTypes)) refuse(module, name);
  push({.kind = Kind::kStorageType, .number = type - std::begin(kStorageTypes)});
}

/// ("storage", its type, the key, the device, the number of elements)
void PickleReader::push_storage() {
  const Value id = pop();
  if (id.kind != Kind::kTuple || id.size != 5) damaged("a reference that names no storage");
  const auto parts = items(id);
  if (parts[0].kind != Kind::kString || parts[0].text != "storage" || parts[1].kind != Kind::kStorageType ||
      parts[2].kind != Kind::kString || parts[3].kind != Kind::kString || parts[4].kind != Kind::kInteger)
    damaged("a reference that names no storage");
  push({.kind = Kind::kStorage, .number = static_cast<std::int64_t>(storages_.size())});
  storages_.push_back({.type = &kStorageTypes[parts[1].number], .key = parts[2].text, .size = parts[4].number});
}

void PickleReader::put(std::uint32_t slot) {
  memo_[slot] = stack_[from_top(1)];
}

void PickleReader::get(std::uint32_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) damaged("recalls a value that was never noted");
  push(found->second);
}

void PickleReader::reduce() {
  const Value arguments = pop();
  const Value function = pop();
  if (function.kind != Kind::kFunction || arguments.kind != Kind::kTuple) damaged("calls what is no function");
  const auto list = items(arguments);
  switch (static_cast<Function>(function.number)) {
    case Function::kOrderedDict:
      if (!list.empty()) damaged("OrderedDict with arguments, which torch.save does not write");
      return push_dict(/*ordered=*/true);
    case Function::kRebuildTensor:
      return rebuild_tensor(list);
    case Function::kRebuildParameter:  // (tensor, requires_grad, hooks)
      if (list.size() != 3 || list[0].kind != Kind::kTensor || list[1].kind != Kind::kBool || !is_no_hooks(list[2]))
        damaged("_rebuild_parameter with arguments that torch.save does not write");
      return push(list[0]);
  }
}

bool PickleReader::is_no_hooks(const Value& value) const {
  return value.kind == Kind::kDict && dict(value).ordered && dict(value).items.empty();
}

/// (storage, offset, shape, strides, requires_grad, hooks)
void PickleReader::rebuild_tensor(std::span<const Value> arguments) {
  const auto is_extents = [&](const Value& value) {
    const auto is_integer = [](const Value& item) { return item.kind == Kind::kInteger; };
    // Checked here, as one long tuple may serve many tensors, each of which would copy it.
    return value.kind == Kind::kTuple && value.size <= kMostExtents && std::ranges::all_of(items(value), is_integer);
  };
  if (arguments.size() != 6 || arguments[0].kind != Kind::kStorage || arguments[1].kind != Kind::kInteger ||
      !is_extents(arguments[2]) || !is_extents(arguments[3]) || arguments[2].size != arguments[3].size ||
      arguments[4].kind != Kind::kBool || !is_no_hooks(arguments[5]))
    damaged("_rebuild_tensor_v2 with arguments that torch.save does not write");
  push({.kind = Kind::kTensor, .number = static_cast<std::int64_t>(tensors_.size())});
  tensors_.push_back({arguments[0], arguments[1], arguments[2], arguments[3]});
}

/// Only the versions of the modules, which Module.state_dict() hangs on its dictionary, and which serve no one here.
void PickleReader::build() {
  const Value state = pop();
  const Value object = stack_[from_top(1)];
  const bool versions = state.kind == Kind::kDict && dict(state).items.size() == 1 &&
                        dict(state).items[0].first == "_metadata" && dict(state).items[0].second.kind == Kind::kDict;
  if (object.kind != Kind::kDict || !dict(object).ordered || !versions)
    damaged("sets what is not the _metadata of a state dict");
}

bool PickleReader::step() {
  at_ = position_;
  const auto opcode = number<std::uint8_t>();
  switch (opcode) {
    case kStop:
      return false;
    case kMark:
      if (marks_.size() >= 2 * kDeepest) damaged("values nested deeper than torch.save writes");
      marks_.push_back(stack_.size());
      break;
    case kNone:
      push({.kind = Kind::kNone});
      break;
    case kNewTrue:
    case kNewFalse:
      push({.kind = Kind::kBool, .number = opcode == kNewTrue});
      break;
    case kBinInt:
      push({.kind = Kind::kInteger, .number = number<std::int32_t>()});
      break;
    case kBinInt1:
      push({.kind = Kind::kInteger, .number = number<std::uint8_t>()});
      break;
    case kBinInt2:
      push({.kind = Kind::kInteger, .number = number<std::uint16_t>()});
      break;
    case kLong1:
      push_long();
      break;
    case kBinUnicode:
      push_text(number<std::uint32_t>());
      break;
    case kShortBinUnicode:
      push_text(number<std::uint8_t>());
      break;
    case kEmptyDict:
      push_dict(/*ordered=*/false);
      break;
    case kEmptyTuple:
      push_tuple(stack_.size());
      break;
    case kTuple1:
    case kTuple2:
    case kTuple3:
      push_tuple(from_top(opcode - kTuple1 + 1U));
      break;
    case kTuple:
      push_tuple(pop_mark());
      break;
    case kSetItem:
      set_items(from_top(2));
      break;
    case kSetItems:
      set_items(pop_mark());
      break;
    case kBinPut:
      put(number<std::uint8_t>());
      break;
    case kLongBinPut:
      put(number<std::uint32_t>());
      break;
    case kBinGet:
      get(number<std::uint8_t>());
      break;
    case kLongBinGet:
      get(number<std::uint32_t>());
      break;
    case kGlobal:
      push_global();
      break;
    case kBinPersId:
      push_storage();
      break;
    case kReduce:
      reduce();
      break;
    case kBuild:
      build();
      break;
    case kInst: {  // an older way to say kGlobal and kReduce
      const std::string_view module = line();
      refuse(module, line());
    }
    default:
      fail(
          fmt::format("instruction {}, which no dictionary of tensors needs. Save model.state_dict() alone, or "
                      "convert the file to safetensors.",
                      opcode_name(opcode)));
  }
  return true;
}

std::vector<PickledTensor> PickleReader::read() {
  if (code_.size() > kLargestPickle) damaged("more than a state dict can need");
  if (number<std::uint8_t>() != kProto) damaged("not a pickle");
  const int protocol = number<std::uint8_t>();
  if (protocol != 2)
    fail(fmt::format("pickle protocol {}, expected 2. Call torch.save without pickle_protocol.", protocol));
  while (step()) {
  }
  if (position_ != code_.size() || stack_.size() != 1 || !marks_.empty()) damaged("stops before its end");
  return state_dict();
}

std::vector<std::int64_t> PickleReader::integers(const Value& tuple) const {
  std::vector<std::int64_t> numbers;
  for (const Value& item : items(tuple)) numbers.push_back(item.number);
  return numbers;
}

std::vector<PickledTensor> PickleReader::state_dict() {
  const auto refuse_value = [&](const std::string& what, const Value& value) {
    throw Error(
        fmt::format("{}: expected a state dict, a dictionary of tensors; {} is {}. Save model.state_dict() "
                    "alone.",
                    where_, what, kKindNames[static_cast<std::size_t>(value.kind)]));
  };
  if (stack_[0].kind != Kind::kDict) refuse_value("the content", stack_[0]);
  std::map<std::string_view, const Tensor*> by_name;
  for (const auto& [name, value] : dict(stack_[0]).items) {
    if (value.kind != Kind::kTensor) refuse_value("entry " + core::readable(name), value);
    if (!by_name.emplace(name, &tensors_[static_cast<std::size_t>(value.number)]).second)
      throw Error(fmt::format("{}: tensor {} occurs twice. The file is damaged.", where_, core::readable(name)));
  }
  std::vector<PickledTensor> result;
  for (const auto& [name, tensor] : by_name) {
    const Storage& storage = storages_[static_cast<std::size_t>(tensor->storage.number)];
    result.push_back({.name = std::string(name),
                      .dtype = storage.type->dtype,
                      .element_size = storage.type->element_size,
                      .storage = storage.key,
                      .storage_size = storage.size,
                      .storage_offset = tensor->offset.number,
                      .shape = integers(tensor->shape),
                      .strides = integers(tensor->strides)});
  }
  return result;
}

}  // namespace pickle

std::vector<PickledTensor> read_torch_pickle(std::span<const std::byte> code, const std::string& where) {
  return pickle::PickleReader(code, where).read();
}

}  // namespace radonc::formats
