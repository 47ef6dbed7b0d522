// Rotation of vectors by their positions.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

struct RotaryAttrs {
  bool interleaved = false, is_packed_batching = false;
  int64_t num_heads = 0, rotary_embedding_dim = 0;  // 0: as many as fit; the whole head
  float scale = 1;
};

// Rotates the pairs of x[0, 2 * half): (i, i + half), or neighbours where interleaved, by the angles of one position.
void Rotate(double* x, int64_t half, const double* cosine, const double* sine, bool interleaved);
// Tables of equal dims [positions, half].
Status RequireAngles(const InferCall& c, int cosine, int sine);

}  // namespace hasten::ops::microsoft
