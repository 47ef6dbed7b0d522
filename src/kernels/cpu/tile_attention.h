// Attention over blocks of queries and keys, with scores that never leave the cache: the running maximum and sum of
// Milakov and Gimelshein, 2018, and the tiling of Dao et al., 2022.
#pragma once
#include "kernels/cpu/gemm_block.h"

namespace hasten::cpu {

// Vectors of heads: that of (b, n, t) begins at data[b * batch + n * head + t * row].
struct HeadRows {
  const float* data = nullptr;
  int64_t batch = 0, head = 0, row = 0;
  const float* At(int64_t b, int64_t n, int64_t t) const { return data + b * batch + n * head + t * row; }
};

// Decided when shapes are bound; plain data.  Keys have `kv_heads` heads, each of which serves heads / kv_heads in a
// row.  One phase packs keys and values, a chunk for each head of keys; one attends, a chunk for each block of queries
// of a head.
struct TileAttention {
  int64_t batch = 0, heads = 0, kv_heads = 0, queries = 0, keys = 0, size = 0, value_size = 0;
  float scale = 1, softcap = 0;
  int64_t key_floats = 0, value_floats = 0;  // of one packed block: set by Finish

  void Finish();
  int64_t packing_chunks() const { return batch * kv_heads; }
  int64_t attending_chunks() const;
  int64_t blocks() const;
  int64_t packed_floats() const { return blocks() * (key_floats + value_floats); }  // of a head of keys
  int64_t workspace_floats() const { return packing_chunks() * packed_floats(); }
};

// Keys that take part for a query: outside, weights are 0.  What `note` says is the rules' own business.
struct KeyRange {
  int64_t first = 0, last = 0, note = 0;
};

// What tells the ops apart.
struct ScoreRules {
  const void* context = nullptr;
  KeyRange (*keys)(const void* context, int64_t b, int64_t s) = nullptr;  // within the b-th packed keys
  // Scores of keys [from, from + n), scaled and capped; null: they stay.
  void (*change)(const void* context, int64_t b, int64_t head, int64_t s, const KeyRange& keys, int64_t from, int64_t n,
                 float* scores) = nullptr;
  // A query as it is meant, from where it lies; null: as it lies.
  Status (*query)(const void* context, int64_t b, int64_t head, int64_t s, const float* from, float* to) = nullptr;
  const float* sinks = nullptr;  // a term of each head's softmax that has no value; null: none
};

// Rows of one head, `step` floats apart.
struct Entries {
  const float* data = nullptr;
  int64_t step = 0;
};
// Packs the first `count` keys and values of head `head` of batch * kv_heads.
void PackHead(const TileAttention& t, const Entries& keys, const Entries& values, int64_t count, int64_t head,
              float* workspace);
// Chunk `chunk` of the attending.  `count`: keys packed of its batch.  y has value_size floats a row.
Status AttendTiles(const TileAttention& t, const KernelCall& c, int64_t chunk, const ScoreRules& rules,
                   const HeadRows& q, int64_t count, const float* workspace, const HeadRows& y);

// Past entries [past, size] (null: none), then `fresh` ones with `bias` (null: none) added, in `to`.
void JoinEntries(const float* past, int64_t past_count, const Entries& fresh, int64_t fresh_count, int64_t size,
                 const float* bias, float* to);

}  // namespace hasten::cpu
