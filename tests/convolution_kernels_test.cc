// Convolutions, transposed ones and matrix products of many shapes, planned, against the references.
#include <gtest/gtest.h>

#include <random>

#include "engine/session.h"
#include "ops/infer.h"
#include "tensor/compare.h"

namespace hasten {
namespace kernels::cpu {
extern const Tactic kConvWinograd;
}
namespace {

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}
  int64_t Int(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }
  bool Coin() { return Int(0, 1) == 1; }
  Tensor Floats(const Dims& dims) {
    Tensor t = *NewTensor(DType::kF32, dims);
    std::uniform_real_distribution<float> f(-1, 1);
    for (int64_t i = 0; i < t.elements(); ++i) t.as<float>()[i] = f(random_);
    return t;
  }

 private:
  std::mt19937_64 random_;
};

struct Case {
  std::shared_ptr<Model> model = std::make_shared<Model>();
  std::vector<Value> inputs;
  std::string text;
  int64_t inner = 1;  // products in a sum

  ValueId Input(Tensor t) {
    const ValueId v = model->graph.AddValue(Str("in", inputs.size()), Type::Tensor(t.dtype, t.dims));
    model->graph.inputs.push_back(v);
    inputs.emplace_back(std::move(t));
    return v;
  }
  ValueId Constant(Tensor t) { return model->graph.AddConstant("", std::move(t)); }
  void Finish(Node node) {
    const ValueId y = model->graph.AddValue("y");
    node.outputs = {y};
    model->graph.outputs = {y};
    model->graph.AddNode(std::move(node));
    const Status s = InferTypes(&model->graph);
    ASSERT_TRUE(s.ok()) << s.message();
  }
};

// A random epilogue over operands: channel-wise, full, scalar.
void AddEpilogue(Maker* m, const Dims& y, int channel_axis, Case* c, Node* node) {
  const int64_t kind = m->Int(0, 5);
  Dims channel;
  for (int i = channel_axis; i < y.rank(); ++i) channel.push_back(i == channel_axis ? y[static_cast<size_t>(i)] : 1);
  const auto program = [&](int operands, const char* text) {
    auto parsed = PointwiseProgram::Parse(operands, text);
    ASSERT_TRUE(parsed.ok()) << parsed.message();
    node->epilogue = std::move(*parsed);
    node->epilogue_operands = static_cast<uint32_t>(operands - 1);
  };
  if (kind == 1) program(1, "relu(0)");
  if (kind == 2) program(2, "add(0,1); clip(2,alpha=-0.5,beta=0.5)");
  if (kind == 3) program(3, "add(0,1); add(3,2); relu(4)");
  if (kind == 4) program(1, "sigmoid(0); mul(0,1)");
  if (kind == 5) program(2, "mul(0,1)");
  if (kind == 2 || kind == 3) node->inputs.push_back(c->Constant(m->Floats(channel)));
  if (kind == 3) node->inputs.push_back(c->Input(m->Floats(y)));
  if (kind == 5) node->inputs.push_back(c->Input(m->Floats(Dims{})));
}

