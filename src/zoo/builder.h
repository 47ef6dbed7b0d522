// Builds portable graphs node by node, as exporters write them: ONNX ops of opset 17, batch norm kept apart, names of
// the training framework.
#pragma once
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ops/infer.h"

namespace hasten::zoo {

inline constexpr int kOpset = 17;

// A square window.
struct ConvShape {
  int64_t channels = 0;  // out
  int64_t kernel = 1, stride = 1, pad = 0, groups = 1;
  bool bias = false;
};

// Adds nodes with inferred types.  The first error sticks: what is built afterwards is void, and Finish returns it.
// Weights are generators without contents, seeded by their names; deviations keep activations near unit variance.
class Builder {
 public:
  explicit Builder(std::string_view name);

  ValueId Input(std::string_view name, DType dtype, const Dims& dims);
  void Output(ValueId v, std::string_view name);
  Result<std::unique_ptr<Model>> Finish();

  // One node; `name` is its name and the beginning of its outputs'.
  ValueId Add(std::string_view op, std::string_view name, std::vector<ValueId> inputs,
              std::vector<NamedAttr> attrs = {});
  std::vector<ValueId> AddMany(std::string_view op, std::string_view name, std::vector<ValueId> inputs,
                               std::vector<NamedAttr> attrs, int outputs);

  // Constants.
  ValueId Normal(std::string_view name, const Dims& dims, double deviation, double mean = 0);
  ValueId Uniform(std::string_view name, const Dims& dims, double low, double high);
  ValueId Scalar(std::string_view name, double v);  // f32[]
  ValueId Ints(std::string_view name, std::initializer_list<int64_t> v);
  ValueId Stored(std::string_view name, Tensor contents);

  // Layers.  `name` is the layer's; weights are name.weight, name.bias, ...  `gain` scales the usual deviation.
  ValueId Conv(ValueId x, std::string_view name, const ConvShape& shape, double gain = 1);
  ValueId ConvTranspose(ValueId x, std::string_view name, const ConvShape& shape);
  ValueId BatchNorm(ValueId x, std::string_view name, double gain = 1, double epsilon = 1e-5);
  ValueId MaxPool(ValueId x, std::string_view name, int64_t kernel, int64_t stride, int64_t pad);
  ValueId Linear(ValueId x, std::string_view name, int64_t to);        // rank 2: Gemm
  ValueId LinearMatMul(ValueId x, std::string_view name, int64_t to);  // any rank: MatMul and Add
  ValueId Embedding(ValueId ids, std::string_view name, int64_t rows, int64_t width);
  ValueId LayerNorm(ValueId x, std::string_view name, double epsilon);  // over the last axis, one node

  ValueId Relu(ValueId x, std::string_view name) { return Add("Relu", name, {x}); }
  ValueId Silu(ValueId x, std::string_view name);     // x * Sigmoid(x)
  ValueId GeluErf(ValueId x, std::string_view name);  // Div, Erf, Add, Mul, Mul
  ValueId Reshape(ValueId x, std::string_view name, std::initializer_list<int64_t> dims);
  ValueId Transpose(ValueId x, std::string_view name, std::vector<int64_t> order);
  ValueId Concat(std::vector<ValueId> parts, std::string_view name, int64_t axis);

  // Length of an axis; negative counts from the back.  0 once an error is there.
  int64_t Dim(ValueId v, int axis) const;

 private:
  ValueId Constant(std::string_view name, const Dims& dims, const Generator& generator);

  std::unique_ptr<Model> model_;
  Graph* graph_;
  Inference inference_;
  Status status_;
};

// "layer1.0" and "conv1" give "layer1.0.conv1".
template <class... Parts>
std::string Name(std::string_view first, const Parts&... parts) {
  std::string out(first);
  ((out += Str(".", parts)), ...);
  return out;
}

}  // namespace hasten::zoo
