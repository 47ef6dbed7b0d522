// Kernels that move data or slide windows, in both layouts, against the references.
#include <gtest/gtest.h>

#include <random>

#include "kernels/cpu/strided_copy.h"
#include "kernels/invocation.h"
#include "ops/infer.h"
#include "ops/interpret.h"
#include "ops/reorder.h"

namespace hasten {
namespace {

// One call, with what the references make of it.
struct Case {
  Node node;
  std::vector<Tensor> in, epilogue_in;  // kNone: absent
  uint32_t constants = 0;               // bits of inputs
  std::string text;
};

Case CaseOf(std::string_view op, std::vector<NamedAttr> attrs, std::vector<Tensor> in, size_t outputs = 1) {
  Case c;
  c.text = std::string(op);
  c.node.op = Catalog::BuiltIn().Find(op);
  c.node.attrs = Attrs(c.node.op->attrs);
  for (const NamedAttr& a : attrs) {
    const Status s = c.node.attrs.Set(a.name, a.value);
    EXPECT_TRUE(s.ok()) << s.message();
  }
  for (size_t i = 0; i < in.size(); ++i) {
    c.node.inputs.push_back(in[i].dtype == DType::kNone ? kNone : static_cast<ValueId>(i));
    c.text += " " + (in[i].dtype == DType::kNone ? std::string("-") : in[i].Text());
  }
  c.in = std::move(in);
  for (size_t i = 0; i < outputs; ++i) c.node.outputs.push_back(static_cast<ValueId>(100 + i));
  return c;
}

// An element at a time, so that it shares nothing with what it judges.
Tensor Moved(const Tensor& t, bool to_last) {
  if (t.dims.rank() < 3) return t;
  Tensor out = *NewTensor(t.dtype, t.dims);
  const int64_t n = t.dims[0], c = t.dims[1], d = t.dims.Product(2, t.dims.rank());
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < c; ++j)
      for (int64_t k = 0; k < d; ++k) {
        const int64_t plain = (i * c + j) * d + k, last = (i * d + k) * c + j;
        CopyElements(t, to_last ? plain : last, &out, to_last ? last : plain, 1);
      }
  return out;
}

struct Types {
  std::vector<Type> in, out, epilogue;
  std::vector<const Tensor*> constants;
};

Status RunReferenceOf(Case& c, std::vector<Value>* out) {
  std::vector<Value> values(c.in.begin(), c.in.end()), extra(c.epilogue_in.begin(), c.epilogue_in.end());
  std::vector<const Value*> in, epilogue;
  for (size_t i = 0; i < values.size(); ++i) in.push_back(c.node.inputs[i] == kNone ? nullptr : &values[i]);
  for (const Value& v : extra) epilogue.push_back(&v);
  out->resize(c.node.outputs.size());
  std::vector<Value*> to;
  for (Value& v : *out) to.push_back(&v);
  LocalServices local;
  return RunReference(c.node, 1, {in, epilogue, {}}, to, local.get());
}

void Compare(const Tensor& is, const Tensor& must, double bound, const std::string& text) {
  ASSERT_EQ(is.Text(), must.Text()) << text;
  if (bound == 0) {
    // NaN of any bits is as good as another.
    for (int64_t i = 0; i < must.elements(); ++i) {
      if (must.dtype != DType::kString && IsFloat(must.dtype) && std::isnan(must.Double(i))) {
        ASSERT_TRUE(std::isnan(is.Double(i))) << text << " element " << i;
        continue;
      }
      Tensor a = *NewTensor(is.dtype, {}), b = *NewTensor(is.dtype, {});
      CopyElements(is, i, &a, 0, 1);
      CopyElements(must, i, &b, 0, 1);
      ASSERT_TRUE(SameBits(a, b)) << text << " element " << i << " is " << is.Double(i) << " must be "
                                  << must.Double(i);
    }
    return;
  }
  double most = 1e-30;
  for (int64_t i = 0; i < must.elements(); ++i)
    if (std::isfinite(must.Double(i))) most = std::max(most, std::fabs(must.Double(i)));
  for (int64_t i = 0; i < must.elements(); ++i) {
    const double a = is.Double(i), b = must.Double(i);
    if (std::isnan(b)) {
      ASSERT_TRUE(std::isnan(a)) << text << " element " << i;
    } else if (std::isinf(b)) {
      ASSERT_EQ(a, b) << text << " element " << i;
    } else {
      ASSERT_LE(std::fabs(a - b), most * bound * 0x1p-23)
          << text << " element " << i << " is " << a << " must be " << b;
    }
  }
}

void RunOne(Case& c, const Tactic& tactic, const PlanCall& call, const Types& types, const std::vector<Value>& must) {
  const std::string text = Str(c.text, " by ", tactic.name, ", ", Name(call.layout), "\n");
  const bool last = call.layout == Layout::kChannelsLast;
  const bool reorder = c.node.op->name == "Reorder";
  const auto follows = [&](size_t i) { return last && (i >= 32 || (tactic.layout_inputs >> i & 1)); };
  auto made = Invocation::Of(tactic, call);
  ASSERT_TRUE(made.ok()) << text << made.message();
  Status s = made->Bind(types.in, types.out, types.epilogue);
  ASSERT_TRUE(s.ok()) << text << s.message();
  const bool to_last = reorder && c.node.attrs.as<ReorderAttrs>().to == 1;
  std::vector<Value> values, extra, results;
  for (size_t i = 0; i < c.in.size(); ++i)
    values.emplace_back(c.in[i].dtype == DType::kNone         ? Value()
                        : follows(i) || (reorder && !to_last) ? Value(Moved(c.in[i], true))
                                                              : Value(c.in[i]));
  for (const Tensor& t : c.epilogue_in) extra.emplace_back(last ? Moved(t, true) : t);
  for (const Type& t : types.out) {
    const auto dims = t.shape.Concrete();
    results.emplace_back(dims ? Value(*NewTensor(t.dtype, *dims)) : Value());
    if (dims && t.dtype != DType::kString)
      std::memset(results.back().tensor().data, 0x5a, static_cast<size_t>(results.back().tensor().bytes()));
  }
  std::vector<const Value*> in, epilogue;
  std::vector<Value*> out;
  for (size_t i = 0; i < values.size(); ++i) in.push_back(c.node.inputs[i] == kNone ? nullptr : &values[i]);
  for (const Value& v : extra) epilogue.push_back(&v);
  for (Value& v : results) out.push_back(&v);
  s = made->Run(in, epilogue, out, nullptr, 7);
  ASSERT_TRUE(s.ok()) << text << s.message();
  for (size_t i = 0; i < results.size(); ++i) {
    const bool moved = (i == 0 && last) || to_last;
    Compare(moved ? Moved(results[i].tensor(), false) : results[i].tensor(), must[i].tensor(), tactic.bound, text);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// How many tactics and layouts computed it.
int Check(Case c, std::string_view only = "") {
  std::vector<Value> must;
  Status s = RunReferenceOf(c, &must);
  EXPECT_TRUE(s.ok()) << c.text << s.message();
  if (!s.ok()) return 0;
  Types types;
  for (size_t i = 0; i < c.in.size(); ++i) {
    types.in.push_back(c.node.inputs[i] == kNone ? Type() : Type::Tensor(c.in[i].dtype, c.in[i].dims));
    types.constants.push_back(c.constants >> i & 1 ? &c.in[i] : nullptr);
  }
  for (const Tensor& t : c.epilogue_in) types.epilogue.push_back(Type::Tensor(t.dtype, t.dims));
  for (const Value& v : must) types.out.push_back(TypeOf(v));
  PlanCall call;
  call.node = &c.node;
  call.in = types.in;
  call.out = types.out;
  call.epilogue_in = types.epilogue;
  call.constants = types.constants;
  int count = 0;
  for (const Tactic* t : BuiltInTactics()) {
    if (!t->Serves(c.node.op->name) || !Available(t->isa) || (!only.empty() && t->name != only)) continue;
    if (!c.node.epilogue.empty() && !t->fuses_epilogue) continue;
    for (const Layout layout : {Layout::kPlain, Layout::kChannelsLast}) {
      const Layouts wrong = layout == Layout::kPlain ? Layouts::kChannelsLast : Layouts::kPlain;
      if (t->layouts == wrong) continue;
      if (layout == Layout::kChannelsLast && types.out[0].shape.rank() < 3) continue;
      call.layout = layout;
      for (call.variant = 0; call.variant < std::max<int>(1, static_cast<int>(t->variants.size())); ++call.variant) {
        if (t->supports && !t->supports(call)) continue;
        RunOne(c, *t, call, types, must);
        ++count;
        if (testing::Test::HasFailure()) return count;
      }
    }
  }
  return count;
}

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}
  int64_t Int(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(random_); }
  bool Coin() { return Int(0, 1) == 1; }
  Tensor Make(DType dtype, const Dims& dims, double low = -1, double high = 1) {
    Tensor t = *NewTensor(dtype, dims);
    std::uniform_real_distribution<double> f(low, high);
    for (int64_t i = 0; i < t.elements(); ++i) t.SetDouble(i, IsFloat(dtype) ? f(random_) : std::floor(f(random_)));
    return t;
  }
  Tensor Floats(const Dims& dims) { return Make(DType::kF32, dims); }

 private:
  std::mt19937_64 random_;
};

Tensor FromSample(const SampleInput& in, uint64_t seed) {
  if (in.dtype == DType::kNone) return {};
  Tensor t = Maker(seed).Make(in.dtype == DType::kString ? DType::kU8 : in.dtype, in.dims, in.low,
                              IsFloat(in.dtype) || in.low == in.high ? in.high : in.high + 1);
  if (in.dtype == DType::kString) {
    t = *NewTensor(DType::kString, in.dims);
    for (size_t i = 0; i < in.strings.size(); ++i) t.as<std::string>()[i] = in.strings[i];
  } else {
    for (size_t i = 0; i < in.values.size(); ++i) t.SetDouble(static_cast<int64_t>(i), in.values[i]);
  }
  return t;
}

// Every sample of every op that has a tactic of this engine's own.
TEST(LayoutKernels, SamplesAgree) {
  for (const OpDef* op : Catalog::BuiltIn().ops()) {
    bool served = false;
    for (const Tactic* t : BuiltInTactics()) served |= t->Serves(op->name);
    if (!served || !op->samples) continue;
    int count = 0;
    for (const Sample& sample : op->samples()) {
      std::vector<Tensor> in;
      for (size_t i = 0; i < sample.in.size(); ++i) in.push_back(FromSample(sample.in[i], i + 1));
      for (const uint32_t constants : {0u, ~1u}) {
        Case c = CaseOf(op->name, sample.attrs, in, static_cast<size_t>(sample.outputs));
        c.constants = constants;
        c.text += Str(" '", sample.what, "'");
        count += Check(std::move(c));
        if (HasFailure()) return;
      }
    }
    EXPECT_GT(count, 0) << op->name;
  }
}

TEST(LayoutKernels, Reorder) {
  for (const DType dtype : {DType::kU8, DType::kF16, DType::kF32, DType::kI64})
    for (const Dims& dims : {Dims{1, 3, 37, 41}, Dims{2, 64, 7, 9}, Dims{1, 17, 33}, Dims{1, 2, 100}, Dims{3, 4, 50},
                             Dims{1, 5, 1, 1}, Dims{2, 1, 9}, Dims{0, 3, 4}, Dims{1, 300, 13}, Dims{1, 13, 300}})
      for (int64_t to : {0, 1}) {
        Case c = CaseOf("Reorder", {{"to", to}}, {Maker(3).Make(dtype, dims, 0, 200)});
        EXPECT_GT(Check(std::move(c)), 0);
        if (HasFailure()) return;
      }
}

using Ints = std::vector<int64_t>;

TEST(LayoutKernels, Pools) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    Maker m(seed);
    const int spatial = static_cast<int>(m.Int(1, 3));
    Dims x{m.Int(1, 2), m.Int(1, m.Coin() ? 5 : 70)};
    Ints kernel, strides, dilations, pads(static_cast<size_t>(2 * spatial));
    for (size_t i = 0; i < static_cast<size_t>(spatial); ++i) {
      x.push_back(m.Int(5, spatial == 1 ? 90 : 14));
      kernel.push_back(m.Int(1, 4));
      strides.push_back(m.Int(1, 3));
      dilations.push_back(kernel[i] < 3 ? m.Int(1, 2) : 1);
      pads[i] = m.Int(0, kernel[i] - 1);
      pads[i + static_cast<size_t>(spatial)] = m.Int(0, kernel[i] - 1);
    }
    std::vector<NamedAttr> attrs{{"kernel_shape", kernel}, {"strides", strides}, {"dilations", dilations}};
    if (m.Int(0, 4) == 0) {
      attrs.push_back({"auto_pad", std::string(m.Coin() ? "SAME_UPPER" : "SAME_LOWER")});
    } else {
      attrs.push_back({"pads", pads});
      attrs.push_back({"ceil_mode", m.Int(0, 1)});
    }
    Tensor t = m.Floats(x);
    if (m.Coin()) {
      const double odd[] = {std::nan(""), 1e38, std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity(), -0.0};
      for (int i = 0; i < 4; ++i) t.SetDouble(m.Int(0, t.elements() - 1), odd[m.Int(0, 4)]);
    }
    EXPECT_EQ(Check(CaseOf("MaxPool", attrs, {t})), 2);
    EXPECT_EQ(Check(CaseOf("MaxPool", attrs, {m.Make(DType::kU8, x, 0, 256)})), 2);
    EXPECT_EQ(Check(CaseOf("MaxPool", attrs, {m.Make(DType::kI8, x, -128, 128)})), 2);
    attrs.push_back({"count_include_pad", m.Int(0, 1)});
    EXPECT_EQ(Check(CaseOf("AveragePool", attrs, {m.Floats(x)})), 2);
    if (HasFailure()) return;
  }
  EXPECT_EQ(Check(CaseOf("MaxPool", {{"kernel_shape", Ints{3, 3}}, {"strides", Ints{2, 2}}},
                         {Maker(1).Floats({1, 3, 40, 2111})})),
            2);
}

