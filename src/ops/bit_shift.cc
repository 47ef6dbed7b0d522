#include "ops/elementwise.h"

namespace hasten::ops {
namespace {

struct BitShiftAttrs {
  std::string direction;
};
constexpr AttrField kFields[] = {Field<&BitShiftAttrs::direction>("direction")};

Status Infer(InferCall& c) {
  const std::string& direction = c.attrs<BitShiftAttrs>().direction;
  HASTEN_REQUIRE(direction == "LEFT" || direction == "RIGHT", "direction must be LEFT or RIGHT, is ", Quote(direction));
  return InferBroadcastIntegers(c);
}

// A lane is at least as wide as the dtype, so that counts from the dtype's width to the lane's come out right.
constexpr uint64_t kLaneBits = 64;

uint64_t Left(uint64_t x, uint64_t count) { return count < kLaneBits ? x << count : 0; }
uint64_t Right(uint64_t x, uint64_t count) { return count < kLaneBits ? x >> count : 0; }
int64_t SignedLeft(int64_t x, int64_t count) {
  return static_cast<int64_t>(Left(static_cast<uint64_t>(x), static_cast<uint64_t>(count)));
}
int64_t SignedRight(int64_t x, int64_t count) { return x >> std::min(static_cast<uint64_t>(count), kLaneBits - 1); }

Status Eval(KernelCall& c) {
  if (c.attrs<BitShiftAttrs>().direction == "LEFT") return EvalBinary(c, {.integer = SignedLeft, .natural = Left});
  return EvalBinary(c, {.integer = SignedRight, .natural = Right});
}

constexpr OnnxVersion kVersions[] = {{11}, {28}};

std::vector<Sample> Samples() {
  std::vector<Sample> out;
  for (const char* direction : {"LEFT", "RIGHT"}) {
    const std::vector<NamedAttr> attrs = {{"direction", std::string(direction)}};
    out.push_back({"u8", {{DType::kU8, {3, 5}, 0, 255}, {DType::kU8, {5}, 0, 7}}, attrs});
    out.push_back({"u64", {{DType::kU64, {3}, 0, 0, {0x1p63, 5, 1}}, {DType::kU64, {2, 1}, 0, 0, {1, 63}}}, attrs});
    out.push_back({"counts beyond the width",
                   {{DType::kU16, {7}, 0, 65535}, {DType::kU16, {7}, 0, 0, {0, 15, 16, 17, 63, 64, 65535}}},
                   attrs});
    out.push_back({"signed, counts out of range",
                   {{DType::kI8, {2, 1}, 0, 0, {-100, 100}}, {DType::kI8, {6}, 0, 0, {-1, 0, 3, 7, 8, 127}}},
                   attrs});
    out.push_back({"scalars", {{DType::kU32, {}, 9, 9}, {DType::kU32, {}, 3, 3}}, attrs});
    out.push_back({"zero-size", {{DType::kU32, {0}}, {DType::kU32, {1}}}, attrs});
  }
  return out;
}

}  // namespace

extern const OpDef kBitShift = {
    .name = "BitShift",
    .doc =
        "y = x shifted by n bits to the LEFT or RIGHT, elementwise with numpy broadcasting; right shifts copy the "
        "sign. "
        "x: integer [d...]; n: the same dtype; y: [broadcast]. A count outside [0, bits) leaves nothing but sign bits.",
    .attrs = SchemaOf<BitShiftAttrs>(kFields),
    .arity = {2, 2},
    .onnx = {"", "BitShift", kVersions},
    .infer = Infer,
    .eval = Eval,
    .traits = {.elementwise = true, .exact_on_integers = true, .in_place_input = 0},
    .samples = Samples,
};

}  // namespace hasten::ops
