"""Reads the AWS provider's schema from the generated bindings in PyPI's cdktn-provider-aws.

For every resource of one provider version, the package contains a JavaScript class. Its comments and getters name
each attribute, its type and whether it is computed, optional or required. Terraform needs nothing else from a
provider's schema. The bindings do not contain defaults, value rules, or what forces a replacement.

    schemas(wheel, {"resource": {"aws_vpc"}, "data": {"aws_ami"}}) -> {"version": "6.69.1", "provider": Block, ...}

A Block is {"attributes": {name: {"type", "required", "optional", "computed"}}, "blocks": {name: {"nesting", "min",
"max", "block": Block}}}; a type is in Terraform's own JSON notation ("string", ["list", "string"], ["set",
["object", {...}]]).
"""

import io
import re
import tarfile
import zipfile

CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{$(.*?)^\}$", re.M | re.S)
ATTRIBUTE = re.compile(
    r"^    // (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n(.*?)(?=^    // |^    \w+\(|\Z)",
    re.M | re.S,
)
NESTED = re.compile(r'= new (\w+)\(this, "\w+"(?:, (true|false))?\)')
HCL_ENTRY = re.compile(
    r'^ +(\w+): \{\n +value: (.*)\n +isBlock: (true|false),\n +type: "(\w+)",\n +storageClassType: "(\w+)",', re.M
)
STORAGE = {
    "string": "string",
    "boolean": "bool",
    "number": "number",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "stringMap": ["map", "string"],
}

SIMPLE = [
    ("getStringAttribute(", "string"),
    ("getBooleanAttribute(", "bool"),
    ("getNumberAttribute(", "number"),
    ("getNumberListAttribute(", ["list", "number"]),
    ("getListAttribute(", ["list", "string"]),
    ("getStringMapAttribute(", ["map", "string"]),
    ("getNumberMapAttribute(", ["map", "number"]),
    ("getBooleanMapAttribute(", ["map", "bool"]),
]
WRAPPERS = {
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "StringMapList": ["list", ["map", "string"]],
    "StringListMap": ["map", ["list", "string"]],
    "StringListList": ["list", ["list", "string"]],
}


class BindingError(Exception):
    """The bindings contain something that this reader does not know, or lack what is needed."""


def schemas(wheel, wanted):
    """Schemas of the given resource and data source types, and of the provider's own block."""
    package = _package(wheel)
    version = re.search(r'"version": "(\d+\.\d+\.\d+)"', package.pop("package.json").split('"provider": {')[1])[1]
    missing = [
        f"{kind} {name}"
        for kind in ("resource", "data")
        for name in sorted(wanted[kind])
        if _folder(kind, name) not in package
    ]
    if missing:
        raise BindingError(f"provider aws {version} has no {', '.join(missing)}")
    return {
        "version": version,
        "provider": _top_block(package["provider"]),
        "resource": {name: _top_block(package[_folder("resource", name)]) for name in sorted(wanted["resource"])},
        "data": {name: _top_block(package[_folder("data", name)]) for name in sorted(wanted["data"])},
    }


def _folder(kind, name):
    folder = name.removeprefix("aws_").replace("_", "-")
    return f"data-aws-{folder}" if kind == "data" else folder


