// What the window functions of signal processing share: sums of cosines over a length.
#pragma once
#include "ops/dtype_attr.h"
#include "ops/movement.h"

namespace hasten {

struct SpectralWindowAttrs {
  int64_t output_datatype = 1;
  bool periodic = true;
};
inline constexpr AttrField kSpectralWindowFields[] = {Field<&SpectralWindowAttrs::output_datatype>("output_datatype"),
                                                      Field<&SpectralWindowAttrs::periodic>("periodic")};

// Output 0: [size] of the dtype that the attribute says.
Status InferSpectralWindow(InferCall& c);
// y[n] = a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N), N = size, or size - 1 where not periodic.
Status EvalSpectralWindow(KernelCall& c, double a0, double a1, double a2);
std::vector<Sample> SpectralWindowSamples();

inline constexpr OnnxVersion kSpectralWindowVersions[] = {{17}};

}  // namespace hasten
