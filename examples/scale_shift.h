// An op of our own: y = scale * x + shift[column], for x: f32 [rows, columns].
#pragma once
#include <hasten/custom_ops.hpp>

inline hasten::Status ComputeScaleShift(hasten::ComputeCall& call) {
  auto x = call.Input<float>(0);
  auto y = call.Output<float>(0);
  if (!x) return x.error();
  if (!y) return y.error();
  const float scale = call.attributes().Float("scale", 1);
  const auto shift = call.attributes().Floats("shift");
  if (shift.empty()) return hasten::Error{HASTEN_INVALID_MODEL, "attribute 'shift' must have a number per column"};
  for (size_t i = 0; i < x->size(); ++i) (*y)[i] = scale * (*x)[i] + shift[i % shift.size()];
  return {};
}

inline hasten::Op ScaleShift() {
  hasten::Op op;
  op.domain = "com.example";
  op.name = "ScaleShift";
  op.doc = "y = scale * x + shift[column]";
  op.attributes = {{"scale", HASTEN_ATTRIBUTE_FLOAT}, {"shift", HASTEN_ATTRIBUTE_FLOATS}};
  op.infer = [](hasten::InferCall& call) { return call.Same(0, 0); };
  op.compute = ComputeScaleShift;
  return op;
}