TEST(LayoutKernels, Depthwise) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Maker m(seed);
    const int spatial = static_cast<int>(m.Int(1, 2));
    const int64_t channels = m.Int(1, m.Coin() ? 9 : 70);
    Dims x{m.Int(1, 2), channels}, w{channels, 1};
    Ints strides, dilations, pads(static_cast<size_t>(2 * spatial));
    for (size_t i = 0; i < static_cast<size_t>(spatial); ++i) {
      w.push_back(m.Coin() ? 3 : m.Int(1, 7));
      strides.push_back(m.Int(1, 3));
      dilations.push_back(m.Int(0, 3) == 0 ? 2 : 1);
      x.push_back(m.Int((w[i + 2] - 1) * dilations[i] + 1, spatial == 1 ? 90 : 30));
      pads[i] = m.Int(0, 3);
      pads[i + static_cast<size_t>(spatial)] = m.Int(0, 3);
    }
    std::vector<Tensor> in{m.Floats(x), m.Floats(w)};
    if (m.Coin()) in.push_back(m.Floats({channels}));
    Case c = CaseOf("Conv", {{"strides", strides}, {"dilations", dilations}, {"pads", pads}, {"group", channels}}, in);
    c.constants = 1u << 1;
    std::vector<Value> plain;
    const Status s = RunReferenceOf(c, &plain);
    ASSERT_TRUE(s.ok()) << c.text << s.message();
    Dims per_channel = plain[0].tensor().dims;
    for (size_t i = 0; i < per_channel.size(); ++i)
      if (i != 1) per_channel[i] = 1;
    per_channel.erase(0);
    struct Program {
      int operands;
      const char* text;
      std::vector<Dims> dims;
    };
    const Dims full = plain[0].tensor().dims;
    const std::vector<Program> programs{{1, "", {}},
                                        {1, "relu(0)", {}},
                                        {1, "clip(0,alpha=-0.5,beta=0.5)", {}},
                                        {1, "sigmoid(0); mul(0,1)", {}},
                                        {2, "add(0,1); relu(2)", {per_channel}},
                                        {3, "add(0,1); add(3,2); relu(4)", {per_channel, full}},
                                        {2, "mul(0,1)", {full}},
                                        {2, "mul(0,1)", {Dims{}}}};
    const Program& program = programs[static_cast<size_t>(m.Int(0, static_cast<int64_t>(programs.size()) - 1))];
    if (*program.text) {
      c.node.epilogue = *PointwiseProgram::Parse(program.operands, program.text);
      c.node.epilogue_operands = static_cast<uint32_t>(program.operands - 1);
      for (const Dims& d : program.dims) {
        c.epilogue_in.push_back(m.Floats(d));
        c.node.inputs.push_back(static_cast<ValueId>(50 + c.epilogue_in.size()));
      }
      c.text += Str(" ", program.text);
    }
    EXPECT_EQ(Check(std::move(c), "depthwise_channels_last"), 1);
    if (HasFailure()) return;
  }
}