def _package(wheel):
    """Directory name -> JavaScript text, from the archive inside the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        inner = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        archive = io.BytesIO(outer.read(inner))
    package = {}
    with tarfile.open(fileobj=archive, mode="r:gz") as files:
        for member in files:
            if member.name == "package/package.json":
                package["package.json"] = files.extractfile(member).read().decode()
            elif (found := re.fullmatch(r"package/lib/([\w-]+)/(index|index-structs/\w+)\.js", member.name)) and member.isfile():
                text = files.extractfile(member).read().decode()
                package[found[1]] = package.get(found[1], "") + text.split("\n//# sourceMappingURL")[0] + "\n"
    return package


def _top_block(text):
    classes = {name: (base, body) for name, base, body in CLASS.findall(text)}
    top = [name for name, (base, _) in classes.items() if base in ("TerraformResource", "TerraformDataSource", "TerraformProvider")]
    if len(top) != 1:
        raise BindingError(f"expected one resource class, found {top}")
    block = _block(top[0], classes, text)
    # Terraform itself adds `id` to every resource, and the bindings of resources without one omit it.
    block["attributes"].pop("alias", None)
    return block


def _block(name, classes, text):
    block = {"attributes": {}, "blocks": {}}
    body = classes[name][1]
    entries = _entries(_hcl_source(name, body, text))
    for attribute, computed, optional, required, code in ATTRIBUTE.findall(body):
        flags = {"computed": computed == "true", "optional": optional == "true", "required": required == "true"}
        nested = NESTED.search(code)
        if nested and nested[1] in classes:
            element, nesting, many = _element(nested, entries.get(attribute), classes)
            if flags["computed"] or attribute not in entries:
                # Computed blocks are attributes to Terraform: a list or set of objects.
                shape = _object(_block(element, classes, text))
                block["attributes"][attribute] = {"type": shape if nesting == "single" else [nesting, shape], **flags}
            else:
                block["blocks"][attribute] = {
                    "nesting": nesting,
                    "min": 1 if flags["required"] else 0,
                    "max": 0 if many or nesting == "single" else 1,
                    "block": _block(element, classes, text),
                }
        elif attribute in entries and entries[attribute]["is_block"]:
            entry = entries[attribute]
            function = re.search(r"\w+ToHclTerraform", entry["value"])[0]
            block["blocks"][attribute] = {"nesting": entry["kind"], "min": 0, "max": 0, "block": _struct_block(function, text)}
        else:
            block["attributes"][attribute] = {"type": _type(attribute, code, nested, entries.get(attribute)), **flags}
    return block


def _entries(source):
    """Attribute -> the information in its entry in a ...HclTerraform function."""
    return {
        name: {"value": value, "is_block": is_block == "true", "kind": kind, "storage": storage}
        for name, value, is_block, kind, storage in HCL_ENTRY.findall(source)
    }


def _struct_block(function, text):
    """A block of the provider's own configuration. It has no class, only the function of its struct."""
    found = re.search(rf"^function {function}\(struct\) \{{$(.*?)^\}}$", text, re.M | re.S)
    flags = {"computed": False, "optional": True, "required": False}
    return {
        "attributes": {name: {"type": _declared(name, entry), **flags} for name, entry in _entries(found[1]).items()},
        "blocks": {},
    }


def _hcl_source(name, body, text):
    """The text that shows block or attribute, list or set: the class, or the ...ToHclTerraform function of its
    struct.
    """
    if "synthesizeHclAttributes()" in body:
        return body.split("synthesizeHclAttributes()")[1]
    stem = name.removesuffix("OutputReference")
    function = re.search(rf"^function {stem[0].lower()}{stem[1:]}ToHclTerraform\(struct\) \{{$(.*?)^\}}$", text, re.M | re.S)
    return function[1] if function else ""


def _element(nested, entry, classes):
    """The class of one element, how elements nest, and whether there may be several."""
    name, wraps_set = nested[1], nested[2] == "true"
    base = classes[name][0]
    if base == "ComplexObject":
        return name, "single" if entry and entry["kind"] == "struct" else "list", False
    element = name.removesuffix("List").removesuffix("Map") + "OutputReference"
    if element not in classes:
        raise BindingError(f"{name} has no {element}")
    if base == "ComplexMap":
        return element, "map", True
    return element, "set" if wraps_set else "list", True


def _object(block):
    """The type of one element of a computed block."""
    members = {name: attribute["type"] for name, attribute in block["attributes"].items()}
    for name, nested in block["blocks"].items():
        shape = _object(nested["block"])
        members[name] = shape if nested["nesting"] == "single" else [nested["nesting"], shape]
    return ["object", members]


def _type(attribute, code, nested, entry):
    if nested:
        if nested[1] not in WRAPPERS:
            raise BindingError(f"{attribute}: unknown wrapper {nested[1]}")
        return WRAPPERS[nested[1]]
    wrapper = re.search(r"= new cdktn\.(\w+)\(this", code)
    if wrapper:
        if wrapper[1] not in WRAPPERS:
            raise BindingError(f"{attribute}: unknown wrapper {wrapper[1]}")
        return WRAPPERS[wrapper[1]]
    for getter, found in SIMPLE:
        if getter in code:
            is_set = "cdktn.Fn.tolist(" in code or (entry and entry["kind"] == "set")
            return ["set", found[1]] if is_set and found[0] == "list" else found
    return _declared(attribute, entry)


def _declared(attribute, entry):
    """The type of an attribute whose getter does not contain it."""
    if entry is None or entry["storage"] not in STORAGE:
        raise BindingError(f"{attribute}: no known type in {entry}")
    found = STORAGE[entry["storage"]]
    return ["set", found[1]] if entry["kind"] == "set" and found[0] == "list" else found
