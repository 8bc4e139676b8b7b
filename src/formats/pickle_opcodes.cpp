#include "formats/pickle_opcodes.hpp"

#include <fmt/format.h>

#include <map>

namespace radonc::formats {
namespace pickle {

// Without those that Opcode holds: they are carried out.
std::string opcode_name(std::uint8_t opcode) {
  static const std::map<std::uint8_t, const char*> kNames = {{'0', "POP"},
                                                             {'1', "POP_MARK"},
                                                             {'2', "DUP"},
                                                             {'F', "FLOAT"},
                                                             {'G', "BINFLOAT"},
                                                             {'I', "INT"},
                                                             {'L', "LONG"},
                                                             {'P', "PERSID"},
                                                             {'S', "STRING"},
                                                             {'T', "BINSTRING"},
                                                             {'U', "SHORT_BINSTRING"},
                                                             {'V', "UNICODE"},
                                                             {'B', "BINBYTES"},
                                                             {'C', "SHORT_BINBYTES"},
                                                             {']', "EMPTY_LIST"},
                                                             {'a', "APPEND"},
                                                             {'e', "APPENDS"},
                                                             {'d', "DICT"},
                                                             {'l', "LIST"},
                                                             {'g', "GET"},
                                                             {'p', "PUT"},
                                                             {'o', "OBJ"},
                                                             {0x80, "PROTO"},
                                                             {0x81, "NEWOBJ"},
                                                             {0x82, "EXT1"},
                                                             {0x83, "EXT2"},
                                                             {0x84, "EXT4"},
                                                             {0x8b, "LONG4"},
                                                             {0x8d, "BINUNICODE8"},
                                                             {0x8e, "BINBYTES8"},
                                                             {0x8f, "EMPTY_SET"},
                                                             {0x90, "ADDITEMS"},
                                                             {0x91, "FROZENSET"},
                                                             {0x92, "NEWOBJ_EX"},
                                                             {0x93, "STACK_GLOBAL"},
                                                             {0x94, "MEMOIZE"},
                                                             {0x95, "FRAME"},
                                                             {0x96, "BYTEARRAY8"},
                                                             {0x97, "NEXT_BUFFER"},
                                                             {0x98, "READONLY_BUFFER"}};
  const auto found = kNames.find(opcode);
  return found == kNames.end() ? fmt::format("0x{:02x}", opcode) : found->second;
}

}  // namespace pickle
}  // namespace radonc::formats
