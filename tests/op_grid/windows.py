"""Convolutions, pools, resampling, regions."""
import numpy as np

from .case import Case, grid, i64, values

SPATIAL = {1: (7,), 2: (6, 5), 3: (4, 3, 5)}


@grid(rank=[1, 2, 3], group=[1, 2], stride=[1, 2, 3], dilation=[1, 2], pads=["none", "uneven", "SAME_UPPER", "SAME_LOWER"],
      extra=[0, 1], bias=[False, True])
def ConvTranspose(g, rank, group, stride, dilation, pads, extra, bias):
    if extra and stride == 1:
        return None
    attrs = {"group": group, "strides": [stride] * rank, "dilations": [dilation] * rank}
    if pads == "uneven":
        attrs["pads"] = [1] * rank + [0] * (rank - 1) + [1]
    elif pads != "none":
        if dilation > 1 or stride > 2 or extra:
            return None  # the standard's and ONNX Runtime's size of SAME agree for these alone
        attrs["auto_pad"] = pads
    if extra:
        attrs["output_padding"] = [extra] * rank
    inputs = [values(g, (2, 4, *SPATIAL[rank])), values(g, (4, 3, *[3, 2, 3][:rank])), values(g, (3 * group,)) if bias else None]
    return Case("ConvTranspose", inputs, attrs, params=(1, 2))


@grid(shape=[[10, 9], [13, 11], [14, 12]], auto_pad=["NOTSET", "SAME_UPPER", "SAME_LOWER"], stride=[2, 3])
def conv_transpose_to_shape(g, shape, auto_pad, stride):
    if stride == 3 and shape[0] < 13:
        return None
    return Case("ConvTranspose", [values(g, (1, 2, 6, 5)), values(g, (2, 3, 3, 3))],
                {"strides": [stride] * 2, "output_shape": shape, "auto_pad": auto_pad}, params=(1,))


@grid(rank=[1, 2, 3], group=[1, 2, 4], stride=[1, 2], dilation=[1, 2], pads=["none", "uneven", "SAME_UPPER", "SAME_LOWER", "VALID"],
      bias=[False, True])
