"""How many examples hypothesis tries: all of them where it counts, a fifth while one works."""

import hypothesis


def examples(count: int) -> int:
    is_whole = hypothesis.settings.get_current_profile_name() == "ci"
    return count if is_whole else max(count // 5, 10)
