"""Trains the tokenizer: lower-case WordPiece whose alphabet leaves few characters unknown.

Run: `python -m emoji_dual.tokenizer` → data/tokenizer.json (Hugging Face format, no truncation, no padding).
The library's trainer breaks ties in random order: the file, not this script, is what a trained model belongs to.
"""

import string
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from .dataset import DATA, FILLERS, PHRASES, TEMPLATES, Dataset

PATH = DATA / "tokenizer.json"
CONTEXT_LENGTH = 40
PAD, UNK, CLS, SEP = range(4)
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
VOCABULARY_SIZE = 12_000
NORMALIZER = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
LABEL_WEIGHT = 3  # names count more than keywords when pieces are chosen


def corpus(data: Dataset) -> list[str]:
    """Training captions, training templates, filler words. No text of the test templates."""
    lines = [word for words in FILLERS.values() for word in words] * 20
    lines += [template.replace("{}", " ") for group in TEMPLATES["train"].values() for template in group] * 20
    lines += [part for slots in PHRASES.values() for choices in slots.values() for part in choices] * 20
    for concept in data.concepts:
        for caption in concept.captions.values():
            lines += [caption.label or ""] * LABEL_WEIGHT + list(caption.tags)
    return lines


def common_hanzi() -> list[str]:
    """The 3 755 level-1 characters of GB 2312, which covers everyday Chinese by frequency."""
    rows = (bytes((lead, trail)) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF))
    return [pair.decode("gb2312", "ignore") for pair in rows if pair.decode("gb2312", "ignore")]


def build(data: Dataset) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    tokenizer.normalizer = NORMALIZER
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    kana = [chr(point) for point in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC)]
    letters = list(string.ascii_lowercase + string.digits + string.punctuation)
    alphabet = letters + [tokenizer.normalizer.normalize_str(sign) for sign in kana]
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY_SIZE,
        min_frequency=2,
        special_tokens=SPECIALS,
        initial_alphabet=sorted(set(alphabet)),
        limit_alphabet=4_000,
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(data), trainer)
    words = (DATA / "words.txt").read_text().split("\n")
    return _widened(tokenizer, [*alphabet, *common_hanzi()], words)


def _widened(trained: Tokenizer, characters: list[str], words: list[str]) -> Tokenizer:
    """The same tokenizer with these words and characters; the latter also inside words where a word can hold them."""
    vocabulary: dict[str, int] = trained.get_vocab()
    extra = [c for c in characters if len(c) == 1]
    inside = ["##" + c for c in extra if c.isalnum() and ord(c) < 0x3400]
    for piece in dict.fromkeys(extra + inside + words):
        vocabulary.setdefault(piece, len(vocabulary))
    trained.model = models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=60)
    trained.decoder = decoders.WordPiece(prefix="##")
    trained.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)],
    )
    return trained


def load(path: Path = PATH) -> Tokenizer:
    return Tokenizer.from_file(str(path))


def encode(tokenizer: Tokenizer, texts: list[str]) -> torch.Tensor:
    """i64[n, T], padded with 0 to the longest text, cut to the context length keeping [SEP] last."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    rows = [ids if len(ids) <= CONTEXT_LENGTH else [*ids[: CONTEXT_LENGTH - 1], SEP] for ids in rows]
    width = max(map(len, rows))
    return torch.tensor([ids + [PAD] * (width - len(ids)) for ids in rows])


if __name__ == "__main__":
    tokenizer = build(Dataset())
    tokenizer.save(str(PATH), pretty=False)
    print(f"{tokenizer.get_vocab_size()} pieces → {PATH}")
