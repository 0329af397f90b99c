"""What the account of a relay is held against: the vault's items, the copies that
arrived, what each client was told, and Postfix's own log. Message by message;
no sum can hide one message behind another."""
import collections
import hashlib
import re
import sqlite3

# Replies after which the message may be queued all the same: the connection broke
# off, cleanup died at its work, or the next server's word did not come.
UNCLEAR = re.compile(r"queue file write error|did not say whether it has it")


def item_id(sender, recipient, data):
    """As gateway/mail/message.c derives it."""
    digest = hashlib.sha256(b"sekisho-mail-1\0")
    digest.update(sender.encode() + b"\0" + recipient.encode() + b"\0" + data)
    return digest.hexdigest()[:32]


def unclear(replies):
    """How many replies leave it open whether the message was taken."""
    return sum(code == 0 or bool(code != 250 and UNCLEAR.search(text))
               for code, text in replies)


class Copy:
    """One message as it lies at the store."""

    def __init__(self, raw):
        recipients = re.findall(rb"X-Rcpt-Args: <(?:u(\d+)@)?", raw)
        self.number = int(recipients[0]) if recipients and recipients[0] else None
        found = re.findall(rb"^X-Sekisho-Result: [^\r\n]*?id=([0-9a-f]{32})", raw,
                           re.MULTILINE)
        self.item = found[0].decode() if len(found) == 1 else f"{len(found)} results"
        self.queues = {host.decode(): identity.decode() for host, identity in re.findall(
            rb"\tby (\w+)\.example\.jp \(Postfix[^)]*\) with \w+ id (\w+)", raw)}


class Vault:
    """The items of a gateway: top ones {id: state}, held parts {parent: [state]}."""

    def __init__(self, gateway):
        base = sqlite3.connect(f"file:{gateway.state}/vault.db?mode=ro", uri=True)
        self.items = {}
        self.parts = collections.defaultdict(list)
        for identity, state, parent in base.execute(
                "SELECT id, state, parent FROM item LEFT JOIN lineage"
                " ON lineage.item = item.number WHERE channel = 'mail'"):
            if parent is None:
                self.items[identity] = state
            else:
                self.parts[parent].append(state)
        self.without_original = [row[0] for row in base.execute(
            "SELECT id FROM item WHERE state = 'held' AND NOT EXISTS (SELECT 1 FROM blob"
            " WHERE blob.item = item.number AND wrapped_key IS NOT NULL)")]
        base.close()


def queueings(log, queue):
    """How many times this queue id may have gone out: once for each queue manager
    that had it, and once for each reply of the next hop that did not come."""
    managers = set(re.findall(rf"qmgr\[(\d+)\]: {queue}: .*queue active", log))
    open_ends = [line for line in re.findall(rf"/\w+\[\d+\]: {queue}: to=.*", log)
                 if "status=deferred" in line
                 and re.search(r"lost connection|timed out|queue file write error", line)]
    return len(managers) + len(open_ends)


def doubled(copies, replies, instances):
    """Where a message went on more often than a death on the way explains: a copy's
    path is its queue id in each instance, and each step has its own account."""
    logs = [instance.log() for instance in instances]
    ways = collections.defaultdict(set)
    for serial, copy in enumerate(copies):
        if copy.number is None:
            continue
        path = (copy.number, *(copy.queues.get(one.kind) for one in instances), serial)
        for step in range(1, len(path)):
            ways[path[:step]].add(path[step])
    return [(path, sorted(map(str, onward))) for path, onward in ways.items()
            if len(onward) > 1 and len(onward) > (
                1 + unclear(replies[path[0]]) if len(path) == 1
                else queueings(logs[len(path) - 2], path[-1]))]
