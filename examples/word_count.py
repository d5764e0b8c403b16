"""Count the words of a text file: the boards count pieces of it, this computer adds the counts up.

    python examples/word_count.py examples/data/shoal.txt --on virtual:4xpico

Pieces are cut between lines, so a line must fit in a board's memory. The text travels as bytes: both sides
then agree on what a letter is, whatever the language and encoding of the file.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from shoal import Cluster

PIECE_BYTES = 2048
PUNCTUATION = b".,;:!?()[]{}<>\"'`*_-"


def count_words(text):
    """How often each word occurs in `text` (bytes): {word: count}. Capitals do not matter."""
    counts = {}
    for word in text.lower().split():
        word = word.strip(PUNCTUATION)
        if word:
            counts[word] = counts.get(word, 0) + 1
    return counts


def pieces(path):
    """The file in pieces of about PIECE_BYTES, each a number of whole lines."""
    with path.open("rb") as file:
        while lines := file.readlines(PIECE_BYTES):
            yield b"".join(lines)


def main():
    parser = argparse.ArgumentParser(description="Count the words of a text file on a cluster.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--on", metavar="SPEC", help="the cluster, for example virtual:4xpico?pace=real")
    parser.add_argument("--top", type=int, default=10, help="how many of the most frequent words to print")
    args = parser.parse_args()
    if not args.file.is_file():
        parser.error(f"there is no file {args.file}")

    total = Counter()
    with Cluster(args.on) as cluster:
        for counts in cluster.map(count_words, pieces(args.file)):
            total.update(counts)
        account = cluster.account()

    # Equally frequent words in alphabetical order, so that the same text always prints the same.
    for word, count in sorted(total.items(), key=lambda item: (-item[1], item[0]))[: args.top]:
        print(f"{count:8} {word.decode(errors='replace')}")
    print(f"{total.total()} words, {len(total)} different ones")
    print(account)

    if dict(total) != count_words(args.file.read_bytes()):
        sys.exit("WRONG: the boards' counts differ from this computer's")
    print("checked: the counts are what plain Python finds in the whole file")


if __name__ == "__main__":
    main()
