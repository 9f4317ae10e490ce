"""Pipelines in Python source, which is read and never run."""

from __future__ import annotations

import ast
import copy
import dataclasses
import math
import operator
from collections.abc import Mapping
from typing import Any

from jaxaug.interop.calls import Call, Found, Unknown
from jaxaug.interop.read_data import NAMING, as_compose, read_data

#: What OpenCV's constants are.
CV2 = {
    name: number
    for prefix, names in (
        ("INTER_", "NEAREST LINEAR CUBIC AREA LANCZOS4 LINEAR_EXACT NEAREST_EXACT"),
        ("BORDER_", "CONSTANT REPLICATE REFLECT WRAP REFLECT_101"),
    )
    for number, name in enumerate(prefix + word for word in names.split())
} | {"BORDER_REFLECT101": 4, "BORDER_DEFAULT": 4}
_OPERATORS: dict[type, Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_FUNCTIONS = {f.__name__: f for f in (int, float, str, bool, tuple, list, min, max, abs, round, len, sum)}
_METHODS = {"append", "extend", "insert"}
#: Largest result of arithmetic that is followed, so that no source can keep the reader busy.
_LARGEST = 10**9


def find_pipelines(source: str, values: Mapping[str, Any] | None = None) -> list[Found]:
    """The pipelines in Python source: calls of `Compose`, else lists of steps.

    Args:
        source: of a module, or of one expression.
        values: of names that the source itself does not tell, such as the arguments of a function.

    Raises:
        ValueError: the source is no Python, or holds no pipeline.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ValueError(f"The source cannot be read as Python: line {error.lineno}: {error.msg}.") from error
    reader = _Reader(dict(values or {}))
    reader.body(tree.body, dict(values or {}), None)
    named = [found for found in reader.found if found.call.name in ("Compose", "ReplayCompose")]
    found = named or reader.lists
    if not found:
        raise ValueError("The source holds no pipeline: expected a call of Compose or a list of transforms.")
    return _told_apart(found)


def _told_apart(found: list[Found]) -> list[Found]:
    """Pipelines of different names: the second of one name gets a number, as do those of several branches."""
    out: list[Found] = []
    for pipeline in found:
        count = sum(other.name == pipeline.name for other in found[: len(out)])
        name = f"{pipeline.name}_{count + 1}" if pipeline.name and count else pipeline.name
        out.append(dataclasses.replace(pipeline, name=name))
    return out


class _Reader:
    """Walks statements in order, and remembers what simple names are."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.found: list[Found] = []
        self.lists: list[Found] = []
        self.classes: set[str] = set()

    def body(self, statements: list[ast.stmt], env: dict[str, Any], inside: str | None) -> bool:
        """Reads statements, whose names are added to `env`, up to one that surely returns.

        Args:
            statements: in order.
            env: what names are.
            inside: the function that they stand in.

        Returns:
            Whether one returns.
        """
        return any(self.statement(statement, env, inside) for statement in statements)

    def statement(self, node: ast.stmt, env: dict[str, Any], inside: str | None) -> bool:
        """Reads a statement, and tells whether it surely returns."""
        match node:
            case ast.Assign(targets=targets, value=value):
                self.assign(targets, value, env, inside)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self.assign([target], value, env, inside)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                env[name] = self.operate(
                    type(op), ast.unparse(node), env.get(name, Unknown(name)), self.read(value, env)
                )
            case ast.Return(value=value) if value is not None:
                self.keep(inside, self.read(value, env), value)
                return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) as call) if (
                method in _METHODS and isinstance(env.get(name), list)
            ):
                getattr(env[name], method)(*(self.read(argument, env) for argument in call.args))
            case ast.Expr(value=value):
                self.keep(inside, self.read(value, env), value)
            case (
                ast.FunctionDef(name=name, args=arguments, body=body)
                | ast.AsyncFunctionDef(name=name, args=arguments, body=body)
            ):
                self.body(body, {**env, **self.defaults(arguments, env)}, name)
            case ast.ClassDef(name=name, body=body):
                own = dict(env)
                self.body(body, own, name)
                env |= {f"{name}.{attribute}": value for attribute, value in own.items() if attribute not in env}
                self.classes.add(name)
            case ast.If(test=test, body=body, orelse=orelse):
                return self.branch(test, body, orelse, env, inside)
            case ast.With(body=body) | ast.For(body=body) | ast.While(body=body) | ast.Try(body=body):
                self.body(body, env, inside)
        return False

    def assign(self, targets: list[ast.expr], value: ast.expr, env: dict[str, Any], inside: str | None) -> None:
        read = self.read(value, env)
        # An instance of a class, or the class itself, has the attributes of the class.
        called = ast.unparse(value.func if isinstance(value, ast.Call) else value)
        attributes = {n.removeprefix(f"{called}."): v for n, v in env.items() if n.startswith(f"{called}.")}
        for target in targets:
            name = ast.unparse(target)
            if called in self.classes:
                env |= {f"{name}.{attribute}": entry for attribute, entry in attributes.items()}
                self.classes.add(name)
            if isinstance(target, ast.Tuple) and isinstance(read, list | tuple) and len(read) == len(target.elts):
                for part, entry in zip(target.elts, read, strict=True):
                    env[ast.unparse(part)] = entry
            else:
                env[name] = read
            self.keep(name if name.isidentifier() else name.rsplit(".", 1)[-1], read, value)

    def branch(
        self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], env: dict[str, Any], inside: str | None
    ) -> bool:
        """Reads a branch that can be told, else both; names that they make different are unknown after them."""
        known = self.read(test, env)
        if not isinstance(known, Unknown):
            return self.body(body if known else orelse, env, inside)
        ways = [_copied(env), _copied(env)]
        ended = [self.body(statements, way, inside) for way, statements in zip(ways, (body, orelse), strict=True)]
        if any(ended):
            env.update(ways[0] if ended[1] else ways[1])
            return all(ended)
        for name in {*ways[0], *ways[1]}:
            first, second = (way.get(name, Unknown(name)) for way in ways)
            same = repr(first) == repr(second)
            env[name] = first if same else Unknown(f"{name}, which depends on {ast.unparse(test)}")
        return False

    def defaults(self, arguments: ast.arguments, env: dict[str, Any]) -> dict[str, Any]:
        """What the arguments of a function are where nobody says."""
        names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        out: dict[str, Any] = {name: Unknown(name) for name in names}
        for name, value in zip(reversed(names), reversed(arguments.defaults), strict=False):
            out[name] = self.read(value, env)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            out[argument.arg] = Unknown(argument.arg) if default is None else self.read(default, env)
        return {**out, **{name: value for name, value in self.values.items() if name in out}}

    def keep(self, name: str | None, value: Any, node: ast.expr) -> None:
        """Remembers a value that is a pipeline, or the pipelines in a dict or a list."""
        if isinstance(value, dict):
            for key, entry in value.items():
                self.keep(f"{name}_{key}" if name and str(key).isidentifier() else name, entry, node)
        elif isinstance(value, Call) and _is_pipeline(value):
            if all(found.call is not value for found in self.found):
                self.found.append(Found(name, value))
        elif isinstance(value, list | tuple) and value:
            if any(isinstance(entry, Call) and _is_pipeline(entry) for entry in value):
                for entry in value:
                    self.keep(name, entry, node)
            elif all(isinstance(entry, Call) for entry in value):
                self.lists = [found for found in self.lists if found.call.args[0] is not value]
                self.lists.append(Found(name, Call("Compose", (value,))))
            elif all(isinstance(entry, dict) and any(key in entry for key in NAMING) for entry in value):
                self.lists.append(Found(name, read_data(list(value)).call))
        elif isinstance(value, Call):
            for entry in (*value.args, *value.kwargs.values()):
                self.keep(name, entry, node)
            if value.name[:1].isupper() and isinstance(node, ast.Call) and not name:
                self.lists.append(Found(name, as_compose(value)))

    def read(self, node: ast.expr, env: dict[str, Any]) -> Any:
        """The value of an expression, `Unknown` where only running the program tells."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return env.get(name, Unknown(name))
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
                return self.operate(type(op), ast.unparse(node), self.read(operand, env))
            case ast.BinOp(left=left, op=op, right=right):
                return self.operate(type(op), ast.unparse(node), self.read(left, env), self.read(right, env))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.operate(type(op), ast.unparse(node), self.read(left, env), self.read(right, env))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                known = self.read(test, env)
                if isinstance(known, Unknown):
                    return Unknown(ast.unparse(node))
                return self.read(body if known else orelse, env)
            case ast.Subscript(value=value, slice=index):
                return self.item(ast.unparse(node), self.read(value, env), self.read(index, env))
            case ast.Attribute(attr=attribute):
                return self.attribute(node, attribute, env)
            case ast.Call():
                return self.call(node, env)
            case ast.Lambda():
                return Unknown(f"the function {ast.unparse(node)}")
        return Unknown(ast.unparse(node))

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
        if isinstance(node.func, ast.Name) and name == "dict" and not args:
            return kwargs
        if isinstance(node.func, ast.Name) and name in _FUNCTIONS:
            unknown = next((value for value in args if isinstance(value, Unknown)), None)
            if unknown:
                return unknown
            try:
                return _FUNCTIONS[name](*args)
            except (TypeError, ValueError):
                return Unknown(ast.unparse(node))
        if name in ("array", "asarray", "sqrt") and ast.unparse(node.func).startswith(("np.", "numpy.", "math.")):
            return args[0] if name != "sqrt" else self.operate(ast.Pow, ast.unparse(node), args[0], 0.5)
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

    @staticmethod
    def operate(op: type, text: str, *values: Any) -> Any:
        """Arithmetic of values that are known."""
        unknown = next((value for value in values if isinstance(value, Unknown)), None)
        if unknown or op not in _OPERATORS:
            return unknown or Unknown(text)
        numbers = [abs(value) for value in values if isinstance(value, int | float)]
        if (numbers and max(numbers) > _LARGEST) or (op is ast.Pow and len(numbers) == 2 and numbers[1] > 30):
            return Unknown(text)
        if op is ast.Mult and any(isinstance(v, list | tuple | str) for v in values) and max(numbers, default=0) > 1000:
            return Unknown(text)
        try:
            return _OPERATORS[op](*values)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            return Unknown(text)


def _is_pipeline(call: Call) -> bool:
    return call.name in ("Compose", "ReplayCompose")


def _copied(env: dict[str, Any]) -> dict[str, Any]:
    """Names with lists of their own, so that what one branch appends the other does not see."""
    return {name: copy.copy(value) if isinstance(value, list) else value for name, value in env.items()}
