# SPDX-License-Identifier: Apache-2.0
"""The image of the last commit, built by what users build it with, and podman with settings that any machine can run."""
import atexit
import contextlib
import json
import os
import resource
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = os.environ.get("E2E_IMAGE", "localhost/knamed:e2e")  # one that is given is taken as it is
ALIAS = "localhost/coredns:v1.14.2"


def settings():
    """Limits no higher than ours: who may not raise them could run nothing else. runc runs where crun does not."""
    files, processes = (resource.getrlimit(kind)[1] for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    files, processes = (limit if 0 < limit < most else most for limit, most in ((files, 20000), (processes, 1000)))
    return ("[containers]\n"
            f'default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
            "[engine]\n" 'runtime = "runc"\n' 'events_logger = "file"\n')


with tempfile.NamedTemporaryFile("w", prefix="knamed-e2e-", suffix=".conf", delete=False) as SETTINGS:
    SETTINGS.write(settings())
os.environ["CONTAINERS_CONF"] = SETTINGS.name
atexit.register(os.unlink, SETTINGS.name)


def build_unless_given():
    """Before a test enters a network of its own, where there is no way to a mirror; there it is given."""
    if "E2E_IMAGE" not in os.environ:
        build()
        os.environ["E2E_IMAGE"] = NAME


def build(**environment):
    """Its digest."""
    done = subprocess.run([os.path.join(ROOT, "tools/make-image")], stdout=subprocess.PIPE, text=True, check=True,
                          env={"BASE": "mirror", **os.environ, "IMAGE": NAME, "ALIAS": ALIAS, **environment})
    return done.stdout.split()[-1]


def podman(*words, check=True, text=None):
    """A finished podman."""
    done = subprocess.run(["podman", *words], capture_output=True, text=True, input=text, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"podman {' '.join(words)}: {done.stderr}")
    return done


def inspect(*words):
    return json.loads(podman(*words).stdout)[0]


def run(*words, program=None):
    """A finished container without a network, as the pods of the field run it."""
    return podman("run", "--rm", "--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges",
                  *(["--entrypoint", program] if program else []), NAME, *words, check=False)


@contextlib.contextmanager
def mounted():
    """The directory with the image's files."""
    place = podman("image", "mount", NAME).stdout.strip()
    try:
        yield place
    finally:
        podman("image", "unmount", NAME)