// With a tactic of its own where one is given, else with what the planner picks; its name must begin as `tactic` says.
void Check(Case& c, std::string_view tactic, int threads, const Tactic* only = nullptr) {
  SessionOptions references, planned;
  references.plan.references_only = true;
  planned.threads = threads;
  if (only) planned.plan.tactics = std::span(&only, 1);
  auto expected_session = Session::Of(c.model, references);
  ASSERT_TRUE(expected_session.ok()) << c.text << expected_session.message();
  auto session = Session::Of(c.model, planned);
  ASSERT_TRUE(session.ok()) << c.text << session.message();
  if (!tactic.empty()) {
    EXPECT_NE((*session)->plan()->Describe().find(tactic), std::string::npos)
        << c.text << (*session)->plan()->Describe();
  }
  std::vector<Value> expected, actual;
  Status s = (*expected_session)->Run(c.inputs, &expected);
  ASSERT_TRUE(s.ok()) << c.text << s.message();
  s = (*session)->Run(c.inputs, &actual);
  ASSERT_TRUE(s.ok()) << c.text << s.message();
  const Tensor &a = actual[0].tensor(), &e = expected[0].tensor();
  ASSERT_EQ(a.dims.Text(), e.dims.Text()) << c.text;
  double error = 0, most = 1e-3;
  for (int64_t i = 0; i < e.elements(); ++i) {
    error = std::max(error, std::fabs(a.Double(i) - e.Double(i)));
    most = std::max(most, std::fabs(e.Double(i)));
  }
  // Operands are within [-1, 1]: their products add up to inner / 4 on average, each rounded a few times; Winograd's
  // transforms enlarge what they round.
  const double growth = (*session)->plan()->Describe().find("winograd") != std::string::npos ? 16 : 1;
  EXPECT_LE(error, 0x1p-23 * growth * (static_cast<double>(c.inner) / 4 + 8 * most))
      << c.text << (*session)->plan()->Describe();
}

Case Convolution(Maker* m, bool transposed, bool three_by_three = false) {
  Case c;
  const int spatial = three_by_three ? 2 : static_cast<int>(m->Int(1, 3));
  const int64_t group = m->Int(0, 3) == 0 && !three_by_three ? m->Int(2, 3) : 1;
  const int64_t least = three_by_three ? 8 : 1;
  const int64_t channels = m->Int(least, m->Coin() ? 9 : 40), filters = m->Int(least, m->Coin() ? 9 : 150);
  Dims x{m->Int(1, 2), channels * group},
      w = transposed ? Dims{channels * group, filters} : Dims{filters * group, channels};
  std::vector<int64_t> strides, dilations, begins, ends;
  for (int i = 0; i < spatial; ++i) {
    w.push_back(three_by_three ? 3 : m->Int(1, spatial == 3 ? 2 : 4));
    x.push_back(m->Int(4, spatial == 1 ? 60 : three_by_three ? 40 : 12));
    strides.push_back(three_by_three ? 1 : m->Int(1, 3));
    dilations.push_back(m->Int(0, 2) == 0 && w.back() < 3 ? 2 : 1);
    begins.push_back(m->Int(0, 2));
    ends.push_back(m->Int(0, 2));
  }
  std::vector<int64_t> pads = begins;
  pads.insert(pads.end(), ends.begin(), ends.end());
  Node node;
  node.op = Catalog::BuiltIn().Find(transposed ? "ConvTranspose" : "Conv");
  node.attrs = Attrs(node.op->attrs);
  EXPECT_TRUE(node.attrs.Set("strides", strides).ok());
  EXPECT_TRUE(node.attrs.Set("dilations", dilations).ok());
  EXPECT_TRUE(node.attrs.Set("pads", pads).ok());
  EXPECT_TRUE(node.attrs.Set("group", group).ok());
  node.inputs = {c.Input(m->Floats(x)), c.Constant(m->Floats(w))};
  if (m->Coin()) node.inputs.push_back(c.Constant(m->Floats({filters * group})));
  Dims y{x[0], filters * group};
  for (size_t i = 0; i < static_cast<size_t>(spatial); ++i) {
    const int64_t reach = (w[i + 2] - 1) * dilations[i] + 1;
    y.push_back(transposed ? (x[i + 2] - 1) * strides[i] + reach - begins[i] - ends[i]
                           : (x[i + 2] + begins[i] + ends[i] - reach) / strides[i] + 1);
  }
  c.text = Str(transposed ? "ConvTranspose" : "Conv", " x ", x.Text(), " w ", w.Text(), " group ", group, " y ",
               y.Text(), "\n");
  c.inner = w.elements() / (transposed ? w[1] : w[0]);
  AddEpilogue(m, y, 1, &c, &node);
  c.Finish(std::move(node));
  return c;
}

