#include "tensor/value.h"

namespace hasten {

Value Value::Sequence(DType element, std::vector<Value> elements) {
  Value v;
  v.kind_ = Kind::kSequence;
  v.tensor_.dtype = element;
  v.elements_ = std::make_shared<std::vector<Value>>(std::move(elements));
  return v;
}

Value Value::Map(MapValue m) {
  Value v;
  v.kind_ = Kind::kMap;
  v.map_ = std::make_shared<const MapValue>(std::move(m));
  return v;
}

Value Value::State(const StateView* view) {
  Value v;
  v.kind_ = Kind::kState;
  v.state_ = view;
  return v;
}

std::vector<Value> Value::TakeElements() {
  if (elements_.use_count() == 1) return std::move(*elements_);
  return *elements_;
}

bool SameBits(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::kNone:
      return true;
    case Value::Kind::kTensor:
      return SameBits(a.tensor(), b.tensor());
    case Value::Kind::kSequence:
      return a.elements().size() == b.elements().size() &&
             std::equal(a.elements().begin(), a.elements().end(), b.elements().begin(),
                        [](const Value& x, const Value& y) { return SameBits(x, y); });
    case Value::Kind::kMap:
      return SameBits(a.map().keys, b.map().keys) && SameBits(a.map().values, b.map().values);
    case Value::Kind::kState:
      return &a.state() == &b.state();
  }
  return false;
}

}  // namespace hasten
