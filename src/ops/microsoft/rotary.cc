#include "ops/microsoft/rotary.h"

namespace hasten::ops::microsoft {

void Rotate(double* x, int64_t half, const double* cosine, const double* sine, bool interleaved) {
  for (int64_t i = 0; i < half; ++i) {
    double &a = x[interleaved ? 2 * i : i], &b = x[interleaved ? 2 * i + 1 : i + half];
    const double old = a;
    a = old * cosine[i] - b * sine[i];
    b = old * sine[i] + b * cosine[i];
  }
}

Status RequireAngles(const InferCall& c, int cosine, int sine) {
  for (int i : {cosine, sine}) {
    HASTEN_TRY(c.RequireTensor(i));
    HASTEN_TRY(c.RequireRank(i, 2));
  }
  if (!c.has(cosine) || !c.shape(cosine).ranked()) return {};
  for (int k = 0; k < 2; ++k) HASTEN_TRY(c.RequireDims(sine, k, c.shape(cosine)[k], "shape of the cosines"));
  return {};
}

}  // namespace hasten::ops::microsoft