constexpr DType kSizes[] = {DType::kU8, DType::kF16, DType::kF32, DType::kI64};

TEST(LayoutKernels, Movement) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Maker m(seed);
    const DType dtype = kSizes[m.Int(0, 3)];
    const int rank = static_cast<int>(m.Int(1, 5));
    Dims x;
    for (int i = 0; i < rank; ++i) x.push_back(m.Int(0, 30) == 0 ? 0 : m.Int(1, m.Coin() ? 4 : rank < 4 ? 40 : 12));
    const Tensor t = m.Make(dtype, x, 0, 200);
    const int both = rank >= 3 ? 2 : 1;
    Ints perm(static_cast<size_t>(rank));
    std::iota(perm.begin(), perm.end(), 0);
    for (size_t i = perm.size(); i-- > 1;)
      std::swap(perm[i], perm[static_cast<size_t>(m.Int(0, static_cast<int64_t>(i)))]);
    EXPECT_EQ(Check(CaseOf("Transpose", {{"perm", perm}}, {t})), both);
    const int64_t axis = m.Int(0, rank - 1);
    const auto a = static_cast<size_t>(axis);
    std::vector<Tensor> parts;
    Ints sizes;
    for (int64_t i = m.Int(1, 4); i > 0; --i) {
      Dims d = x;
      d[a] = m.Int(0, 9);
      sizes.push_back(d[a]);
      parts.push_back(m.Make(dtype, d, 0, 200));
    }
    EXPECT_EQ(Check(CaseOf("Concat", {{"axis", axis}}, parts)), both);
    Dims whole = x;
    whole[a] = std::accumulate(sizes.begin(), sizes.end(), int64_t{0});
    EXPECT_EQ(Check(CaseOf("Split", {{"axis", axis}}, {m.Make(dtype, whole, 0, 200), VectorI64(sizes)}, sizes.size())),
              both);
    Ints starts, ends, steps, repeats, shape, pads(static_cast<size_t>(2 * rank));
    for (size_t i = 0; i < x.size(); ++i) {
      starts.push_back(m.Int(-x[i] - 2, x[i] + 2));
      ends.push_back(m.Int(-x[i] - 2, x[i] + 2));
      steps.push_back(m.Coin() ? 1 : m.Coin() ? m.Int(1, 4) : -m.Int(1, 4));
      repeats.push_back(m.Int(0, 20) == 0 ? 0 : m.Int(1, 3));
      pads[i] = m.Int(0, 2) * m.Int(0, 1);
      pads[i + x.size()] = m.Int(-std::min<int64_t>(1, x[i]), 2) * m.Int(0, 1);
      shape.push_back(x[i]);
    }
    EXPECT_EQ(Check(CaseOf("Slice", {}, {t, VectorI64(starts), VectorI64(ends), {}, VectorI64(steps)})), both);
    EXPECT_EQ(Check(CaseOf("Tile", {}, {t, VectorI64(repeats)})), 1);
    Dims thin = x;
    for (int64_t& d : thin)
      if (m.Coin()) d = 1;
    shape.insert(shape.begin(), m.Int(1, 3));
    EXPECT_EQ(Check(CaseOf("Expand", {}, {m.Make(dtype, thin, 0, 200), VectorI64(shape)})), 1);
    EXPECT_EQ(Check(CaseOf("Pad", {}, {t, VectorI64(pads), m.Make(dtype, {}, 1, 9)})), both);
    const bool repeatable = std::all_of(x.begin(), x.end(), [](int64_t d) { return d > 2; });
    for (const char* mode : {"edge", "reflect", "wrap"})
      if (repeatable) {
        EXPECT_EQ(Check(CaseOf("Pad", {{"mode", std::string(mode)}}, {t, VectorI64(pads)})), both);
      }
    if (HasFailure()) return;
  }
}

