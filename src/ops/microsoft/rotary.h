// Rotation of vectors by their positions.
#pragma once
#include "ops/op.h"

namespace hasten::ops::microsoft {

// Rotates the pairs of x[0, 2 * half): (i, i + half), or neighbours where interleaved, by the angles of one position.
void Rotate(double* x, int64_t half, const double* cosine, const double* sine, bool interleaved);
// Tables of equal dims [positions, half].
Status RequireAngles(const InferCall& c, int cosine, int sine);

}  // namespace hasten::ops::microsoft
