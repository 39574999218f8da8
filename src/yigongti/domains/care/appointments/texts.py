"""Text that people and programs send, as it can be stored."""


def plain(text: str, most: int = 200) -> str:
    """Without what no column holds (NUL, halves of characters) and blanks around it, no longer than the column."""
    return text.replace("\x00", "").encode(errors="ignore").decode().strip()[:most].rstrip()
