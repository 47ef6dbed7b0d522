"""LSTM, GRU and RNN."""
import numpy as np

from .case import Case, grid, values

DIRECTIONS = ["forward", "reverse", "bidirectional"]


def weights(g, gates, d, inputs, hidden, dtype, bias, scale=0.5):
    w = [values(g, (d, gates * hidden, inputs), dtype, -scale, scale), values(g, (d, gates * hidden, hidden), dtype, -scale, scale)]
    return w + [values(g, (d, 2 * gates * hidden), dtype, -scale, scale) if bias else None]


def lengths(g, use, steps, batch):
    return g.integers(1, steps + 1, batch).astype(np.int32) if use else None


@grid(direction=DIRECTIONS, size=[(1, 1, 3, 2), (5, 2, 3, 4), (3, 4, 1, 5)], bias=[False, True], ragged=[False, True],
      state=[False, True], peepholes=[False, True], forget=[0, 1], clip=[None, 0.3],
      acts=[None, ["HardSigmoid", "Tanh", "Relu"], ["Sigmoid", "Softsign", "Affine"]])
def LSTM(g, direction, size, bias, ragged, state, peepholes, forget, clip, acts):
    steps, batch, inputs, hidden = size
    d = 2 if direction == "bidirectional" else 1
    parts = [values(g, (steps, batch, inputs)), *weights(g, 4, d, inputs, hidden, np.float32, bias), lengths(g, ragged, steps, batch)]
    parts += [values(g, (d, batch, hidden), low=-1, high=1) if state else None for _ in range(2)]
    parts += [values(g, (d, 3 * hidden), low=-1, high=1) if peepholes else None]
    extra = {}
    if acts:
        if acts[0] == "HardSigmoid":
            extra = {"activations": acts * d, "activation_alpha": [0.25] * d, "activation_beta": [0.4] * d}
        else:
            extra = {"activations": acts * d, "activation_alpha": [0.75] * d, "activation_beta": [0.2] * d}
    if forget and peepholes:
        return None  # the standard does not say which gate's peephole counts
    return Case("LSTM", parts, {"direction": direction, "hidden_size": hidden, "input_forget": forget, "clip": clip, **extra},
                outputs=3, params=(1, 2, 3, 7), tolerance=5e-5)


@grid(direction=DIRECTIONS, size=[(1, 1, 3, 2), (5, 2, 3, 4), (3, 4, 1, 5)], bias=[False, True], ragged=[False, True],
      state=[False, True], linear=[0, 1], clip=[None, 0.3], acts=[None, ["HardSigmoid", "Relu"], ["Sigmoid", "Softsign"]])
def GRU(g, direction, size, bias, ragged, state, linear, clip, acts):
    steps, batch, inputs, hidden = size
    d = 2 if direction == "bidirectional" else 1
    parts = [values(g, (steps, batch, inputs)), *weights(g, 3, d, inputs, hidden, np.float32, bias), lengths(g, ragged, steps, batch)]
    parts += [values(g, (d, batch, hidden), low=-1, high=1) if state else None]
    extra = {"activations": acts * d} if acts else {}
    if acts and acts[0] == "HardSigmoid":
        extra.update(activation_alpha=[0.25] * d, activation_beta=[0.4] * d)
    return Case("GRU", parts, {"direction": direction, "hidden_size": hidden, "linear_before_reset": linear, "clip": clip, **extra},
                outputs=2, params=(1, 2, 3), tolerance=5e-5)


@grid(direction=DIRECTIONS, size=[(1, 1, 3, 2), (5, 2, 3, 4), (3, 4, 1, 5)], bias=[False, True], ragged=[False, True],
      state=[False, True], clip=[None, 0.3], act=[None, "Relu", "Sigmoid", "Softsign", "Softplus", "LeakyRelu", "Elu", "ThresholdedRelu"])
def RNN(g, direction, size, bias, ragged, state, clip, act):
    steps, batch, inputs, hidden = size
    d = 2 if direction == "bidirectional" else 1
    parts = [values(g, (steps, batch, inputs)), *weights(g, 1, d, inputs, hidden, np.float32, bias), lengths(g, ragged, steps, batch)]
    parts += [values(g, (d, batch, hidden), low=-1, high=1) if state else None]
    extra = {"activations": [act] * d} if act else {}
    if act in ("LeakyRelu", "Elu", "ThresholdedRelu"):
        extra["activation_alpha"] = [0.25] * d
    return Case("RNN", parts, {"direction": direction, "hidden_size": hidden, "clip": clip, **extra}, outputs=2, params=(1, 2, 3),
                tolerance=5e-5)