TEST(LayoutKernels, Indices) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Maker m(seed);
    const DType dtype = kSizes[m.Int(0, 3)], type = m.Coin() ? DType::kI32 : DType::kI64;
    const int rank = static_cast<int>(m.Int(1, 4));
    Dims x;
    for (int i = 0; i < rank; ++i) x.push_back(m.Int(1, 9));
    const Tensor t = m.Make(dtype, x, 0, 200);
    const int64_t axis = m.Int(0, rank - 1);
    const auto a = static_cast<size_t>(axis);
    const auto n = static_cast<double>(x[a]);
    EXPECT_EQ(Check(CaseOf("Gather", {{"axis", axis}}, {t, m.Make(type, {m.Int(0, 5), m.Int(1, 4)}, -n, n)})), 1);
    Dims some = x;
    for (int64_t& d : some) d = m.Int(1, d);
    const Tensor chosen = m.Make(type, some, -n, n);
    EXPECT_EQ(Check(CaseOf("GatherElements", {{"axis", axis}}, {t, chosen})), 1);
    EXPECT_EQ(Check(CaseOf("ScatterElements", {{"axis", axis}}, {t, chosen, m.Make(dtype, some, 0, 200)})), 1);
    const int64_t k = m.Int(1, rank), tuples = m.Int(1, 20);
    Tensor index = *NewTensor(DType::kI64, {tuples, k});
    for (int64_t i = 0; i < tuples * k; ++i) {
      const int64_t dim = x[static_cast<size_t>(i % k)];
      index.SetInt(i, m.Int(-dim, dim - 1));
    }
    Dims updates{tuples};
    for (int i = static_cast<int>(k); i < rank; ++i) updates.push_back(x[static_cast<size_t>(i)]);
    EXPECT_EQ(Check(CaseOf("GatherND", {}, {t, index})), 1);
    EXPECT_EQ(Check(CaseOf("ScatterND", {}, {t, index, m.Make(dtype, updates, 0, 200)})), 1);
    if (HasFailure()) return;
  }
}

