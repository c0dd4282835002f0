#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the golden exchanges against a knarr of its own and compares the scores with the marks.

  run.py [--knarr FILE] [--shared DIR] [--only REGEX] [--raise] [--diffs N] [FILE...]

Starts `knarr server` on a free port with an empty data directory and only the loops that the
recordings had, replays every file (patch-apply* once more with managedFields compared), prints the
score of each and fails when one falls below tests/golden_marks.json. --raise writes better scores
into the marks; they are never lowered. FILE: names without .json; default all.
"""
import argparse, glob, json, os, pathlib, re, shutil, signal, subprocess, sys, tempfile, time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
MARKS = PROJECT / "tests" / "golden_marks.json"
CONTROLLERS = ("namespace-controller,serviceaccount-controller,"
               "root-ca-certificate-publisher-controller,clusterrole-aggregation-controller")
SCORE = re.compile(r"^(\d+) passed, (\d+) failed", re.M)


class Server:
    """A throwaway server; its folder is removed at the end."""

    def __init__(self, knarr, extra):
        self.folder = tempfile.mkdtemp(prefix="knarr-golden-")
        self.kubeconfig = os.path.join(self.folder, "kubeconfig.yaml")
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            [knarr, "server", "--data-dir", os.path.join(self.folder, "data"), "--https-listen-port", "0",
             "--bind-address", "127.0.0.1", "--write-kubeconfig", self.kubeconfig] + extra,
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not os.path.exists(self.kubeconfig):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.flush()
                sys.stderr.write(open(self.log.name).read()[-4000:])
                sys.exit("the server did not start")
            time.sleep(0.05)

    def alive(self):
        return self.process.poll() is None

    def stop(self, keep=False):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def kubectl_folder():
    """golden.py reads the kubeconfig with kubectl; a small stand-in does where there is none."""
    if shutil.which("kubectl"):
        return None
    folder = tempfile.mkdtemp(prefix="knarr-kubectl-")
    stand_in = os.path.join(folder, "kubectl")
    shutil.copy(HERE / "kubeconfig_view.py", stand_in)
    os.chmod(stand_in, 0o755)
    return folder


def replay(shared, server, file, ignore, jobs, diffs):
    command = [sys.executable, str(shared / "golden" / "golden.py"), "replay", "-j", str(jobs),
               "--kubeconfig", server.kubeconfig, "--diffs", str(diffs)]
    if ignore:
        command += ["--ignore", "/managedFields(/|$)"]
    answer = subprocess.run(command + [file], capture_output=True, text=True)
    found = SCORE.findall(answer.stdout)
    if not found:
        sys.stderr.write(answer.stdout[-2000:] + answer.stderr[-4000:])
        return 0, 0, answer.stdout
    passed, failed = map(int, found[-1])
    return passed, failed, answer.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--knarr", default=str(PROJECT / "build" / "release" / "knarr"))
    parser.add_argument("--shared", default=os.environ.get("KNARR_SHARED", str(PROJECT.parent / "shared")))
    parser.add_argument("--only", default="")
    parser.add_argument("--raise", dest="lift", action="store_true")
    parser.add_argument("--diffs", type=int, default=0)
    parser.add_argument("-j", type=int, default=4)
    parser.add_argument("--keep", action="store_true", help="keep the server's folder")
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    shared = pathlib.Path(args.shared)
    names = args.files or sorted(pathlib.Path(f).stem for f in glob.glob(str(shared / "golden" / "*.json"))
                                 if "transcripts" not in f)
    names = [n for n in names if re.search(args.only, n)]
    runs = [(n, True) for n in names] + [(n, False) for n in names if n.startswith("patch-apply")]
    if not runs:
        sys.exit("no golden files: is the shared folder beside the project, or KNARR_SHARED set?")
    folder = kubectl_folder()
    if folder:
        os.environ["PATH"] = folder + os.pathsep + os.environ["PATH"]
    marks = json.loads(MARKS.read_text()) if MARKS.exists() else {}
    below, total_passed, total = [], 0, 0
    start = lambda: Server(args.knarr, ["--disable-agent", "--disable-scheduler",
                                        "--kube-controller-manager-arg", "controllers=" + CONTROLLERS])
    server = start()
    try:
        for name, ignore in runs:
            key = name if ignore else name + " with managedFields"
            passed, failed, text = replay(shared, server, str(shared / "golden" / (name + ".json")), ignore,
                                          args.j, args.diffs)
            if args.diffs:
                print(text)
            if not server.alive():
                print(f"{key}: the server died", flush=True)
                below.append(key)
                server.log.flush()
                sys.stderr.write(open(server.log.name).read()[-3000:])
                server.stop()
                server = start()
                continue
            share = passed / max(1, passed + failed)
            mark = marks.get(key, 0)
            note = ""
            if share + 1e-9 < mark:
                note = f"  BELOW the mark {mark:.1%}"
                below.append(key)
            print(f"{share:7.1%}  {passed:5d}/{passed + failed:<5d} {key}{note}", flush=True)
            if args.lift and share > mark:
                marks[key] = int(share * 1000) / 1000
            if ignore:
                total_passed, total = total_passed + passed, total + passed + failed
    finally:
        server.stop(args.keep)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{total_passed / max(1, total):7.1%}  {total_passed:5d}/{total:<5d} all")
    if args.lift:
        MARKS.write_text(json.dumps(dict(sorted(marks.items())), indent=1) + "\n")
    print(f"{len(runs) - len(below)} passed, {len(below)} failed")
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
