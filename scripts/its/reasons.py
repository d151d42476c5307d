"""Why what a model wrote cannot be used as a context."""

REASONS = {
    "empty": "no word of three letters in it, or only thinking",
    "answer": "it holds the answer",
    "copy": "it says the question again, or eight words in a row of it",
    "refusal": "the model speaks of itself, or refuses",
    "solution": "it works on the question instead",
    "language": "more than a tenth of its letters are of a script that its request does not use",
    "long": "a limit cut it before its first sentence ended",
}
