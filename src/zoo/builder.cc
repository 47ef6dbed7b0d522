#include "zoo/builder.h"

#include <cmath>

namespace hasten::zoo {
namespace {

// FNV-1a: the same on every machine.
uint64_t SeedOf(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::vector<int64_t> Twice(int64_t v) { return {v, v}; }

std::vector<NamedAttr> WindowAttrsOf(const ConvShape& s) {
  return {{"dilations", Twice(1)},
          {"group", s.groups},
          {"kernel_shape", Twice(s.kernel)},
          {"pads", std::vector<int64_t>(4, s.pad)},
          {"strides", Twice(s.stride)}};
}

}  // namespace

Builder::Builder(std::string_view name)
    : model_(std::make_unique<Model>()), graph_(&model_->graph), inference_({.fold_small = true}) {
  graph_->name = std::string(name);
  model_->opsets = {{"", kOpset}};
  model_->ir_version = 8;
  model_->producer_name = "hasten";
}

ValueId Builder::Input(std::string_view name, DType dtype, const Dims& dims) {
  const ValueId v = graph_->AddValue(std::string(name), Type::Tensor(dtype, Shape(dims)));
  graph_->value(v).declared = graph_->value(v).type;
  graph_->inputs.push_back(v);
  return v;
}

void Builder::Output(ValueId v, std::string_view name) {
  if (!status_.ok()) return;
  status_ = graph_->Rename(v, std::string(name));
  graph_->value(v).declared = graph_->value(v).type;
  graph_->outputs.push_back(v);
}

Result<std::unique_ptr<Model>> Builder::Finish() {
  HASTEN_TRY(std::move(status_));
  HASTEN_TRY(Verify(*graph_));
  return std::move(model_);
}

std::vector<ValueId> Builder::AddMany(std::string_view op, std::string_view name, std::vector<ValueId> inputs,
                                      std::vector<NamedAttr> attrs, int outputs) {
  std::vector<ValueId> out(static_cast<size_t>(outputs), kNone);
  if (!status_.ok()) return out;
  Node node;
  node.op = Catalog::BuiltIn().Find(op);
  HASTEN_CHECK(node.op != nullptr);
  node.name = std::string(name);
  node.attrs = Attrs(node.op->attrs);
  node.inputs = std::move(inputs);
  for (const NamedAttr& a : attrs)
    if (Status s = node.attrs.Set(a.name, a.value); !s.ok()) status_ = std::move(s).At(name);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = graph_->AddValue(i == 0 ? Str(name, "_output") : Str(name, "_output_", i));
  node.outputs = out;
  const NodeId n = graph_->AddNode(std::move(node));
  if (Status s = InferNode(graph_, n, &inference_); !s.ok()) status_ = std::move(s).At(graph_->Where(n));
  return out;
}

ValueId Builder::Add(std::string_view op, std::string_view name, std::vector<ValueId> inputs,
                     std::vector<NamedAttr> attrs) {
  return AddMany(op, name, std::move(inputs), std::move(attrs), 1)[0];
}

int64_t Builder::Dim(ValueId v, int axis) const {
  if (!status_.ok()) return 0;
  const Shape& shape = graph_->value(v).type.shape;
  return shape[axis < 0 ? axis + shape.rank() : axis].value();
}

ValueId Builder::Constant(std::string_view name, const Dims& dims, const Generator& generator) {
  hasten::Constant c;
  c.tensor.dtype = DType::kF32;
  c.tensor.dims = dims;
  c.generator = generator;
  return graph_->AddConstant(std::string(name), std::move(c));
}

ValueId Builder::Normal(std::string_view name, const Dims& dims, double deviation, double mean) {
  return Constant(name, dims, {Generator::Kind::kNormal, SeedOf(name), mean, deviation});
}

ValueId Builder::Uniform(std::string_view name, const Dims& dims, double low, double high) {
  return Constant(name, dims, {Generator::Kind::kUniform, SeedOf(name), low, high});
}

ValueId Builder::Scalar(std::string_view name, double v) {
  return graph_->AddConstant(std::string(name), ScalarOf(DType::kF32, v));
}

ValueId Builder::Ints(std::string_view name, std::initializer_list<int64_t> v) {
  return graph_->AddConstant(std::string(name), VectorI64(std::vector<int64_t>(v)));
}

ValueId Builder::Stored(std::string_view name, Tensor contents) {
  return graph_->AddConstant(std::string(name), std::move(contents));
}

ValueId Builder::Conv(ValueId x, std::string_view name, const ConvShape& s, double gain) {
  const int64_t in = Dim(x, 1) / s.groups;
  // He's deviation: the half of the variance that a rectifier drops is made up for.
  const double deviation = gain * std::sqrt(2.0 / static_cast<double>(in * s.kernel * s.kernel));
  std::vector<ValueId> inputs = {x, Normal(Name(name, "weight"), {s.channels, in, s.kernel, s.kernel}, deviation)};
  if (s.bias) inputs.push_back(Normal(Name(name, "bias"), {s.channels}, 0.1));
  return Add("Conv", name, std::move(inputs), WindowAttrsOf(s));
}

ValueId Builder::ConvTranspose(ValueId x, std::string_view name, const ConvShape& s) {
  const int64_t in = Dim(x, 1);
  const double taps = static_cast<double>(in * s.kernel * s.kernel) / static_cast<double>(s.stride * s.stride);
  std::vector<ValueId> inputs = {
      x, Normal(Name(name, "weight"), {in, s.channels, s.kernel, s.kernel}, std::sqrt(2.0 / taps))};
  if (s.bias) inputs.push_back(Normal(Name(name, "bias"), {s.channels}, 0.1));
  return Add("ConvTranspose", name, std::move(inputs), WindowAttrsOf(s));
}

ValueId Builder::BatchNorm(ValueId x, std::string_view name, double gain, double epsilon) {
  const Dims channels = {Dim(x, 1)};
  return Add(
      "BatchNormalization", name,
      {x, Uniform(Name(name, "weight"), channels, 0.75 * gain, 1.25 * gain), Normal(Name(name, "bias"), channels, 0.3),
       Normal(Name(name, "running_mean"), channels, 0.1), Uniform(Name(name, "running_var"), channels, 0.75, 1.25)},
      {{"epsilon", static_cast<float>(epsilon)}});
}

ValueId Builder::MaxPool(ValueId x, std::string_view name, int64_t kernel, int64_t stride, int64_t pad) {
  return Add("MaxPool", name, {x},
             {{"kernel_shape", Twice(kernel)}, {"pads", std::vector<int64_t>(4, pad)}, {"strides", Twice(stride)}});
}

ValueId Builder::Linear(ValueId x, std::string_view name, int64_t to) {
  const int64_t from = Dim(x, -1);
  return Add("Gemm", name,
             {x, Normal(Name(name, "weight"), {to, from}, std::sqrt(1.0 / static_cast<double>(from))),
              Normal(Name(name, "bias"), {to}, 0.1)},
             {{"transB", int64_t{1}}});
}

ValueId Builder::LinearMatMul(ValueId x, std::string_view name, int64_t to) {
  const int64_t from = Dim(x, -1);
  const ValueId weight = Normal(Name(name, "weight"), {from, to}, std::sqrt(1.0 / static_cast<double>(from)));
  const ValueId bias = Normal(Name(name, "bias"), {to}, 0.1);
  const ValueId product = Add("MatMul", Name(name, "MatMul"), {x, weight});
  return Add("Add", Name(name, "Add"), {bias, product});
}

ValueId Builder::Embedding(ValueId ids, std::string_view name, int64_t rows, int64_t width) {
  return Add("Gather", name, {Normal(Name(name, "weight"), {rows, width}, 0.5), ids});
}

ValueId Builder::LayerNorm(ValueId x, std::string_view name, double epsilon) {
  const Dims width = {Dim(x, -1)};
  return Add("LayerNormalization", name,
             {x, Uniform(Name(name, "weight"), width, 0.75, 1.25), Normal(Name(name, "bias"), width, 0.1)},
             {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(epsilon)}});
}

ValueId Builder::Silu(ValueId x, std::string_view name) {
  return Add("Mul", Name(name, "Mul"), {x, Add("Sigmoid", Name(name, "Sigmoid"), {x})});
}

ValueId Builder::GeluErf(ValueId x, std::string_view name) {
  const ValueId scaled = Add("Div", Name(name, "Div"), {x, Scalar(Name(name, "sqrt2"), std::sqrt(2.0))});
  const ValueId erf = Add("Erf", Name(name, "Erf"), {scaled});
  const ValueId shifted = Add("Add", Name(name, "Add"), {erf, Scalar(Name(name, "one"), 1)});
  const ValueId product = Add("Mul", Name(name, "Mul"), {x, shifted});
  return Add("Mul", Name(name, "Mul_1"), {product, Scalar(Name(name, "half"), 0.5)});
}

ValueId Builder::Reshape(ValueId x, std::string_view name, std::initializer_list<int64_t> dims) {
  return Add("Reshape", name, {x, Ints(Name(name, "shape"), dims)});
}

ValueId Builder::Transpose(ValueId x, std::string_view name, std::vector<int64_t> order) {
  return Add("Transpose", name, {x}, {{"perm", std::move(order)}});
}

ValueId Builder::Concat(std::vector<ValueId> parts, std::string_view name, int64_t axis) {
  return Add("Concat", name, std::move(parts), {{"axis", axis}});
}

}  // namespace hasten::zoo
