"""A real tokenizer and a real model of random weights, made on the spot in a moment.

For tests, and for the jobs that look at a cluster before a plan runs there.
"""

from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from its.weights import write_manifest

CHATML = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_tokenizer(template: str = CHATML) -> PreTrainedTokenizerFast:
    """Return a tokenizer with a token a byte, and two marks."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
    )
    fast.chat_template = template
    return fast


def write_tiny_model(
    folder: Path, *, heads: int = 2, kv_heads: int = 1, head_size: int = 16
) -> Path:
    """Write a Llama with that tokenizer, and return its manifest.

    As it stands, it has 35,000 weights. Engines that share a model among GPUs want as many heads,
    and kernels for GPUs want heads of 64.
    """
    import torch

    torch.manual_seed(0)
    tokenizer = tiny_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=heads * head_size,
        intermediate_size=2 * heads * head_size,
        num_hidden_layers=2,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=512,
        initializer_range=0.2,  # large enough for attention to matter before any training
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,  # as large models have it: ZeRO-3 treats them otherwise
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_manifest(folder / "manifest.json")
    return folder / "manifest.json"
