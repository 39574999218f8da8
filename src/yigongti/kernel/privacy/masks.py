"""What a page shows of a number or a name to people who need to recognise it, not to know it."""

STAR = "*"


def mask_id_number(number: str) -> str:
    """``320583198001011234`` → ``3205**********1234``; short ones show only their ends."""
    number = number.strip()
    if len(number) >= 15:
        return number[:4] + STAR * (len(number) - 8) + number[-4:]
    if len(number) > 4:
        return number[:1] + STAR * (len(number) - 3) + number[-2:]
    return STAR * len(number)


def mask_phone(number: str) -> str:
    """``13812345678`` → ``138****5678``; a short or foreign number shows its last two digits."""
    number = number.strip()
    if len(number) == 11:
        return number[:3] + STAR * 4 + number[-4:]
    if len(number) > 4:
        return STAR * (len(number) - 2) + number[-2:]
    return STAR * len(number)


def mask_name(name: str) -> str:
    """Surname and, from three characters on, the last: ``张三丰`` → ``张*丰``, ``张三`` → ``张*``."""
    name = name.strip()
    if len(name) <= 1:
        return name
    if len(name) == 2:
        return name[0] + STAR
    if name.isascii():
        return " ".join(part[:1] + STAR * (len(part) - 1) for part in name.split())
    return name[0] + STAR * (len(name) - 2) + name[-1]
