"""ONNX files as models: read, cut into pieces, run by onnxruntime."""
