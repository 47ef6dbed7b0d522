#include "zoo/zoo.h"

namespace hasten::zoo {
namespace {

// Devlin and others, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding", NAACL 2019,
// with norms in single steps, as exports before opset 17 have them.
constexpr int64_t kLength = 128, kVocabulary = 30522, kPositions = 512, kWidth = 768, kHeads = 12, kHead = 64;
constexpr int64_t kInner = 3072;
constexpr int kLayers = 12;

ValueId LayerNormSteps(Builder& b, ValueId x, const std::string& name) {
  const ValueId last = b.Ints(Name(name, "axes"), {-1});
  const auto mean = [&](ValueId of, std::string_view step) {
    return b.Add("ReduceMean", Name(name, step), {of, last});
  };
  const ValueId centred = b.Add("Sub", Name(name, "Sub"), {x, mean(x, "ReduceMean")});
  const ValueId square = b.Add("Pow", Name(name, "Pow"), {centred, b.Scalar(Name(name, "two"), 2)});
  const ValueId variance = mean(square, "ReduceMean_1");
  const ValueId shifted = b.Add("Add", Name(name, "Add"), {variance, b.Scalar(Name(name, "epsilon"), 1e-12)});
  const ValueId normal = b.Add("Div", Name(name, "Div"), {centred, b.Add("Sqrt", Name(name, "Sqrt"), {shifted})});
  const ValueId scaled =
      b.Add("Mul", Name(name, "Mul"), {normal, b.Uniform(Name(name, "weight"), {kWidth}, 0.75, 1.25)});
  return b.Add("Add", Name(name, "Add_1"), {scaled, b.Normal(Name(name, "bias"), {kWidth}, 0.1)});
}

// 0 where the mask is 1, the least number where it is 0, for all heads and queries.
ValueId MaskTerm(Builder& b, ValueId mask) {
  const auto f32 = static_cast<int64_t>(1);  // ONNX's number of float
  ValueId m = b.Add("Unsqueeze", "mask.Unsqueeze", {mask, b.Ints("mask.axes", {1, 2})});
  m = b.Add("Cast", "mask.Cast", {m}, {{"to", f32}});
  m = b.Add("Sub", "mask.Sub", {b.Scalar("mask.one", 1), m});
  return b.Add("Mul", "mask.Mul", {m, b.Scalar("mask.least", std::numeric_limits<float>::lowest())});
}

ValueId Embeddings(Builder& b, ValueId ids, ValueId types) {
  std::vector<int64_t> order(kLength);
  std::iota(order.begin(), order.end(), 0);
  const ValueId positions =
      b.Stored("embeddings.position_ids", TensorOf(Dims{1, kLength}, std::span<const int64_t>(order)));
  const ValueId word = b.Embedding(ids, "embeddings.word_embeddings", kVocabulary, kWidth);
  const ValueId type = b.Embedding(types, "embeddings.token_type_embeddings", 2, kWidth);
  const ValueId place = b.Embedding(positions, "embeddings.position_embeddings", kPositions, kWidth);
  ValueId x = b.Add("Add", "embeddings.Add", {word, type});
  x = b.Add("Add", "embeddings.Add_1", {x, place});
  return LayerNormSteps(b, x, "embeddings.LayerNorm");
}

ValueId Heads(Builder& b, ValueId x, const std::string& name, std::vector<int64_t> order) {
  x = b.LinearMatMul(x, name, kWidth);
  x = b.Reshape(x, Name(name, "Reshape"), {1, kLength, kHeads, kHead});
  return b.Transpose(x, Name(name, "Transpose"), std::move(order));
}

ValueId SelfAttention(Builder& b, ValueId x, ValueId mask, const std::string& name) {
  const ValueId query = Heads(b, x, Name(name, "query"), {0, 2, 1, 3});
  const ValueId key = Heads(b, x, Name(name, "key"), {0, 2, 3, 1});
  const ValueId value = Heads(b, x, Name(name, "value"), {0, 2, 1, 3});
  ValueId scores = b.Add("MatMul", Name(name, "MatMul"), {query, key});
  scores =
      b.Add("Div", Name(name, "Div"), {scores, b.Scalar(Name(name, "root"), std::sqrt(static_cast<double>(kHead)))});
  scores = b.Add("Add", Name(name, "Add"), {scores, mask});
  const ValueId weights = b.Add("Softmax", Name(name, "Softmax"), {scores}, {{"axis", int64_t{-1}}});
  ValueId y = b.Add("MatMul", Name(name, "MatMul_1"), {weights, value});
  y = b.Transpose(y, Name(name, "Transpose"), {0, 2, 1, 3});
  return b.Reshape(y, Name(name, "Reshape"), {1, kLength, kWidth});
}

ValueId Layer(Builder& b, ValueId x, ValueId mask, const std::string& name) {
  ValueId y = SelfAttention(b, x, mask, Name(name, "attention.self"));
  y = b.LinearMatMul(y, Name(name, "attention.output.dense"), kWidth);
  y = b.Add("Add", Name(name, "attention.output.Add"), {y, x});
  x = LayerNormSteps(b, y, Name(name, "attention.output.LayerNorm"));
  y = b.LinearMatMul(x, Name(name, "intermediate.dense"), kInner);
  y = b.GeluErf(y, Name(name, "intermediate.gelu"));
  y = b.LinearMatMul(y, Name(name, "output.dense"), kWidth);
  y = b.Add("Add", Name(name, "output.Add"), {y, x});
  return LayerNormSteps(b, y, Name(name, "output.LayerNorm"));
}

void BuildBert(Builder& b) {
  const Dims tokens = {1, kLength};
  const ValueId ids = b.Input("input_ids", DType::kI64, tokens);
  const ValueId mask = b.Input("attention_mask", DType::kI64, tokens);
  const ValueId types = b.Input("token_type_ids", DType::kI64, tokens);
  const ValueId term = MaskTerm(b, mask);
  ValueId x = Embeddings(b, ids, types);
  for (int i = 0; i < kLayers; ++i) x = Layer(b, x, term, Str("encoder.layer.", i));
  const ValueId first =
      b.Add("Gather", "pooler.Gather", {x, b.Stored("pooler.first", ScalarI64(0))}, {{"axis", int64_t{1}}});
  b.Output(x, "last_hidden_state");
  b.Output(b.Add("Tanh", "pooler.activation", {b.Linear(first, "pooler.dense", kWidth)}), "pooler_output");
}

}  // namespace

extern const Topology kBertBase = {
    .name = "bert_base",
    .doc = "BERT-base (uncased) with its pooler on 128 tokens, as exported from Transformers",
    .build = BuildBert,
};

}  // namespace hasten::zoo
