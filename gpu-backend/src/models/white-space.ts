/** White space as Python's `str.isspace` and `\s` have it, for cleaning texts as references in Python do. */

/** A character class. Unlike JavaScript's `\s` it has the separators U+001C–U+001F and not U+FEFF. */
export const PYTHON_SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
