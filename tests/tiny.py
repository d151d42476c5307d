"""A real tokenizer and a real model, small enough to be made by every test that wants them."""

from its.tiny import CHATML, tiny_tokenizer, write_tiny_model

__all__ = ["CHATML", "tiny_tokenizer", "write_tiny_model"]