TEST(ConvolutionKernels, AgreeWithTheReference) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Maker m(seed);
    Case c = Convolution(&m, false);
    Check(c, "by conv", static_cast<int>(seed % 3));
    if (HasFailure()) return;
  }
}

TEST(ConvolutionKernels, WinogradAgreesWithTheReference) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    Maker m(seed);
    Case c = Convolution(&m, false, true);
    Check(c, "by conv_winograd", static_cast<int>(seed % 3), &kernels::cpu::kConvWinograd);
    if (HasFailure()) return;
  }
}

TEST(ConvolutionKernels, TransposedAgreeWithTheReference) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Maker m(seed);
    Case c = Convolution(&m, true);
    Check(c, "by conv_transpose", static_cast<int>(seed % 3));
    if (HasFailure()) return;
  }
}

Case Product(Maker* m) {
  Case c;
  const int64_t rows = m->Int(1, m->Coin() ? 7 : 130), inner = m->Int(1, m->Coin() ? 9 : 700), cols = m->Int(1, 200);
  Dims a{rows, inner}, b{inner, cols}, y{rows, cols};
  const int64_t batches = m->Int(0, 2);
  if (batches >= 1) a.insert(0, m->Int(1, 3)), y.insert(0, a[0]);
  if (batches == 2) {
    b.insert(0, m->Coin() ? a[0] : 1);
    if (m->Coin()) b.insert(0, 2), y.insert(0, 2);
  }
  Node node;
  node.op = Catalog::BuiltIn().Find("MatMul");
  node.attrs = Attrs(node.op->attrs);
  node.inputs = {c.Input(m->Floats(a)), m->Coin() ? c.Constant(m->Floats(b)) : c.Input(m->Floats(b))};
  c.text = Str("MatMul ", a.Text(), " ", b.Text(), "\n");
  c.inner = inner;
  AddEpilogue(m, y, y.rank() - 1, &c, &node);
  c.Finish(std::move(node));
  return c;
}

TEST(ProductKernels, MatMul) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Maker m(seed);
    Case c = Product(&m);
    Check(c, "mat_mul_packed", static_cast<int>(seed % 3));
    if (HasFailure()) return;
  }
}

TEST(ProductKernels, Gemm) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Maker m(seed);
    Case c;
    const int64_t rows = m.Int(1, 90), inner = m.Int(0, 300), cols = m.Int(1, 90), trans_a = m.Int(0, 1),
                  trans_b = m.Int(0, 1), addend = m.Int(0, 3);
    Node node;
    node.op = Catalog::BuiltIn().Find("Gemm");
    node.attrs = Attrs(node.op->attrs);
    EXPECT_TRUE(node.attrs.Set("transA", trans_a).ok());
    EXPECT_TRUE(node.attrs.Set("transB", trans_b).ok());
    EXPECT_TRUE(node.attrs.Set("alpha", m.Coin() ? 1.0f : 0.5f).ok());
    const Dims a = trans_a ? Dims{inner, rows} : Dims{rows, inner};
    const Dims b = trans_b ? Dims{cols, inner} : Dims{inner, cols};
    node.inputs = {c.Input(m.Floats(a)), m.Coin() ? c.Constant(m.Floats(b)) : c.Input(m.Floats(b))};
    if (addend == 1) node.inputs.push_back(c.Constant(m.Floats({cols})));
    if (addend == 2) node.inputs.push_back(c.Input(m.Floats({rows, cols})));
    if (addend == 3) node.inputs.push_back(c.Constant(m.Floats({1, cols})));
    c.text = Str("Gemm ", a.Text(), " ", b.Text(), " addend ", addend, "\n");
    c.inner = inner;
    AddEpilogue(&m, {rows, cols}, 1, &c, &node);
    c.Finish(std::move(node));
    Check(c, "gemm_packed", static_cast<int>(seed % 3));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace hasten
