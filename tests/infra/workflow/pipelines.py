"""The pipelines for Infra/ on GitHub, GitLab and Jenkins, each in its own repository."""

import shutil
import sys
from contextlib import contextmanager

import tools
from provider.emulated import EmulatedProvider
from rehearsal.cloud import REGION, Cloud
from workflow import actions, jenkins, gitlab_ci
from workflow.github import GitHub
from workflow.gitlab import GitLab
from workflow.repository import Repository


@contextmanager
def _repository(name, scans=False):
    if not shutil.which("jq"):
        raise tools.Missing("jq: install the Debian package jq")
    with EmulatedProvider(sys.executable) as provider, Cloud() as cloud:
        cloud.client("s3").create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": REGION})
        yield Repository(provider, cloud, name, scans)


def on_github():
    with _repository("github", scans=True) as repository, GitHub() as github:
        actions.play(repository, github)
        return repository.findings


def on_gitlab():
    with _repository("gitlab") as repository, GitLab() as gitlab:
        gitlab_ci.play(repository, gitlab)
        return repository.findings


def on_jenkins():
    with _repository("jenkins") as repository:
        jenkins.play(repository)
        return repository.findings
