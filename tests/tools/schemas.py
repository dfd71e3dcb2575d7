"""SARIF, JUnit and GitLab's reports of the same findings, against their schemas.

SARIF's is that of OASIS, as the crate serde-sarif has it; JUnit's that by which pytest checks its own reports. GitLab
publishes none apart from its program: the fields that it reads stand here.
"""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import jsonschema
from lxml import etree
from notebooks import cache_folder

SARIF_CRATE = "serde-sarif"
SARIF_VERSION = "0.8.0"
PYTEST = "pytest==8.4.2"

# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\.?/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def sarif_schema(scratch):
    """Through cargo, which keeps what it fetched."""
    kept = cache_folder() / "schemas" / f"sarif-{SARIF_VERSION}.json"
    if not kept.exists():
        (scratch / "lib.rs").touch()
        manifest = (
            "[package]\nname = 'schemas'\nversion = '0.0.0'\nedition = '2021'\n[lib]\npath = 'lib.rs'\n"
            f"[dependencies]\n{SARIF_CRATE} = {{ version = '={SARIF_VERSION}', default-features = false }}\n"
        )
        (scratch / "Cargo.toml").write_text(manifest)
        subprocess.run(["cargo", "vendor", "--quiet"], cwd=scratch, check=True, capture_output=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(scratch / "vendor" / SARIF_CRATE / "src" / "schema.json", kept)
    return json.loads(kept.read_text())


def junit_schema(scratch):
    """Through pip: pytest's source distribution holds it."""
    kept = cache_folder() / "schemas" / f"{PYTEST}-junit.xsd"
    if not kept.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", PYTEST]
        subprocess.run([*command, "--dest", scratch], capture_output=True)
        archive = next(scratch.glob("pytest-*.tar.gz"), None)
        if archive is None:
            return None
        with tarfile.open(archive) as files:
            member = next(one for one in files if one.name.endswith("junit-10.xsd"))
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(files.extractfile(member).read())
    return etree.XMLSchema(etree.parse(kept))


def report(cellwise, target, form):
    command = [cellwise, "check", "--hints", "--select", "all", "--format", form, "."]
    return subprocess.run(command, capture_output=True, cwd=target).stdout


def complaints_of_json(schema, text):
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(json.loads(text))]


def check(cellwise, corpus, scratch, step, say):
    ours = Path(__file__).resolve().parents[2] / "examples"
    folder = scratch / "empty"
    folder.mkdir()
    targets = [ours, folder, *([corpus] if corpus.is_dir() else [])]
    try:
        sarif = sarif_schema(scratch)
    except (OSError, subprocess.CalledProcessError):
        print("skipped: SARIF's schema cannot be had from crates.io here")
        sarif = None
    junit = junit_schema(scratch)
    if junit is None:
        print("skipped: JUnit's schema cannot be had from PyPI here")
    for target in targets:
        if sarif:
            text = report(cellwise, target, "sarif")
            say(f"sarif of {target.name}", complaints_of_json(sarif, text))
            print(f"sarif of {target.name}: {len(json.loads(text)['runs'][0]['results'])} results")
        say(f"gitlab of {target.name}", complaints_of_json(GITLAB, report(cellwise, target, "gitlab")))
        if junit:
            document = etree.parse(io.BytesIO(report(cellwise, target, "junit")))
            junit.validate(document)
            say(f"junit of {target.name}", [str(error) for error in junit.error_log][:3])
