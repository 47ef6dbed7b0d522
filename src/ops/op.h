// What an op is: one constant record per op, in the op's own file, and nowhere else.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "ops/kernel.h"
#include "ops/onnx_form.h"

namespace hasten {

inline constexpr int kMany = 1 << 20;  // variadic

// Counts of formal inputs and outputs.
struct OpArity {
  int min_in, max_in, min_out = 1, max_out = 1;
};

// Integer contents known before the run, elements may be symbolic: shapes on their way through Shape, Gather, Concat,
// ...
struct KnownInts {
  Dims dims;                  // rank 0 or 1 in practice
  std::vector<Dim> elements;  // row-major
};

// Runs inference of a node's body; the lead's driver implements it.
class InferDriver {
 public:
  virtual ~InferDriver() = default;
  virtual Result<std::vector<Type>> InferBody(Graph* body, std::span<const Type> inputs, const Node& node) = 0;
};

// What an op's Infer sees of a call, and where it writes the outputs' types.
//
// The same function serves import (types symbolic, few values known), binding (concrete dims) and the run of a
// data-dependent step (all operands known).  It must accept unknown types and ranks: then it says what it can (a dtype,
// a rank) and leaves the rest unknown.  It reports what can never be right as an error that says what must be and what
// is.
class InferCall {
 public:
  std::span<const Type> in;                // kUnknown kind where absent
  std::span<const Tensor* const> values;   // contents where known, else null
  std::span<const KnownInts* const> ints;  // symbolic contents where known, else null
  std::span<const bool> present;           // which inputs are there
  std::span<const bool> wanted;            // which outputs are wanted
  const Attrs* attributes = nullptr;
  const Node* node = nullptr;
  InferDriver* driver = nullptr;
  std::vector<Type> out;                           // sized to the node's outputs, unknown
  std::vector<std::optional<KnownInts>> out_ints;  // likewise

  int inputs() const { return static_cast<int>(in.size()); }
  int outputs() const { return static_cast<int>(out.size()); }
  bool has(int i) const { return i < inputs() && present[i]; }
  // Unknown for inputs that are not there.
  const Type& type(int i) const {
    static const Type unknown;
    return i < inputs() ? in[i] : unknown;
  }
  DType dtype(int i) const { return type(i).dtype; }         // kNone if unknown
  const Shape& shape(int i) const { return type(i).shape; }  // check ranked()
  template <class A>
  const A& attrs() const {
    return attributes->as<A>();
  }

  // Contents of input i if they are known constants.
  const Tensor* constant(int i) const { return i < inputs() ? values[i] : nullptr; }
  std::optional<std::vector<int64_t>> ConstInts(int i) const;
  // Contents, perhaps symbolic; constants are given too.
  std::optional<KnownInts> KnownOf(int i) const;

  void Out(int i, Type type) {
    if (i < outputs()) out[i] = std::move(type);
  }
  void Out(int i, DType dtype, Shape shape) { Out(i, Type::Tensor(dtype, std::move(shape))); }
  void OutInts(int i, KnownInts v) {
    if (i < outputs()) out_ints[i] = std::move(v);
  }

  // Common requirements; each error names the input by its number from 0.
  Status RequireTensor(int i) const;            // absent or unknown passes
  Status RequireRank(int i, int rank) const;    // unknown rank passes
  Status RequireSameDType(int i, int j) const;  // unknown passes
  Status RequireDims(int i, int axis, const Dim& d,
                     std::string_view what) const;  // axis of input i is d (undecidable passes)
};

// Cost in floating-point (or integer) operations for concrete shapes; bytes moved follow from the operands.
struct CostCall {
  std::span<const Type> in, out;  // concrete
  const Attrs* attributes = nullptr;
  template <class A>
  const A& attrs() const {
    return attributes->as<A>();
  }
};

// Algebraic facts that passes and tests may rely on.
struct Traits {
  bool elementwise = false;  // output element depends on the (broadcast) input elements at the same place alone
  bool commutative = false;
  bool exact_on_integers = false;  // on small integers every dtype computes the mathematically exact result
  bool random = false;             // not a function of its inputs: never folded, never merged
  bool region = false;             // holds graphs
  bool metadata_only = false;      // output shares the input's bytes: Reshape, Squeeze, Identity
  int in_place_input = -1;         // output 0 may overwrite this input, if dtype and dims agree
};

// One worked call: types and contents of the inputs, attributes.  Conformance runs each on every tactic of the op.
struct SampleInput {
  DType dtype = DType::kF32;  // kNone: absent
  Dims dims;
  double low = -1, high = 1;        // uniform; integers inclusive
  std::vector<double> values = {};  // explicit contents instead, if not empty
  std::vector<std::string> strings = {};
};
struct Sample {
  std::string_view what;  // why it is here: "odd channels", "eps outweighs the mean"
  std::vector<SampleInput> in;
  std::vector<NamedAttr> attrs = {};
  int outputs = 1;
};

class RegionBuilder;  // plan-time lowering of region ops into flat steps: ops/region.h

struct OpDef {
  std::string_view name;  // ONNX's; other domains carry theirs: "com.microsoft.Gelu", "ai.onnx.ml.Scaler"
  std::string_view doc;   // formula, shapes with named dims, dtypes, source
  AttrSchema attrs = {};
  OpArity arity;
  OnnxTable onnx = {};  // versions in and out; no versions: ours alone
  Status (*infer)(InferCall&) = nullptr;
  Status (*eval)(KernelCall&) = nullptr;       // the reference, the judge and the fallback: clarity over speed
  double (*flops)(const CostCall&) = nullptr;  // null: one per output element
  Traits traits = {};
  std::vector<Sample> (*samples)() = nullptr;
  Status (*lower)(RegionBuilder&) = nullptr;  // region ops only
};

// The ops in force: the built-in ones and the caller's own, which win.
class Catalog {
 public:
  static const Catalog& BuiltIn();
  explicit Catalog(std::span<const OpDef* const> own);
  // By ONNX domain and type ("" is ai.onnx); null if unknown.
  const OpDef* FindOnnx(std::string_view domain, std::string_view type) const;
  const OpDef* Find(std::string_view name) const;
  std::span<const OpDef* const> ops() const { return ops_; }  // sorted by name

 private:
  std::vector<const OpDef*> ops_;
};

}  // namespace hasten
