#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays the recorded scenarios (what real controllers and a real scheduler did) against a knarr with
all loops and no agent, those within reach only, and compares the score with the mark.

  scenarios.py [--knarr FILE] [--shared DIR] [--raise] [--diffs N] [--only REGEX] [FILE...]
"""
import argparse, glob, json, os, pathlib, re, shutil, subprocess, sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import run as exchanges

# What the loops can do so far; a scenario that needs anything else is not played.
CAN = ("deployment-controller,replicaset-controller,job-controller,endpointslice-controller,"
       "endpoints-controller,garbage-collector-controller,namespace-controller,node-lifecycle-controller,"
       "serviceaccount-controller,clusterrole-aggregation-controller,scheduler,scheduler:NodeAffinity,"
       "scheduler:NodePorts,scheduler:SchedulingGates,admission:Priority")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--knarr", default=str(exchanges.PROJECT / "build" / "release" / "knarr"))
    parser.add_argument("--shared", default=os.environ.get("KNARR_SHARED", str(exchanges.PROJECT.parent / "shared")))
    parser.add_argument("--raise", dest="lift", action="store_true")
    parser.add_argument("--diffs", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("-j", type=int, default=12)
    parser.add_argument("files", nargs="*", help="names without .json; default all")
    args = parser.parse_args()
    shared = pathlib.Path(args.shared)
    names = args.files or sorted(pathlib.Path(f).stem for f in glob.glob(str(shared / "golden" / "scenarios" / "*.json")))
    folder = exchanges.kubectl_folder()
    if folder:
        os.environ["PATH"] = folder + os.pathsep + os.environ["PATH"]
    marks = json.loads(exchanges.MARKS.read_text()) if exchanges.MARKS.exists() else {}
    below, total, total_passed = 0, 0, 0
    for name in names:
        server = exchanges.Server(args.knarr, ["--disable-agent"])
        try:
            command = [sys.executable, str(shared / "golden" / "scenario.py"), "replay", "-j", str(args.j),
                       "--can", CAN, "--diffs", str(args.diffs), "--kubeconfig", server.kubeconfig]
            if args.only:
                command += ["--only", args.only]
            answer = subprocess.run(command + [str(shared / "golden" / "scenarios" / (name + ".json"))],
                                    capture_output=True, text=True)
            alive = server.alive()
            if not alive:
                server.log.flush()
                sys.stderr.write(open(server.log.name).read()[-3000:])
        finally:
            server.stop()
        if args.diffs:
            print(answer.stdout)
        found = exchanges.SCORE.findall(answer.stdout)
        passed, failed = map(int, found[-1]) if found else (0, 1)
        if not found:
            sys.stderr.write(answer.stderr[-3000:])
        key, share = "scenarios " + name, passed / max(1, passed + failed)
        note = "" if alive else "  THE SERVER DIED"
        if share + 1e-9 < marks.get(key, 0) or not alive:
            note += f"  BELOW the mark {marks.get(key, 0):.1%}"
            below += 1
        print(f"{share:7.1%}  {passed:5d}/{passed + failed:<5d} {key}{note}", flush=True)
        if args.lift and share > marks.get(key, 0):
            # Scenarios run against the clock: a mark leaves three hundredths of slack for a slow machine.
            marks[key] = int(max(0, share - 0.03) * 1000) / 1000
        total, total_passed = total + passed + failed, total_passed + passed
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{total_passed / max(1, total):7.1%}  {total_passed:5d}/{total:<5d} all scenarios within reach")
    if args.lift:
        exchanges.MARKS.write_text(json.dumps(dict(sorted(marks.items())), indent=1) + "\n")
    print(f"{len(names) - below} passed, {below} failed")
    sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
