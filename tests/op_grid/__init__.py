"""Grids of small models over attributes, dtypes and shapes, and their judge; onnx_ops_grid_test.py runs them."""