TEST(LayoutKernels, DepthAndSpace) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    Maker m(seed);
    const DType dtype = kSizes[m.Int(0, 3)];
    const int64_t b = m.Int(1, 4), n = m.Int(1, 2), c = m.Int(1, 9), h = m.Int(1, 9), w = m.Int(1, 9);
    for (const char* mode : {"DCR", "CRD"}) {
      const std::vector<NamedAttr> attrs{{"blocksize", b}, {"mode", std::string(mode)}};
      EXPECT_EQ(Check(CaseOf("DepthToSpace", attrs, {m.Make(dtype, {n, c * b * b, h, w}, 0, 200)})), 2);
      EXPECT_EQ(Check(CaseOf("SpaceToDepth", attrs, {m.Make(dtype, {n, c, h * b, w * b}, 0, 200)})), 2);
    }
    if (HasFailure()) return;
  }
}

TEST(LayoutKernels, Resize) {
  const char* transforms[] = {"half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel",
                              "half_pixel_symmetric"};
  const char* roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"};
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Maker m(seed);
    const int spatial = static_cast<int>(m.Int(1, 3));
    Dims x{m.Int(1, 2), m.Int(1, m.Coin() ? 3 : 20)};
    Ints sizes{x[0], m.Int(0, 9) == 0 ? 5 : x[1]};
    for (int i = 0; i < spatial; ++i) {
      x.push_back(m.Int(1, 11));
      sizes.push_back(m.Int(0, 3) == 0 ? x.back() : m.Int(1, 24));
    }
    const std::string mode = m.Coin() ? "linear" : m.Coin() ? "cubic" : "nearest";
    std::vector<NamedAttr> attrs{{"mode", mode},
                                 {"coordinate_transformation_mode", std::string(transforms[m.Int(0, 4)])},
                                 {"nearest_mode", std::string(roundings[m.Int(0, 3)])},
                                 {"exclude_outside", m.Int(0, 1)}};
    const Tensor t = mode == "nearest" ? m.Make(kSizes[m.Int(0, 3)], x, 0, 200) : m.Floats(x);
    if (m.Coin()) {
      EXPECT_EQ(Check(CaseOf("Resize", attrs, {t, {}, {}, VectorI64(sizes)})), 2);
    } else {
      std::vector<float> scales(x.size(), 1);
      for (size_t i = 2; i < x.size(); ++i) scales[i] = static_cast<float>(m.Int(2, 9)) / 3;
      EXPECT_EQ(Check(CaseOf("Resize", attrs, {t, {}, TensorOf({static_cast<int64_t>(scales.size())}, scales)})), 2);
    }
    if (HasFailure()) return;
  }
}