def Conv(g, rank, group, stride, dilation, pads, bias):
    attrs = {"group": group, "strides": [stride] * rank, "dilations": [dilation] * rank}
    if pads == "uneven":
        attrs["pads"] = [1] * rank + [2] * rank
    elif pads != "none":
        attrs["auto_pad"] = pads
        if dilation > 1 and pads.startswith("SAME"):
            return None
    if rank == 3 and dilation == 2 and pads in ("none", "VALID"):
        return None  # the window is larger than the picture
    inputs = [values(g, (2, 4, *SPATIAL[rank])), values(g, (8, 4 // group, *[3, 2, 3][:rank])), values(g, (8,)) if bias else None]
    return Case("Conv", inputs, attrs, params=(1, 2))


@grid(op=["MaxPool", "AveragePool", "LpPool"], rank=[1, 2, 3], stride=[1, 2, 3], dilation=[1, 2], ceil=[0, 1],
      pads=["none", "uneven", "SAME_UPPER", "SAME_LOWER"], include=[0, 1], dtype=[np.float32, np.float64, np.int8, np.uint8])
def pools(g, op, rank, stride, dilation, ceil, pads, include, dtype):
    if (include and op != "AveragePool") or (op != "MaxPool" and dtype != np.float32):
        return None
    if dilation > 1 and pads.startswith("SAME") or dilation == 2 and rank == 3:
        return None
    attrs = {"kernel_shape": [3, 2, 3][:rank], "strides": [stride] * rank, "dilations": [dilation] * rank, "ceil_mode": ceil}
    if pads == "uneven":
        attrs["pads"] = [1] * rank + [0] * (rank - 1) + [1]
    elif pads != "none":
        attrs["auto_pad"] = pads
        if ceil:
            return None
    if op == "AveragePool":
        attrs["count_include_pad"] = include
    if op == "LpPool":
        attrs["p"] = 3 if stride == 2 else 2
    two = op == "MaxPool" and dtype in (np.float32, np.float64)
    return Case(op, [values(g, (2, 3, *SPATIAL[rank]), dtype)], attrs, outputs=2 if two else 1, opset=22)


@grid(mode=["linear", "nearest", "cubic"], padding=["zeros", "border", "reflection"], align=[0, 1], rank=[2, 3],
      dtype=[np.float32, np.float64], opset=[16, 20])
def GridSample(g, mode, padding, align, rank, dtype, opset):
    if rank == 3 and (mode == "cubic" or opset == 16) or opset == 16 and dtype == np.float64:
        return None
    name = {"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode) if opset == 16 else mode
    out = (4, 6, 3)[:rank]
    inputs = [values(g, (2, 3, *SPATIAL[rank]), dtype), values(g, (2, *out, rank), dtype, -1.7, 1.7)]
    attrs = {"padding_mode": padding, "align_corners": align}
    clamps = "clamps the point, not the 16 elements around it" if (mode, padding) == ("cubic", "border") else ""
    tolerance = 1e-4 if mode == "cubic" else None
    new = Case("GridSample", inputs, {"mode": mode, **attrs}, opset=20, tolerance=tolerance, doubt=clamps)
    return new if opset == 20 else Case("GridSample", inputs, {"mode": name, **attrs}, opset=16, tolerance=tolerance, as_if=new if clamps else None)


TRANSFORMS = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]
ROUNDINGS = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


def resized(g, shape, by, factors, dtype, attrs, opset=19):
    sizes = i64(*[max(1, int(d * f)) for d, f in zip(shape, factors)])
    scales = np.array(factors, np.float32)
    whole = all(d * f % 1 == 0 for d, f in zip(shape, factors))
    doubt = ""
    if by == "scales" and not whole and attrs["coordinate_transformation_mode"] in ("align_corners", "pytorch_half_pixel"):
        doubt = "rounds length_original * scale down before it computes coordinates"
    return Case("Resize", [values(g, shape, dtype), None, scales if by == "scales" else None, sizes if by == "sizes" else None], attrs,
                opset=opset, params=(2, 3), tolerance=1e-4 if np.dtype(dtype).kind == "f" else None, doubt=doubt)


# The factors put no coordinate on a tie of the rounding that f32 could decide either way.
@grid(transform=TRANSFORMS, rounding=ROUNDINGS, by=["scales", "sizes"], dtype=[np.float32, np.uint8, np.int8, np.int32],
      factors=[(1, 1, 2, 3), (1, 1, .83, .87), (1, 1, 1.5, .5)])
def resize_nearest(g, transform, rounding, by, dtype, factors):
    if transform == "half_pixel_symmetric" and factors[2] == 1.5:
        return None
    return resized(g, (1, 2, 5, 7), by, factors, dtype,
                   {"mode": "nearest", "coordinate_transformation_mode": transform, "nearest_mode": rounding})


@grid(transform=TRANSFORMS, by=["scales", "sizes"], factors=[(1, 1, 2, 3), (1, 1, .6, .8), (1, 1, 1.5, .5), (1, 1, .2, .15)],
      antialias=[0, 1], dtype=[np.float32, np.uint8])
def resize_linear(g, transform, by, factors, antialias, dtype):
    if antialias and transform == "half_pixel_symmetric" or dtype == np.uint8 and transform != "half_pixel":
        return None
    if dtype == np.uint8:
        return None  # ONNX Runtime computes in integers of its own choice
    return resized(g, (1, 2, 9, 7), by, factors, dtype,
                   {"mode": "linear", "coordinate_transformation_mode": transform, "antialias": antialias})


@grid(transform=TRANSFORMS, by=["scales", "sizes"], factors=[(1, 1, 2, 3), (1, 1, .6, .8), (1, 1, 1.5, .5)], a=[-.75, -.5],
      exclude=[0, 1], antialias=[0, 1])
def resize_cubic(g, transform, by, factors, a, exclude, antialias):
    if antialias and (transform == "half_pixel_symmetric" or not exclude):
        return None
    return resized(g, (2, 1, 9, 7), by, factors, np.float32,
                   {"mode": "cubic", "coordinate_transformation_mode": transform, "cubic_coeff_a": a, "exclude_outside": exclude,
                    "antialias": antialias})


@grid(mode=["nearest", "linear", "cubic"], policy=["stretch", "not_larger", "not_smaller"], axes=[[2, 3], [3, 2], [-2, -1]],
      sizes=[(9, 4), (3, 14), (7, 7)])
def resize_axes(g, mode, policy, axes, sizes):
    inputs = [values(g, (1, 2, 5, 7)), None, None, i64(*sizes)]
    case = lambda at, **more: Case("Resize", inputs, {"mode": mode, "axes": at, "keep_aspect_ratio_policy": policy}, opset=19,
                                   params=(3,), tolerance=1e-4, **more)
    # ONNX Runtime returns the picture in its own size where axes are negative and the proportions are kept.
    return case(axes) if axes[0] > 0 else case(axes, as_if=case([2, 3]))


@grid(mode=["nearest", "linear"], value=[0.0, -3.5], rois=[(.13, .22, .87, .81), (-.31, 0, .53, 1.37), (.83, .72, .19, .11)])
def resize_crop(g, mode, value, rois):
    roi = np.array([0, 0, *rois[:2], 1, 1, *rois[2:]], np.float32)
    return Case("Resize", [values(g, (1, 2, 8, 6)), roi, None, i64(1, 2, 5, 7)],
                {"mode": mode, "coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": value}, opset=19,
                params=(1, 3), tolerance=1e-4)


@grid(mode=["avg", "max"], frame=["half_pixel", "output_half_pixel"], ratio=[0, 1, 2, 3], size=[(1, 1), (2, 3), (5, 4)],
      scale=[1.0, 0.5], dtype=[np.float32, np.float64])
def RoiAlign(g, mode, frame, ratio, size, scale, dtype):
    corner = g.uniform(-1, 7, (5, 2))
    rois = np.concatenate([corner, corner + g.uniform(0.2, 9, (5, 2))], 1).astype(dtype)
    return Case("RoiAlign", [values(g, (2, 3, 9, 11), dtype), rois, g.integers(0, 2, 5)],
                {"mode": mode, "coordinate_transformation_mode": frame, "sampling_ratio": ratio, "output_height": size[0],
                 "output_width": size[1], "spatial_scale": scale}, opset=22)


@grid(size=[(1, 1), (2, 3)], scale=[1.0, 0.5])
def MaxRoiPool(g, size, scale):
    corner = g.integers(0, 5, (4, 2))
    rois = np.concatenate([g.integers(0, 2, (4, 1)), corner, corner + g.integers(0, 6, (4, 2))], 1).astype(np.float32)
    return Case("MaxRoiPool", [values(g, (2, 3, 9, 11)), rois], {"pooled_shape": size, "spatial_scale": scale})


@grid(rank=[2, 3], kernel=[2, 3], stride=[2, 3])
def MaxUnpool(g, rank, kernel, stride):
    if kernel > stride:
        return None  # two windows may meet in an element: which wins is not said
    shape = (2, 3, *SPATIAL[rank])
    pooled = values(g, shape)
    full = [(d - 1) * stride + kernel for d in SPATIAL[rank]]
    total = int(np.prod(full))
    at = np.stack([g.permutation(total)[:int(np.prod(SPATIAL[rank]))] + i * total for i in range(6)]).reshape(shape)
    return Case("MaxUnpool", [pooled, at.astype(np.int64)], {"kernel_shape": [kernel] * rank, "strides": [stride] * rank})


@grid(group=[1, 2], offset_group=[1, 2], mask=[False, True], bias=[False, True], stride=[1, 2], pads=[0, 1], dilation=[1, 2])
def DeformConv(g, group, offset_group, mask, bias, stride, pads, dilation):
    h, w = [(d + 2 * pads - (k - 1) * dilation - 1) // stride + 1 for d, k in ((7, 3), (6, 2))]
    return Case("DeformConv", [values(g, (2, 4, 7, 6)), values(g, (4, 4 // group, 3, 2)),
                               values(g, (2, offset_group * 12, h, w)), values(g, (4,)) if bias else None,
                               values(g, (2, offset_group * 6, h, w)) if mask else None],
                {"group": group, "offset_group": offset_group, "strides": [stride] * 2, "pads": [pads] * 4, "dilations": [dilation] * 2,
                 "kernel_shape": [3, 2]}, opset=22, params=(1, 3))


@grid(align=[0, 1], rank=[2, 3], dtype=[np.float32, np.float64])
def AffineGrid(g, align, rank, dtype):
    return Case("AffineGrid", [values(g, (2, rank, rank + 1), dtype), i64(2, 3, *SPATIAL[rank])], {"align_corners": align}, params=(1,),
                opset=20)


@grid(stride=[1, 2], dilation=[1, 2], pads=[0, 1])
def Col2Im(g, stride, dilation, pads):
    h, w = [(d + 2 * pads - (k - 1) * dilation - 1) // stride + 1 for d, k in ((7, 2), (6, 3))]
    return Case("Col2Im", [values(g, (2, 3 * 6, h * w)), i64(7, 6), i64(2, 3)],
                {"strides": [stride] * 2, "dilations": [dilation] * 2, "pads": [pads] * 4}, params=(1, 2))
