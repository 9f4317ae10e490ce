"""Pipelines in Python source, which is read and never run."""

from __future__ import annotations

import ast
import copy
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from jaxaug.interop.calls import Call, Found, Unknown, unknown_within
from jaxaug.interop.read_data import NAMING, as_compose, find_data
from jaxaug.interop.source_expressions import Expressions, Function
from jaxaug.interop.source_values import operate

_METHODS = {"append", "extend", "insert"}
#: What a transform that stands alone begins with.
_MODULES = ("A.", "albu.", "albumentations.")
#: How many calls of the source's own functions are followed, into one another and in all, so that no source can keep
#: the reader busy.
_DEEPEST, _MOST = 8, 1000


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
    # Functions run when the module has been read: they know what stands below them, so it is read twice.
    names = dict(values or {})
    _Reader(dict(values or {}), names).body(tree.body, names, None)
    reader = _Reader(dict(values or {}), names)
    reader.body(tree.body, names, None)
    found = reader.pipelines()
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


class _Reader(Expressions):
    """Walks statements in order, and remembers what simple names are."""

    def __init__(self, values: dict[str, Any], names: dict[str, Any], outer: _Reader | None = None) -> None:
        super().__init__(values, names)
        self.depth: int = outer.depth if outer else 0
        self.calls: Iterator[int] = outer.calls if outer else iter(range(_MOST))
        self.found: list[Found] = []
        self.lists: list[Found] = []
        self.lone: list[Found] = []
        self.classes: set[str] = set()
        self.followed: set[str] = set()
        self.returned: Any = None

    def pipelines(self) -> list[Found]:
        """What was found: compositions, else lists of steps, else single transforms.

        A function whose arguments only its callers tell is left out where what it gives them is found.
        """
        found = self.found or self.lists or self.lone
        vague = [f for f in found if f.name in self.followed and any(unknown_within(f.call))]
        told = any(f.name not in self.followed and not any(unknown_within(f.call)) for f in found)
        return [f for f in found if not (told and f in vague)]

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
                env[name] = operate(type(op), ast.unparse(node), env.get(name, Unknown(name)), self.read(value, env))
            case ast.Return(value=value) if value is not None:
                read = self.read(value, env)
                self.keep(inside, read, value)
                self.returned = read if self.returned is None else self.returned
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
                env[name], returned = Function(node, env), self.returned
                self.body(body, {**env, **self.defaults(arguments, env)}, name)
                self.returned = returned
            case ast.ClassDef(name=name, body=body):
                own = dict(env)
                _Reader(self.values, self.names, self).body(body, own, None)
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
            self.name(target, read, env)
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
            self.returned = Unknown(f"what depends on {ast.unparse(test)}")
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
                self.lists += [Found(name or inner.name, inner.call) for inner in find_data(list(value))]
        elif isinstance(value, Call):
            for entry in (*value.args, *value.kwargs.values()):
                self.keep(name, entry, node)
            if value.name[:1].isupper() and isinstance(node, ast.Call) and not name:
                self.lists.append(Found(name, as_compose(value)))
            elif ast.unparse(node).startswith(_MODULES) and not value.name.endswith("Params"):
                self.lone.append(Found(name, as_compose(value)))

    def follow(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What a function of the source gives for these arguments."""
        node = function.node
        if self.depth == _DEEPEST or next(self.calls, None) is None:
            return Unknown(f"{node.name}(...)")
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        own = names[1:] if names[:1] in (["self"], ["cls"]) else names
        given = dict(zip(own, args, strict=False)) | kwargs
        inner = _Reader(self.values, self.names, self)
        inner.depth += 1
        inner.body(node.body, {**function.env, **self.defaults(node.args, function.env), **given}, None)
        self.followed.add(node.name)
        return inner.returned


def _is_pipeline(call: Call) -> bool:
    return call.name in ("Compose", "ReplayCompose")


def _copied(env: dict[str, Any]) -> dict[str, Any]:
    """Names with lists of their own, so that what one branch appends the other does not see."""
    return {name: copy.copy(value) if isinstance(value, list) else value for name, value in env.items()}
