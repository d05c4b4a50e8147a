"""Checks an exported audit log without imis_ai: needs this file and Python 3.8 or newer, nothing else.

    python verifier.py chain.jsonl --seals seals/ [--key-file audit_key]

Without the key it proves that this is the log that was sealed; with it, also that imis_ai wrote every entry.
It prints the first break and ends with 1, or says that the log is whole.
"""

import argparse, hashlib, hmac, json, pathlib, sys  # fmt: skip

FIELDS = ("seq", "at", "actor_id", "actor", "role", "action", "object_type", "object_id",
          "subject", "versions", "commitment", "prev")  # fmt: skip


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sign(key, what, **fields):
    return hmac.new(key, canonical({"what": what, **fields}).encode(), hashlib.sha256).hexdigest()


def entry_problem(entry, link, expected, prev, key):
    if entry["seq"] != expected:
        return f"entry {expected} is missing before it"
    if entry["prev"] != prev:
        return "it does not follow the entry before it"
    if key and entry["mac"] != sign(key, "entry", link=link):
        return "it was changed, or written without the key"
    if entry.get("detail") is not None:
        aside = f'{{"detail":{entry["detail"]},"imis_id":{canonical(entry["imis_id"])}}}'
        if entry["commitment"] != sha256(bytes.fromhex(entry["nonce"]) + aside.encode()):
            return "its detail was changed"
    return ""


def read_seals(folder):
    paths = sorted(pathlib.Path(folder).glob("*.json")) if folder else []
    return {seal["seq"]: seal for seal in (json.loads(path.read_text("utf-8")) for path in paths)}


def find_break(lines, seals, key):
    """Number of entries, how many came without their detail, the last link; or exits with the first break."""
    count, prev, bare, absent, removed = 0, "0" * 64, 0, set(), set()
    for entry in map(json.loads, lines):
        link = sha256(canonical({name: entry[name] for name in FIELDS}).encode())
        problem = entry_problem(entry, link, count + 1, prev, key)
        if (seal := seals.pop(count + 1, None)) and not problem:
            mac = key and sign(key, "seal", **{name: seal[name] for name in seal if name != "mac"})
            problem = (
                "" if seal["head"] == link and mac in (None, seal["mac"]) else "the seal does not fit it"
            )
        if problem:
            sys.exit(f"Broken at entry {entry['seq']}: {problem}.")
        bare += "detail" not in entry
        absent |= {entry["seq"]} if entry.get("detail", "") is None else set()
        if entry["action"] == "audit.details_removed":
            for first, last in json.loads(entry["detail"])["removed"]:
                removed.update(range(first, last + 1))
        count, prev = count + 1, link
    if seals:
        sys.exit(f"Broken at entry {min(seals)}: the log ends before it, but it was sealed.")
    if absent - removed:
        sys.exit(f"Broken at entry {min(absent - removed)}: its detail is gone and no entry says why.")
    return f"Whole: {count} entries, {bare} without their detail in this file. Last: {prev}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name in ("chain", "--seals", "--key-file"):
        parser.add_argument(name)
    given = parser.parse_args()
    secret = pathlib.Path(given.key_file).read_bytes() if given.key_file else None
    with open(given.chain, encoding="utf-8") as log:
        print(find_break(log, read_seals(given.seals), secret))
