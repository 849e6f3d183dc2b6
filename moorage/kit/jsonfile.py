"""Files of JSON that people write: what is wrong with one, and in which line. Pure."""

import re
from typing import Any

import msgspec

from moorage.kit.errors import Invalid
from moorage.kit.i18n import Text

_BOM = b"\xef\xbb\xbf"  # RFC 8259 §8.1 has it ignored


def decoded(content: bytes) -> Any:  # Any: JSON that nobody has checked
    """Return what a file says. Raises Invalid, in a sentence about `it`."""
    content = content.removeprefix(_BOM)
    try:
        content.decode()
        return msgspec.json.decode(content)
    except UnicodeDecodeError as error:
        raise Invalid(Text("It is not UTF-8; save it in that encoding.")) from error
    except RecursionError as error:
        raise Invalid(Text("It is nested too deeply.")) from error
    except msgspec.DecodeError as error:
        raise Invalid(_no_json(content, str(error))) from error


def _no_json(content: bytes, reason: str) -> Text:
    found = re.search(r"\(byte (\d+)\)", reason)
    place = int(found[1]) if found else len(content)
    line = content.count(b"\n", 0, place) + 1
    if content[place : place + 2] in (b"//", b"/*"):
        return Text("Line {line} has a comment; JSON has none: take it out.", line=line)
    return Text("Line {line} is not JSON: {reason}.", line=line, reason=reason)
