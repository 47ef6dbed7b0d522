#include <unordered_map>

#include "ops/op.h"

namespace hasten::ops::ml {
namespace {

struct LabelEncoderAttrs {
  std::vector<std::string> keys_strings, values_strings;
  std::vector<int64_t> keys_int64s, values_int64s;
  std::vector<float> keys_floats, values_floats;
  std::optional<Tensor> keys_tensor, values_tensor, default_tensor;
  std::string default_string = "_Unused";
  int64_t default_int64 = -1;
  float default_float = -0.0f;
};
using A = LabelEncoderAttrs;
constexpr AttrField kFields[] = {
    Field<&A::keys_strings>("keys_strings"),     Field<&A::keys_int64s>("keys_int64s"),
    Field<&A::keys_floats>("keys_floats"),       Field<&A::keys_tensor>("keys_tensor"),
    Field<&A::values_strings>("values_strings"), Field<&A::values_int64s>("values_int64s"),
    Field<&A::values_floats>("values_floats"),   Field<&A::values_tensor>("values_tensor"),
    Field<&A::default_string>("default_string"), Field<&A::default_int64>("default_int64"),
    Field<&A::default_float>("default_float"),   Field<&A::default_tensor>("default_tensor")};

// The one list that is there, as a tensor.
Result<Tensor> Column(std::string_view what, const std::vector<std::string>& strings, const std::vector<int64_t>& ints,
                      const std::vector<float>& floats, const std::optional<Tensor>& tensor) {
  const int lists = !strings.empty() + !ints.empty() + !floats.empty() + tensor.has_value();
  HASTEN_REQUIRE(lists == 1, "must have one list of ", what, ", has ", lists);
  const auto vector = [](const auto& v) { return TensorOf(Dims{static_cast<int64_t>(v.size())}, v); };
  if (tensor) return *tensor;
  if (!strings.empty()) return vector(strings);
  return ints.empty() ? vector(floats) : vector(ints);
}

struct Table {
  Tensor keys, values, fallback;  // fallback: one element
};

Result<Table> Read(const A& a) {
  Table t;
  HASTEN_ASSIGN(t.keys, Column("keys", a.keys_strings, a.keys_int64s, a.keys_floats, a.keys_tensor));
  HASTEN_ASSIGN(t.values, Column("values", a.values_strings, a.values_int64s, a.values_floats, a.values_tensor));
  HASTEN_REQUIRE(t.keys.elements() == t.values.elements(), "must have as many keys as values, has ", t.keys.elements(),
                 " and ", t.values.elements());
  if (a.default_tensor) {
    HASTEN_REQUIRE(a.default_tensor->dtype == t.values.dtype && a.default_tensor->elements() == 1,
                   "attribute default_tensor must be one ", Name(t.values.dtype), ", is ", *a.default_tensor);
    t.fallback = *a.default_tensor;
  } else if (t.values.dtype == DType::kString) {
    t.fallback = TensorOf(Dims{}, std::span(&a.default_string, 1));
  } else if (IsFloat(t.values.dtype)) {
    t.fallback = ScalarOf(t.values.dtype, static_cast<double>(a.default_float));
  } else {
    t.fallback = ScalarOf(t.values.dtype, 0);
    t.fallback.SetInt(0, a.default_int64);
  }
  return t;
}

Status Infer(InferCall& c) {
  HASTEN_ASSIGN(const Table table, Read(c.attrs<A>()));
  HASTEN_TRY(c.RequireTensor(0));
  HASTEN_REQUIRE(c.dtype(0) == DType::kNone || c.dtype(0) == table.keys.dtype, "input must be of ",
                 Name(table.keys.dtype), " as the keys, is ", c.type(0));
  c.Out(0, table.values.dtype, c.shape(0));
  return {};
}

// Later keys win.
template <class Key, class KeyOf>
void Look(const Table& table, const Tensor& x, KeyOf key_of, Tensor* y) {
  std::unordered_map<Key, int64_t> at;
  for (int64_t i = 0; i < table.keys.elements(); ++i) at[key_of(table.keys, i)] = i;
  for (int64_t i = 0; i < x.elements(); ++i) {
    const auto hit = at.find(key_of(x, i));
    if (hit == at.end())
      CopyElements(table.fallback, 0, y, i, 1);
    else
      CopyElements(table.values, hit->second, y, i, 1);
  }
}

// Equal for equal numbers (both zeros) and for all NaN.
uint64_t FloatKey(const Tensor& t, int64_t i) {
  double v = t.Double(i);
  if (std::isnan(v)) v = std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<uint64_t>(v == 0 ? 0.0 : v);
}

Status Eval(KernelCall& c) {
  HASTEN_ASSIGN(const Table table, Read(c.attrs<A>()));
  const Tensor& x = c.input(0);
  Tensor* y = &c.output(0);
  if (x.dtype == DType::kString)
    Look<std::string>(
        table, x, [](const Tensor& t, int64_t i) { return t.string(i); }, y);
  else if (IsFloat(x.dtype))
    Look<uint64_t>(table, x, FloatKey, y);
  else
    Look<int64_t>(
        table, x, [](const Tensor& t, int64_t i) { return t.Int(i); }, y);
  return {};
}

std::vector<int64_t> Count(size_t n) {
  std::vector<int64_t> v(n);
  std::iota(v.begin(), v.end(), 0);
  return v;
}

// Opset 1: places in one list of strings, in the direction that the input's dtype tells.
Status Up1(OnnxNode& n) {
  const auto classes = n.Take("classes_strings");
  const auto* list = classes ? std::get_if<std::vector<std::string>>(&*classes) : nullptr;
  HASTEN_REQUIRE(list, "must have the attribute classes_strings");
  const bool to_strings = n.TypeOf(0).dtype == DType::kI64;
  n.Set(to_strings ? "values_strings" : "keys_strings", *list);
  n.Set(to_strings ? "keys_int64s" : "values_int64s", Count(list->size()));
  return {};
}

Status Down1(OnnxNode& n) {
  for (const auto& [strings, ints] :
       {std::pair("keys_strings", "values_int64s"), std::pair("values_strings", "keys_int64s")}) {
    const auto* list = n.Get<std::vector<std::string>>(strings);
    const auto* places = n.Get<std::vector<int64_t>>(ints);
    if (!list || !places || *places != Count(list->size())) continue;
    n.Set("classes_strings", *list);
    n.Drop(strings);
    n.Drop(ints);
    return {};
  }
  return Status(Code::kUnsupported,
                "LabelEncoder maps between strings and their places at opset 1: this one cannot be written so");
}

// Opset 2 has no tensors.
Status Down2(OnnxNode& n) {
  for (const char* name : {"keys_tensor", "values_tensor", "default_tensor"})
    if (n.Find(name))
      return Status(Code::kUnsupported, Str("LabelEncoder has no attribute '", name, "' before opset 4"));
  return {};
}

constexpr OnnxVersion kVersions[] = {{1, Up1, Down1}, {2, nullptr, Down2}, {4}};

std::vector<Sample> Samples() {
  const std::vector<std::string> names = {"a", "b", "a"};
  return {{"the last of equal keys, a default",
           {{DType::kString, {2, 2}, 0, 0, {}, {"a", "b", "c", ""}}},
           {{"keys_strings", names}, {"values_int64s", std::vector<int64_t>{1, 2, 3}}, {"default_int64", int64_t{42}}}},
          {"NaN and zeros are keys",
           {{DType::kF32, {5}, 0, 0, {NAN, -0.0, 0.0, 1, 2}}},
           {{"keys_floats", std::vector<float>{NAN, 0, 1}},
            {"values_floats", std::vector<float>{5, 6, 7}},
            {"default_float", 0.5f}}},
          {"to strings",
           {{DType::kI64, {}, 0, 0, {9}}},
           {{"keys_int64s", std::vector<int64_t>{1, 2, 3}},
            {"values_strings", names},
            {"default_string", std::string("?")}}}};
}

}  // namespace

extern const OpDef kLabelEncoder = {
    .name = "ai.onnx.ml.LabelEncoder",
    .doc =
        "Each element of x that is a key becomes the value at the key's place, others become the default. NaN is a key "
        "like others; of equal keys the last holds.",
    .attrs = SchemaOf<A>(kFields),
    .arity = {1, 1},
    .onnx = {"ai.onnx.ml", "LabelEncoder", kVersions},
    .infer = Infer,
    .eval = Eval,
    .samples = Samples,
};

}  // namespace hasten::ops::ml
