#include "ops/sequence.h"

namespace hasten {

Result<Type> InferElement(const InferCall& c, int i) {
  if (!c.has(i)) return Type();
  const Type* type = &c.type(i);
  if (type->kind == Type::Kind::kOptional && type->element) type = type->element.get();
  if (!type->known()) return Type();
  HASTEN_REQUIRE(type->kind == Type::Kind::kSequence, "input ", i, " must be a sequence, is ", *type);
  return type->element ? *type->element : Type();
}

Status RequireIndex(const InferCall& c, int i) {
  HASTEN_TRY(c.RequireTensor(i));
  if (!c.has(i)) return {};
  HASTEN_REQUIRE(c.dtype(i) == DType::kNone || IsInteger(c.dtype(i)), "input ", i, " must be an integer, is ",
                 c.type(i));
  if (c.type(i).is_tensor() && c.shape(i).ranked())
    HASTEN_REQUIRE(!NeverEqual(c.shape(i).elements(), 1), "input ", i, " must be one integer, is ", c.type(i));
  return {};
}

Result<const std::vector<Value>*> ElementsOf(const KernelCall& c, int i) {
  HASTEN_REQUIRE(c.has(i) && c.value(i).kind() == Value::Kind::kSequence, "input ", i, " must be a sequence");
  return &c.value(i).elements();
}

Result<int64_t> IndexOf(const KernelCall& c, int i, int64_t n, int64_t limit, int64_t fallback) {
  if (!c.has(i)) return fallback;
  HASTEN_REQUIRE(c.value(i).is_tensor() && c.input(i).elements() == 1, "input ", i, " must be one integer");
  const int64_t at = c.input(i).Int(0);
  HASTEN_REQUIRE(at >= -n && at < limit, "index must be in [", -n, ", ", limit, ") for a sequence of ", n, ", is ", at);
  return at < 0 ? at + n : at;
}

Status Return(const KernelCall& c, int i, const Value& v) {
  if (!v.is_tensor()) {
    c.Set(i, v);
    return {};
  }
  HASTEN_ASSIGN(Tensor* y, c.Allocate(i, v.tensor().dtype, v.tensor().dims));
  CopyElements(v.tensor(), 0, y, 0, v.tensor().elements());
  return {};
}

}  // namespace hasten
