"""The settings of Infra/: what the README asks users to write, and the defaults that the tests rely on.

`terraform test` reads the user's terraform.tfvars, so every run would test the user's stack. A file of variables in
the directory of the tests wins over it. Decided here: that this file has every variable with its default. Never here:
what the defaults are; the variables say that.
"""

import re

import tools

DEFAULTS = "tests/defaults.auto.tfvars"


def of_readme(name):
    """The files that the README asks users to write into a folder of Infra, by name.

    What a program writes there (`terraform output -raw state_tfvars`) is written here as it is for README's names.
    """
    readme = (tools.INFRA / "README.md").read_text()
    written = re.findall(r"^cat >>? (\S+) <<'END'\n(.*?)^END$", readme, re.S | re.M)
    files = {}
    for file, text in written:
        folder, _, file = file.rpartition("/")
        if {"": "Infra", "bootstrap": "Infra/bootstrap"}.get(folder) == name:
            files[file] = files.get(file, "") + text
    if name == "Infra":
        state = '{ bucket = "fargate-pipeline-state-111122223333", key = "platform.tfstate" }'
        files["terraform.tfvars"] = f"state = {state}\n" + files["terraform.tfvars"]
    return files


def findings(folders):
    """Variables whose default is not in the file that the tests read, for each folder."""
    found = []
    for page in (tools.INFRA / "README.md", *sorted((tools.REPOSITORY / "docs").rglob("*.md"))):
        # A value that only one command line has is gone with the next apply, and so is what it created.
        if re.search(r"terraform [^\n]*apply[^\n]* -var (?!deletion_protection=false)|`-var ", page.read_text()):
            found.append(f"{page.name}: a setting is on a command line; the next apply would undo it")
    for name in folders:
        file = tools.REPOSITORY / name / DEFAULTS
        written = assignments(file.read_text()) if file.is_file() else {}
        declared = defaults(tools.REPOSITORY / name)
        for variable in sorted(declared.keys() | written.keys()):
            if declared.get(variable) != written.get(variable):
                found.append(f"{name}/{DEFAULTS}: {variable} is {written.get(variable)}, its default is {declared.get(variable)}")
    return found


def defaults(folder):
    """The default of each variable of a folder, as it is written. A variable without one counts as null."""
    found = {}
    for file in sorted(folder.glob("*.tf")):
        for name, body in re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', file.read_text(), re.S | re.M):
            default = re.search(r"^  default\s*=\s*(.*?)(?=^  \w+\s*[={]|^  #|^\s*$|\Z)", body, re.S | re.M)
            found[name] = " ".join(default[1].split()) if default else "null"
    return found


def assignments(text):
    """Each variable of a .tfvars file with its value, as it is written."""
    values = re.findall(r"^(\w+)\s*=\s*(.*?)(?=^\w+\s*=|^#|^\s*$|\Z)", text, re.S | re.M)
    return {name: " ".join(value.split()) for name, value in values}
