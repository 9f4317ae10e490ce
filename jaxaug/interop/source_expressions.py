"""Expressions in Python source that is read and never run."""

from __future__ import annotations

import ast
import dataclasses
import math
from collections.abc import Callable
from typing import Any

from jaxaug.interop.calls import Call, Unknown
from jaxaug.interop.source_values import CV2, FUNCTIONS, LONGEST, VIEWS, operate


@dataclasses.dataclass(frozen=True, eq=False)
class Function:
    """A function of the source, and the names around it."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    env: dict[str, Any]


class Expressions:
    """Reads expressions; `Unknown` is what only running the program tells.

    Args:
        values: of names that the source does not tell.
        names: of the module.
    """

    def __init__(self, values: dict[str, Any], names: dict[str, Any]) -> None:
        self.values, self.names = values, names

    def follow(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What a function of the source gives for these arguments."""
        raise NotImplementedError

    def read(self, node: ast.expr, env: dict[str, Any]) -> Any:
        """The value of an expression, `Unknown` where only running the program tells."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                known = env.get(name, Unknown(name))
                return Unknown(f"the function {name}") if isinstance(known, Function) else known
            case ast.Tuple(elts=entries) | ast.List(elts=entries) | ast.Set(elts=entries):
                read = self.entries(entries, env)
                return tuple(read) if isinstance(node, ast.Tuple) else read
            case ast.Dict(keys=keys, values=entries) if None not in keys:
                names = [self.read(key, env) for key in keys if key is not None]
                return {
                    name if isinstance(name, str | int | float) else str(name): self.read(entry, env)
                    for name, entry in zip(names, entries, strict=True)
                }
            case ast.UnaryOp(op=op, operand=operand):
                return operate(type(op), ast.unparse(node), self.read(operand, env))
            case ast.BinOp(left=left, op=op, right=right):
                return operate(type(op), ast.unparse(node), self.read(left, env), self.read(right, env))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return operate(type(op), ast.unparse(node), self.read(left, env), self.read(right, env))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                known = self.read(test, env)
                if isinstance(known, Unknown):
                    return Unknown(ast.unparse(node))
                return self.read(body if known else orelse, env)
            case ast.ListComp(generators=[loop]) | ast.GeneratorExp(generators=[loop]):
                return self.loop(node, loop, env, lambda names: self.read(node.elt, names))
            case ast.DictComp(generators=[loop]):
                pairs = self.loop(
                    node, loop, env, lambda names: [self.read(part, names) for part in (node.key, node.value)]
                )
                return (
                    pairs
                    if isinstance(pairs, Unknown)
                    else {str(k) if isinstance(k, Unknown) else k: v for k, v in pairs}
                )
            case ast.Subscript(value=value, slice=index):
                return self.item(ast.unparse(node), self.read(value, env), self.read(index, env))
            case ast.Attribute(attr=attribute):
                return self.attribute(node, attribute, env)
            case ast.Call():
                return self.call(node, env)
            case ast.Lambda():
                return Unknown(f"the function {ast.unparse(node)}")
        return Unknown(ast.unparse(node))

    def loop(self, node: ast.expr, loop: ast.comprehension, env: dict[str, Any], read: Callable[[Any], Any]) -> Any:
        """A list of what an expression is for each entry of a list that is known."""
        over = self.read(loop.iter, env)
        over = list(over) if isinstance(over, list | tuple | dict) else None
        if over is None or len(over) > LONGEST:
            return Unknown(ast.unparse(node))
        out = []
        for entry in over:
            names = dict(env)
            self.name(loop.target, entry, names)
            kept = [self.read(test, names) for test in loop.ifs]
            if any(isinstance(value, Unknown) for value in kept):
                return Unknown(ast.unparse(node))
            if all(kept):
                out.append(read(names))
        return out

    @staticmethod
    def name(target: ast.expr, value: Any, env: dict[str, Any]) -> None:
        """Gives a value its name, or its parts theirs."""
        if isinstance(target, ast.Tuple) and isinstance(value, list | tuple) and len(value) == len(target.elts):
            env.update({ast.unparse(part): entry for part, entry in zip(target.elts, value, strict=True)})
        else:
            env[ast.unparse(target)] = value

    def entries(self, nodes: list[ast.expr], env: dict[str, Any]) -> list[Any]:
        out: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                inner = self.read(node.value, env)
                out += inner if isinstance(inner, list | tuple) else [inner]
            else:
                out.append(self.read(node, env))
        return out

    def attribute(self, node: ast.Attribute, attribute: str, env: dict[str, Any]) -> Any:
        whole = ast.unparse(node)
        if whole in env:
            return env[whole]
        if whole in self.values:
            return self.values[whole]
        if attribute in CV2:
            return CV2[attribute]
        if whole in ("np.pi", "math.pi", "numpy.pi"):
            return math.pi
        if whole.startswith(("np.", "numpy.", "torch.")) and attribute in ("float32", "float16", "uint8", "uint16"):
            return attribute
        if "CompressionType" in whole:
            return attribute.lower()
        return Unknown(whole)

    def call(self, node: ast.Call, env: dict[str, Any]) -> Any:
        name = ast.unparse(node.func).rsplit(".", 1)[-1]
        args = self.entries(node.args, env)
        kwargs: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.read(keyword.value, env)
            if keyword.arg is not None:
                kwargs[keyword.arg] = value
            elif isinstance(value, dict):
                kwargs |= value
            else:
                kwargs["**"] = Unknown(f"**{ast.unparse(keyword.value)}")
        if isinstance(node.func, ast.Attribute) and name in VIEWS and not args:
            inner = self.read(node.func.value, env)
            return list(getattr(inner, name)()) if isinstance(inner, dict) else Unknown(ast.unparse(node))
        if isinstance(node.func, ast.Name) and name == "dict" and not args:
            return kwargs
        if isinstance(node.func, ast.Name) and name in FUNCTIONS:
            unknown = next((value for value in args if isinstance(value, Unknown)), None)
            if unknown:
                return unknown
            try:
                return FUNCTIONS[name](*args)
            except (TypeError, ValueError):
                return Unknown(ast.unparse(node))
        if name in ("array", "asarray", "sqrt") and ast.unparse(node.func).startswith(("np.", "numpy.", "math.")):
            return args[0] if name != "sqrt" else operate(ast.Pow, ast.unparse(node), args[0], 0.5)
        called = ast.unparse(node.func).removeprefix("self.").removeprefix("cls.")
        function = env.get(called, self.names.get(called))
        if isinstance(function, Function):
            return self.follow(function, args, kwargs)
        if not name[:1].isupper() and name not in ("from_float", "to_float"):
            return Unknown(ast.unparse(node))
        return Call(name, tuple(args), kwargs)

    @staticmethod
    def item(text: str, value: Any, index: Any) -> Any:
        if isinstance(value, dict | list | tuple) and not isinstance(index, Unknown):
            try:
                return value[index]
            except (KeyError, IndexError, TypeError):
                return Unknown(text)
        return Unknown(text)
