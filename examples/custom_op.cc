// Runs a model with an op of our own: custom_op MODEL
#include <cstdio>

#include "scale_shift.h"

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: custom_op MODEL\n"), 2;
  auto catalog = hasten::Catalog::Create().value();
  hasten::AddOp(catalog, ScaleShift()).value();
  hasten::ModelOptions options;
  options.catalog = &catalog;
  auto executor = hasten::Load(argv[1], {}, options);
  if (!executor) return std::fprintf(stderr, "%s\n", executor.error().message.c_str()), 1;
  auto outputs = executor->Run({hasten::Tensor::Of(std::vector<float>{1, 2, 3, 4}, {1, 4})}).value();
  const auto y = outputs[0].As<float>().value();
  for (float v : y) std::printf("%g ", static_cast<double>(v));
  std::printf("\n");
}
