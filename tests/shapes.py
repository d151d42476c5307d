"""Real models by the sizes in their config.json, as `models.NAME.shape` has them."""

from its.config.shape import Shape

QWEN = {"vocabulary": 152064, "attention_bias": True}
SHAPES = {
    "Qwen2.5-32B": Shape(layers=64, hidden=5120, intermediate=27648, heads=40, kv_heads=8, **QWEN),
    "Qwen2.5-14B": Shape(layers=48, hidden=5120, intermediate=13824, heads=40, kv_heads=8, **QWEN),
    "Qwen2.5-7B": Shape(layers=28, hidden=3584, intermediate=18944, heads=28, kv_heads=4, **QWEN),
    "Qwen2.5-1.5B": Shape(
        layers=28,
        hidden=1536,
        intermediate=8960,
        heads=12,
        kv_heads=2,
        vocabulary=151936,
        tied=True,
        attention_bias=True,
    ),
    "DeepSeek-R1-Distill-Qwen-1.5B": Shape(
        layers=28,
        hidden=1536,
        intermediate=8960,
        heads=12,
        kv_heads=2,
        vocabulary=151936,
        attention_bias=True,
    ),
    "Llama-3.1-8B": Shape(
        layers=32, hidden=4096, intermediate=14336, heads=32, kv_heads=8, vocabulary=128256
    ),
    "Qwen3-8B": Shape(
        layers=36,
        hidden=4096,
        intermediate=12288,
        heads=32,
        kv_heads=8,
        head_dim=128,
        vocabulary=151936,
        attention_norm=True,
    ),
    "SmolLM2-135M": Shape(
        layers=30, hidden=576, intermediate=1536, heads=9, kv_heads=3, vocabulary=49152, tied=True
    ),
}
LLAMA_7B = Shape(
    layers=32, hidden=4096, intermediate=11008, heads=32, kv_heads=32, vocabulary=32000
)
PUBLISHED = {
    "Qwen2.5-32B": 32_763_876_352,
    "Qwen2.5-14B": 14_770_033_664,
    "Qwen2.5-7B": 7_615_616_512,
    "Qwen2.5-1.5B": 1_543_714_304,
    "DeepSeek-R1-Distill-Qwen-1.5B": 1_777_088_000,
    "Llama-3.1-8B": 8_030_261_248,
    "Qwen3-8B": 8_190_735_360,
    "SmolLM2-135M": 134_515_008,
}
"""Weights, as the hub counts them."""
