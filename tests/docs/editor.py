"""What a reader's editor does in a walk: `editor.py EDITS FILE`, with the edits that a page has left, by file."""

import json
import sys
from pathlib import Path

DEFAULT = "<p>second edition</p>"


def edited(text: str, diff: str) -> str:
    """The text with a small diff applied, whose context stands in it once.

    Raises:
        ValueError: it does not.
    """
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    old = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    new = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    if text.count(old) != 1:
        raise ValueError(f"this must stand there once, and does {text.count(old)} times:\n{old}")
    return text.replace(old, new)


def main(edits: Path, file: Path) -> None:
    """Change the file, and take the edit off the list."""
    left = json.loads(edits.read_text(encoding="utf-8"))
    text = file.read_text(encoding="utf-8")
    if left.get(str(file)):
        changed = edited(text, left[str(file)].pop(0))
        edits.write_text(json.dumps(left), encoding="utf-8")
    else:
        assert "</body>" in text, f"{file}: the page does not say what is edited: <!-- walk: NAME, edits: {file} -->"
        changed = text.replace("</body>", f"{DEFAULT}\n</body>")
    file.write_text(changed, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
