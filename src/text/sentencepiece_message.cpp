#include "text/sentencepiece_message.hpp"

#include <cstdint>
#include <cstring>

namespace radonc::text {
namespace {

/// Writes the few kinds of protobuf fields that the message has.
class Message {
 public:
  Message& varint(int field, std::uint64_t value) {
    tag(field, 0);
    raw(value);
    return *this;
  }

  Message& number(int field, float value) {
    tag(field, 5);
    char bytes[4];
    std::memcpy(bytes, &value, 4);
    out_.append(bytes, 4);
    return *this;
  }

  Message& text(int field, const std::string& value) {
    tag(field, 2);
    raw(value.size());
    out_ += value;
    return *this;
  }

  [[nodiscard]] const std::string& bytes() const { return out_; }

 private:
  void tag(int field, int kind) { raw(static_cast<std::uint64_t>(field) * 8 + static_cast<std::uint64_t>(kind)); }

  void raw(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }

  std::string out_;
};

}  // namespace

// Field numbers: sentencepiece_model.proto.
std::string sentencepiece_message(const std::vector<std::string>& pieces, const std::vector<float>& scores,
                                  const std::vector<int>& types, bool add_dummy_prefix) {
  constexpr int kUnknown = 2, kControl = 3, kBpe = 2;
  Message model;
  int unknown = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (types[i] == kUnknown) unknown = static_cast<int>(i);
    Message piece;
    piece.text(1, pieces[i]).number(2, scores[i]).varint(3, static_cast<std::uint64_t>(types[i]));
    model.text(1, piece.bytes());
  }
  const auto id_of = [&](const char* control) {
    for (std::size_t i = 0; i < pieces.size(); ++i)
      if (types[i] == kControl && pieces[i] == control) return static_cast<std::uint64_t>(i);
    return ~std::uint64_t{0};  // -1: none
  };
  Message trainer, normalizer;
  trainer.varint(3, kBpe).varint(35, 1);  // model_type, byte_fallback
  trainer.varint(40, static_cast<std::uint64_t>(unknown)).varint(41, id_of("<s>")).varint(42, id_of("</s>"));
  trainer.varint(43, ~std::uint64_t{0});  // pad_id
  normalizer.text(1, "identity").varint(3, add_dummy_prefix ? 1 : 0).varint(4, 0).varint(5, 1);
  return model.text(2, trainer.bytes()).text(3, normalizer.bytes()).bytes();
}

}  // namespace radonc::text
