#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

constexpr int64_t kSteps = 128, kVocabulary = 10000, kWidth = 128, kHidden = 256, kGates = 4, kDirections = 2;
constexpr int64_t kTags = 17;  // of Universal Dependencies

void BuildTagger(Builder& b) {
  const ValueId tokens = b.Input("tokens", DType::kI64, {1, kSteps});
  ValueId x = b.Embedding(tokens, "embedding", kVocabulary, kWidth);
  x = b.Transpose(x, "lstm.Transpose", {1, 0, 2});
  const double deviation = 1 / std::sqrt(static_cast<double>(kHidden));
  const ValueId w = b.Normal("lstm.W", {kDirections, kGates * kHidden, kWidth}, 2 * deviation);
  const ValueId r = b.Normal("lstm.R", {kDirections, kGates * kHidden, kHidden}, deviation);
  const ValueId bias = b.Normal("lstm.B", {kDirections, 2 * kGates * kHidden}, 0.1);
  x = b.Add("LSTM", "lstm", {x, w, r, bias}, {{"direction", "bidirectional"}, {"hidden_size", kHidden}});
  x = b.Transpose(x, "lstm.Transpose_1", {0, 2, 1, 3});
  x = b.Reshape(x, "lstm.Reshape", {0, 0, -1});
  x = b.Transpose(x, "lstm.Transpose_2", {1, 0, 2});
  b.Output(b.LinearMatMul(x, "tag", kTags), "scores");
}

}  // namespace

extern const Topology kLstmTagger = {
    .name = "lstm_tagger",
    .doc = "A tagger of 128 words: embeddings of 128, a bidirectional LSTM of 256, a linear layer to 17 tags",
    .build = BuildTagger,
};

}  // namespace hasten::zoo
