"""Attention and rotary embedding of the standard, judged by their formulas in f64 where ONNX Runtime lacks them."""
import numpy as np

from .case import Case, grid, values


def mask_of(g, kind, batch, heads, queries, keys):
    shape = {"pairs": (queries, keys), "batch": (batch, 1, queries, keys), "heads": (batch, heads, queries, keys)}.get(kind.split()[0])
    if shape is None:
        return None
    if kind.endswith("bool"):
        allowed = g.integers(0, 3, shape) > 0
        allowed[..., 0] = True  # a row that may look at nothing has no meaning
        return allowed
    return values(g, shape)


@grid(opset=[23, 24], heads=[(2, 2), (4, 2), (4, 1)], sizes=[(1, 5, 5, 4, 4), (2, 3, 7, 8, 5), (2, 1, 6, 4, 4)], rank=[3, 4], causal=[0, 1],
      mask=["no", "pairs bool", "pairs float", "batch bool", "heads float"], past=[0, 4], softcap=[0.0, 2.0], scale=[None, 0.3])
def Attention(g, opset, heads, sizes, rank, causal, mask, past, softcap, scale):
    (q_heads, kv_heads), (batch, queries, keys, size, v_size) = heads, sizes
    def projected(h, length, d):
        return values(g, (batch, length, h * d) if rank == 3 else (batch, h, length, d))
    parts = [projected(q_heads, queries, size), projected(kv_heads, keys, size), projected(kv_heads, keys, v_size),
             mask_of(g, mask, batch, q_heads, queries, keys + past)]
    if past:
        parts += [values(g, (batch, kv_heads, past, size)), values(g, (batch, kv_heads, past, v_size))]
    doubt = "forgets is_causal where there is one query and a past" if causal and past and queries == 1 else ""
    attrs = {"is_causal": causal, "softcap": softcap, "scale": scale}
    if rank == 3:
        attrs.update(q_num_heads=q_heads, kv_num_heads=kv_heads)
    return Case("Attention", parts, attrs, outputs=3 if past else 1, opset=opset, tolerance=1e-4, doubt=doubt)


@grid(interleaved=[0, 1], part=[0, 4], rank=[3, 4], ids=[False, True], dtype=[np.float32, np.float16])
def RotaryEmbedding(g, interleaved, part, rank, ids, dtype):
    batch, heads, length, size = 2, 3, 5, 8
    x = values(g, (batch, length, heads * size) if rank == 3 else (batch, heads, length, size), dtype)
    angles = g.uniform(0, 6, (9, (part or size) // 2) if ids else (batch, length, (part or size) // 2))
    return Case("RotaryEmbedding", [x, np.cos(angles).astype(dtype), np.sin(angles).astype(dtype), g.integers(0, 9, (batch, length)) if ids else None],
                {"interleaved": interleaved, "rotary_embedding_dim": part, "num_heads": heads if rank == 3 else None}, opset=23, params=(1, 2))
