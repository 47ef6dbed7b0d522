#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// Dosovitskiy and others, "An Image is Worth 16x16 Words", ICLR 2021, as torchvision exports it: attention of one
// packed projection, tokens before the batch.
constexpr int64_t kPatch = 16, kPatches = 14 * 14, kTokens = kPatches + 1, kWidth = 768, kHeads = 12, kHead = 64;
constexpr int64_t kInner = 3072;
constexpr int kLayers = 12;
constexpr double kEpsilon = 1e-6;

ValueId Tokens(Builder& b, ValueId x) {
  x = b.Conv(x, "conv_proj", {.channels = kWidth, .kernel = kPatch, .stride = kPatch, .bias = true}, 0.7);
  x = b.Reshape(x, "Reshape", {1, kWidth, kPatches});
  x = b.Transpose(x, "Transpose", {0, 2, 1});
  x = b.Concat({b.Normal("class_token", {1, 1, kWidth}, 0.5), x}, "Concat", 1);
  return b.Add("Add", "encoder.Add", {x, b.Normal("encoder.pos_embedding", {1, kTokens, kWidth}, 0.5)});
}

// [tokens, 1, width] of part `i` of the packed projection, as [heads, tokens, head].
ValueId Heads(Builder& b, ValueId packed, const std::string& name, int64_t i) {
  ValueId x = b.Add("Gather", Name(name, "Gather"), {packed, b.Stored(Name(name, "part"), ScalarI64(i))},
                    {{"axis", int64_t{0}}});
  x = b.Reshape(x, Name(name, "Reshape"), {kTokens, kHeads, kHead});
  return b.Transpose(x, Name(name, "Transpose"), {1, 0, 2});
}

ValueId SelfAttention(Builder& b, ValueId x, const std::string& name) {
  x = b.Transpose(x, Name(name, "Transpose"), {1, 0, 2});
  x = b.LinearMatMul(x, Name(name, "in_proj"), 3 * kWidth);
  x = b.Reshape(x, Name(name, "Reshape"), {kTokens, 1, 3, kWidth});
  x = b.Add("Unsqueeze", Name(name, "Unsqueeze"), {x, b.Ints(Name(name, "axes"), {0})});
  x = b.Transpose(x, Name(name, "Transpose_1"), {3, 1, 2, 0, 4});
  x = b.Add("Squeeze", Name(name, "Squeeze"), {x, b.Ints(Name(name, "squeezed"), {3})});
  ValueId query = Heads(b, x, Name(name, "query"), 0);
  const ValueId key = b.Transpose(Heads(b, x, Name(name, "key"), 1), Name(name, "Transpose_2"), {0, 2, 1});
  const ValueId value = Heads(b, x, Name(name, "value"), 2);
  query = b.Add("Mul", Name(name, "Mul"),
                {query, b.Scalar(Name(name, "scale"), 1 / std::sqrt(static_cast<double>(kHead)))});
  const ValueId scores = b.Add("MatMul", Name(name, "MatMul"), {query, key});
  const ValueId weights = b.Add("Softmax", Name(name, "Softmax"), {scores}, {{"axis", int64_t{-1}}});
  ValueId y = b.Add("MatMul", Name(name, "MatMul_1"), {weights, value});
  y = b.Transpose(y, Name(name, "Transpose_3"), {1, 0, 2});
  y = b.Reshape(y, Name(name, "Reshape_1"), {kTokens, kWidth});
  y = b.Linear(y, Name(name, "out_proj"), kWidth);
  y = b.Reshape(y, Name(name, "Reshape_2"), {kTokens, 1, kWidth});
  return b.Transpose(y, Name(name, "Transpose_4"), {1, 0, 2});
}

ValueId Layer(Builder& b, ValueId x, const std::string& name) {
  ValueId y = SelfAttention(b, b.LayerNorm(x, Name(name, "ln_1"), kEpsilon), Name(name, "self_attention"));
  x = b.Add("Add", Name(name, "Add"), {y, x});
  y = b.LinearMatMul(b.LayerNorm(x, Name(name, "ln_2"), kEpsilon), Name(name, "mlp.0"), kInner);
  y = b.GeluErf(y, Name(name, "mlp.1"));
  y = b.LinearMatMul(y, Name(name, "mlp.3"), kWidth);
  return b.Add("Add", Name(name, "Add_1"), {x, y});
}

void BuildVit(Builder& b) {
  ValueId x = Tokens(b, b.Input("input", DType::kF32, {1, 3, 224, 224}));
  for (int i = 0; i < kLayers; ++i) x = Layer(b, x, Str("encoder.layers.encoder_layer_", i));
  x = b.LayerNorm(x, "encoder.ln", kEpsilon);
  x = b.Add("Gather", "Gather", {x, b.Stored("first", ScalarI64(0))}, {{"axis", int64_t{1}}});
  b.Output(b.Linear(x, "heads.head", 1000), "output");
}

}  // namespace

extern const Topology kVitB16 = {
    .name = "vit_b16",
    .doc = "ViT-B/16 on a 224x224 picture, as torchvision has it",
    .build = BuildVit,
};

}  // namespace hasten::zoo
