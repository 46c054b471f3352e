"""Search as a person thinks: by Chinese, pinyin, initials, parts, with typos; by number and by address."""
