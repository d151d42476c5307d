"""Tell the thinking in a response from its answer."""

from collections.abc import Callable, Sequence

from its.config.model import Chat


def opens_thinking(prompt: str, chat: Chat) -> bool:
    r"""Tell whether a rendered prompt ends inside the thinking, as that of DeepSeek-R1 does.

    >>> opens_thinking("<|Assistant|><think>\n", Chat())
    True
    >>> opens_thinking("<|Assistant|><think>\n\n</think>\n\n", Chat())
    False
    """
    return bool(chat.thinking_start) and prompt.rstrip().endswith(chat.thinking_start)


def thinking_tokens(
    text: str,
    tokens: Sequence[int],
    chat: Chat,
    *,
    opened: bool,
    decode: Callable[[Sequence[int]], str],
    mark: int | None = None,
) -> int:
    """Return how many of a response's tokens are thinking, the end mark included.

    Without an end mark all is thinking if it was opened, by the prompt or by the response, and
    nothing is if it was not.

    Parameters
    ----------
    opened
        Whether the prompt ended inside the thinking.
    decode
        Turns tokens into text, as `text` was made.
    mark
        The token that is the end mark, if one token is.
    """
    if not chat.thinking_end:
        return 0
    if mark is not None and mark in tokens:
        return list(tokens).index(mark) + 1
    if chat.thinking_end not in text:
        opened = opened or (bool(chat.thinking_start) and chat.thinking_start in text)
        return len(tokens) if opened else 0
    # The mark may be several tokens, and how it is split depends on what stands around it:
    # look for the shortest beginning that holds it.
    low, high = 1, len(tokens)
    while low < high:
        middle = (low + high) // 2
        if chat.thinking_end in decode(tokens[:middle]):
            high = middle
        else:
            low = middle + 1
    return low