TEST(LayoutKernels, Recurrent) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    Maker m(seed);
    const bool lstm = m.Coin(), batch_major = m.Coin();
    const int64_t gates = lstm ? 4 : 3, t = m.Int(0, 7), n = m.Int(1, m.Coin() ? 2 : 9), in = m.Int(1, 40);
    const int64_t h = m.Int(1, m.Coin() ? 12 : 100), way = m.Int(0, 2), d = way == 2 ? 2 : 1;
    const char* ways[] = {"forward", "reverse", "bidirectional"};
    const Dims state = batch_major ? Dims{n, d, h} : Dims{d, n, h};
    std::vector<Tensor> inputs{m.Floats(batch_major ? Dims{n, t, in} : Dims{t, n, in}),
                               m.Floats({d, gates * h, in}),
                               m.Floats({d, gates * h, h}),
                               {},
                               {},
                               {}};
    if (m.Coin()) inputs[3] = m.Floats({d, 2 * gates * h});
    if (m.Coin()) inputs[4] = m.Make(DType::kI32, {n}, 0, static_cast<double>(t + 1));
    if (m.Coin()) inputs[5] = m.Floats(state);
    if (lstm) inputs.push_back(m.Coin() ? m.Floats(state) : Tensor());
    if (lstm) inputs.push_back(m.Coin() ? m.Floats({d, 3 * h}) : Tensor());
    std::vector<NamedAttr> attrs{{"direction", std::string(ways[way])}, {"layout", int64_t{batch_major}}};
    if (m.Int(0, 3) == 0) attrs.push_back({"clip", 0.5f});
    attrs.push_back({lstm ? "input_forget" : "linear_before_reset", m.Int(0, 1)});
    Case c = CaseOf(lstm ? "LSTM" : "GRU", attrs, inputs, lstm ? 3 : 2);
    c.constants = 6;
    EXPECT_EQ(Check(std::move(c)), 1);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace hasten
