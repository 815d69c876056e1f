"""A server and its sites, that train together without moving data."""

import argparse
from pathlib import Path

from biomarkers.cli.options import add_volume, progress_of

HELP = "train with other sites; data stay where they are"
EPILOG = """\
SITE.toml:                               SERVER.toml:
  [site]                                   [server]
  name = "A"                               engine = "flower"
  engine = "flower"                        address = "0.0.0.0:9092"
  address = "server.example:9092"          certificate = "server.pem"
  key = "A"          # private             key = "server.key"
  ca = "ca.pem"                            terms = "terms.json"   # of a site, --terms
  features = "features.csv"                out = "federated"
  participants = "participants.csv"        [server.sites]         # who may take part
  log = "left.jsonl"                       A = "A.pub"            # public keys
  [predict]          # as of biomarkers    B = "B.pub"
  outcome = "response"     predict
                                           [predict]              # both as at the sites
  [rounds]           # clip, noise: what   [rounds]
  rounds = 20        # protects updates    rounds = 20
  clip = 0.2                               clip = 0.2
  noise = 1.0                              noise = 1.0
  aggregate = "trimmed"                    aggregate = "trimmed"  # average prox median trimmed
In order: a site writes the terms for the server (site --terms) and looks at what would leave (site
--dry-run); then the server is started, then the sites. Units: noise in multiples of clip, the
largest norm of an update; wait (600), s that others may take to come and to answer.
engine = "nvflare": instead of address, keys and certificates, kit = "FOLDER" (a start-up kit); at
the server also admin = "FOLDER", and sites = ["A", "B"].
A network: [network] kind = "SpectrumCNN" (or "SliceSequence"), array = "mrs", everywhere; at a site
arrays = "arrays.npz", which federated.write_arrays makes.
ssh-keygen -t ecdsa -b 384 -N '' -f A makes a pair of keys; without certificates, only 127.0.0.1.
encrypted = true under [rounds]: the server adds updates that it cannot read (average, prox). `key
--out FILE` makes the key; encryption = "FILE" under [site] names it. The server must not have it.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "role",
        choices=("site", "server", "key"),
        help="what this machine is; key: make what sites encrypt with",
    )
    parser.add_argument("--config", metavar="FILE", help="TOML, as below")
    parser.add_argument("--out", metavar="FILE", help="key: the file, for the sites alone")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="site: print all that would leave; send nothing",
    )
    parser.add_argument(
        "--terms",
        metavar="FILE",
        help="site: write what the server has to know beforehand (names, no data); send nothing",
    )
    add_volume(parser)


def run(options: argparse.Namespace) -> bool:
    """Take part, or serve."""
    if options.role != "site" and (options.dry_run or options.terms):
        options.parser.error("--dry-run and --terms are of a site")
    needed, other = ("out", "config") if options.role == "key" else ("config", "out")
    if getattr(options, needed) is None or getattr(options, other) is not None:
        options.parser.error(f"{options.role} needs --{needed}, and takes no --{other}")
    if options.role == "key":
        _make_key(options)
    elif options.role == "server":
        _serve(options)
    elif options.terms:
        _write_terms(options)
    elif options.dry_run:
        _show(options)
    else:
        return _take_part(options)
    return True


def _make_key(options: argparse.Namespace) -> None:
    from biomarkers.federated.encryption import write_key  # noqa: PLC0415

    print(f"Key       {write_key(options.out)}, for every site; the server must not have it")


def _serve(options: argparse.Namespace) -> None:
    from biomarkers.federated.configured import serve  # noqa: PLC0415

    with progress_of(options) as progress:
        given, done = serve(options.config, watcher=progress)
    print(f"Results   {given.out}")
    print(f"Rule      {Path(given.out) / 'rule'}")
    if not options.quiet:
        for note in done.notes:
            print(f"Note      {note}")
    print()
    print(done.headline)


def _write_terms(options: argparse.Namespace) -> None:
    from biomarkers.federated.configured import write_terms  # noqa: PLC0415

    print(f"Terms     {write_terms(options.config, options.terms)}")


def _show(options: argparse.Namespace) -> None:
    """Print every number of every reply."""
    from biomarkers.federated.configured import what_would_leave  # noqa: PLC0415
    from biomarkers.federated.encryption import is_encrypted  # noqa: PLC0415

    left = what_would_leave(options.config)
    for row in left.to_dict("records"):
        told = " ".join(map(repr, row["values"]))
        if is_encrypted(row["name"]):
            told = f"encrypted, {row['shape'][0]} bytes"
        print(f"Would     {row['message']} {row['asked']}: {row['name']} {row['shape']}  {told}")
    count = sum(map(len, left["values"]))
    print(f"Dry run   {left['message'].max()} replies, {count} numbers; nothing was sent")


def _take_part(options: argparse.Namespace) -> bool:
    """Answer until all is done; return whether every message was answered."""
    from biomarkers.federated.configured import take_part  # noqa: PLC0415

    with progress_of(options) as progress:
        given, sent = take_part(options.config, watcher=progress)
    print(f"Done      {sent.replies} replies, {sent.bytes:,} bytes; what left is in {given.log}")
    if sent.failures:
        print(f"Failed    {sent.failures} messages had no answer; {given.log} says why")
    return sent.failures == 0
