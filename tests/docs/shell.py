"""What a shell would run: the simple commands of a text, those within `$(…)` among them. Nothing is run."""

import re
from dataclasses import dataclass, field

_STRIPPED = ("if", "then", "else", "elif", "while", "until", "do", "time", "!", "{")
"""Words of the shell's own that stand before a command."""
_ALONE = ("done", "fi", "}", "esac")
_LISTS = ("for", "case", "select")
"""Those that begin something else than a command."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_ENDS = "\n;&|"


@dataclass
class Command:
    """One simple command: its words without quotes, expansions as they are written."""

    words: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    """Assignments before it, such as `IMAGES=images.json`."""


def commands(text: str) -> list[Command]:
    """The commands of a text, each after those whose output it uses."""
    reader = _Reader(text)
    reader.read("")
    return [one for raw in reader.found if (one := _command(raw)).words or one.variables]


def _command(words: list[str]) -> Command:
    while words and words[0] in _STRIPPED:
        words = words[1:]
    if words and words[0] in (*_LISTS, *_ALONE):
        return Command()
    after = next((at for at, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    return Command(words[after:], words[:after])


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: list[list[str]] = []
        self.here: list[str] = []
        """Ends of the here-documents that begin after this line."""

    def read(self, until: str) -> None:
        """Read commands up to the bracket that ends them."""
        words: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if until and char == until:
                break
            if char in " \t":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif char == "#":
                self._to_the_end_of_the_line()
            elif char in _ENDS:
                words = self._end(words)
                self._next_line() if char == "\n" else self._step()
            elif char in "()":
                self._step()
            elif redirection := re.compile(r"\d*(<<-?|&?>>?&?|<&?)(?!\()").match(self.text, self.at):
                self._redirection(redirection)
            else:
                words.append(self._word())
        self._end(words)

    def _end(self, words: list[str]) -> list[str]:
        if words:
            self.found.append(words)
        return []

    def _step(self) -> None:
        self.at += 1

    def _to_the_end_of_the_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _next_line(self) -> None:
        self.at += 1
        for end in self.here:
            while self.at < len(self.text):
                line = self.text[self.at :].partition("\n")[0]
                self.at += len(line) + 1
                if line.strip() == end:
                    break
        self.here = []

    def _redirection(self, found: re.Match[str]) -> None:
        self.at = found.end()
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1
        target = self._word()
        if found[1].startswith("<<"):
            self.here.append(target)

    def _word(self) -> str:
        """One word, without its quotes."""
        word = ""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t" + _ENDS + ")":
                break
            if char in "<>(" and not self.text.startswith(("<(", ">("), self.at):
                break
            word += self._part(char)
        return word

    def _part(self, char: str) -> str:
        if char == "'":
            end = self.text.index("'", self.at + 1)
            part, self.at = self.text[self.at + 1 : end], end + 1
            return part
        if char == '"':
            self.at += 1
            part = ""
            while self.text[self.at] != '"':
                part += self._character()
            self.at += 1
            return part
        return self._character()

    def _character(self) -> str:
        """One character, or one expansion; what runs within it is found too."""
        if self.text.startswith(("$(", "<(", ">("), self.at):
            begin, self.at = self.at, self.at + 2
            self.read(")")
            self.at += 1
            return self.text[begin : self.at]
        if self.text.startswith("\\", self.at):
            self.at += 2
            return "" if self.text[self.at - 1] == "\n" else self.text[self.at - 1]
        self.at += 1
        return self.text[self.at - 1]
