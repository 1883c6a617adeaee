"""Loads the case classes of PyPI's `autobahntestsuite`, which are Python 2, into Python 3.

Nothing of the suite is copied: its files are read where pip put them, and changed while they are imported.

- A source is read as Latin-1, so that a literal holds the bytes it holds in Python 2: a `str` of the suite is a
  string of bytes. Only cases of groups 12 and 13 read files, and have real `bytes`.
- `print x` becomes `print(x)`, and `/` of whole numbers `//`, as they were.
- What the cases import from Autobahn, Twisted and Zope is put in place below: constants, a UTF-8 check by Python's
  own decoder, and the parameters of permessage-deflate. The connection itself is `client.Connection`.
"""

import ast
import binascii
import importlib.abc
import importlib.util
import re
import sys
import types
from pathlib import Path

from deflate import Accept, Offer, Response


class WebSocketProtocol:
    """The constants that cases know a protocol by (RFC 6455 §7.4.1; the states are Autobahn's)."""

    STATE_CLOSED, STATE_CONNECTING, STATE_CLOSING, STATE_OPEN = range(4)
    MESSAGE_TYPE_TEXT, MESSAGE_TYPE_BINARY = 1, 2
    CLOSE_STATUS_CODE_NORMAL = 1000
    CLOSE_STATUS_CODE_GOING_AWAY = 1001
    CLOSE_STATUS_CODE_PROTOCOL_ERROR = 1002
    CLOSE_STATUS_CODE_UNSUPPORTED_DATA = 1003
    CLOSE_STATUS_CODE_NULL = 1005
    CLOSE_STATUS_CODE_ABNORMAL_CLOSE = 1006
    CLOSE_STATUS_CODE_INVALID_PAYLOAD = 1007
    CLOSE_STATUS_CODE_POLICY_VIOLATION = 1008
    CLOSE_STATUS_CODE_MESSAGE_TOO_BIG = 1009
    CLOSE_STATUS_CODE_MANDATORY_EXTENSION = 1010
    CLOSE_STATUS_CODE_INTERNAL_ERROR = 1011


class Utf8Validator:
    """Says which prefixes of a text are whole UTF-8; the suite asks it once, for 6.6."""

    def reset(self):
        pass

    def validate(self, text):
        try:
            text.encode("latin-1").decode("utf-8")
            return True, True, len(text), len(text)
        except UnicodeDecodeError as error:
            is_cut = error.reason == "unexpected end of data"
            return is_cut, False, error.start, error.start


def _module(name, **names):
    module = types.ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module


def _hexadecimal(data):
    raw = data.encode("latin-1") if isinstance(data, str) else data
    return binascii.b2a_hex(raw).decode()


def _class(name, bases, names):
    """`type(…)` as the suite calls it: an old-style class under `object`, which Python 3 refuses."""
    return type(name, tuple(base for base in bases if base is not object), names)


class _WholeNumbers(ast.NodeTransformer):
    def visit_BinOp(self, node):
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            node.op = ast.FloorDiv()
        return node


class _Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `case` and `case1_2_3`, which the suite imports from the folder that they are in."""

    def __init__(self, folder):
        self.folder = folder

    def find_spec(self, name, path=None, target=None):
        if re.fullmatch(r"case(\d\w*)?", name) and (self.folder / f"{name}.py").exists():
            return importlib.util.spec_from_loader(name, self)
        return None

    def exec_module(self, module):
        names = {"xrange": range, "unichr": chr, "type": _class}
        module.__dict__.update(names)
        exec(_compiled(self.folder / f"{module.__name__}.py"), module.__dict__)


def _compiled(file):
    source = file.read_text(encoding="latin-1").replace("coding: utf-8", "")
    source = re.sub(r"^(\s*)print(?:[ \t]+(.*))?$", r"\1print(\2)", source, flags=re.MULTILINE)
    tree = ast.fix_missing_locations(_WholeNumbers().visit(ast.parse(source, str(file))))
    return compile(tree, str(file), "exec")


def _list_of_cases(folder):
    """The suite's own list, from its `__init__`: which cases there are, and in which order."""
    names = {"xrange": range}
    exec(_compiled(folder / "__init__.py"), names)
    return names["Cases"]


def load():
    """All cases of the suite in its order, as pairs of an id like `1.2.3` and a class."""
    package = importlib.util.find_spec("autobahntestsuite")
    folder = Path(package.submodule_search_locations[0])
    _module("autobahn")
    _module("autobahn.websocket")
    _module("autobahn.websocket.protocol", WebSocketProtocol=WebSocketProtocol)
    _module("autobahn.websocket.utf8validator", Utf8Validator=Utf8Validator)
    _module(
        "autobahn.websocket.compress",
        PerMessageDeflateOffer=Offer,
        PerMessageDeflateResponse=Response,
        PerMessageDeflateResponseAccept=Accept,
    )
    # Case 9.9.1, which the suite leaves out of its list, would produce for Twisted.
    _module("zope")
    _module("zope.interface", implements=lambda *_: None)
    _module("twisted")
    _module("twisted.internet", reactor=None, interfaces=types.SimpleNamespace(IPushProducer=None))
    _module("pkg_resources", resource_filename=lambda _, name: str(folder / name))
    sys.modules["binascii"] = types.SimpleNamespace(
        b2a_hex=_hexadecimal, hexlify=binascii.hexlify
    )
    sys.meta_path.insert(0, _Loader(folder / "case"))
    try:
        cases = _list_of_cases(folder / "case")
    finally:
        sys.modules["binascii"] = binascii
    base = sys.modules["case"].Case
    # The suite compares pickles, in which Python 3 tells equal strings of different identity apart.
    base.compare = lambda self, one, other: one == other
    return [(case.__name__.removeprefix("Case").replace("_", "."), case) for case in cases]
