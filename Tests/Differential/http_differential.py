"""How RNodeHTTP, h11 and llhttp (by httptools) frame the same request streams.

    http_differential.py --binary HTTPFraming [--streams N] [--seed N] [--replay BLOCK:INDEX]

RNodeHTTP may refuse more than the others, for a reason in OURS. It must never accept what both refuse, and never frame
otherwise: the same requests, the same bodies, the same places where the next request begins. Where it accepts what one
of them refuses, the reason is in THEIRS. A difference without a name in these tables fails the run.
"""

import argparse
import collections
import multiprocessing
import re
import resource
import struct
import subprocess
import sys
import time

import h11
import httptools

import http_streams
from http_classes import OURS, THEIRS

BLOCK = 1000


class Result:
    """What a parser made of a stream: requests as (method, target, end, body), and an outcome."""

    def __init__(self):
        self.requests = []
        # more, closed, upgrade, or an error's text behind `failed:`.
        self.outcome = "more"

    @property
    def failed(self):
        return self.outcome.startswith("failed:")

    def __repr__(self):
        return f"{self.requests} {self.outcome}"


# MARK: - The three


def ours(binary, streams):
    data = b"".join(struct.pack("<I", len(stream)) + stream for stream in streams)
    lines = subprocess.run([binary], input=data, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    if len(lines) != len(streams):
        raise RuntimeError(f"{len(lines)} lines for {len(streams)} streams")
    return [our_result(line) for line in lines]


def our_result(line):
    result = Result()
    if line.startswith("split "):
        result.outcome = line
        return result
    result.outcome, *requests = line.split("|")
    for request in requests:
        method, target, end, body = request.split(",")
        result.requests.append((method.encode(), bytes.fromhex(target), int(end), bytes.fromhex(body)))
    return result


def with_h11(stream):
    result = Result()
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(stream)
    head, body = None, []
    try:
        while True:
            event = connection.next_event()
            if type(event) is h11.Request:
                head, body = event, []
            elif type(event) is h11.Data:
                body.append(bytes(event.data))
            elif type(event) is h11.EndOfMessage:
                end = len(stream) - len(connection.trailing_data[0])
                result.requests.append((head.method, head.target, end, b"".join(body)))
                # 400, so that no CONNECT and no upgrade is granted.
                connection.send(h11.Response(status_code=400, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    result.outcome = "closed"
                    return result
                connection.start_next_cycle()
            elif event is h11.NEED_DATA:
                return result
            else:
                result.outcome = "closed"
                return result
    except h11.RemoteProtocolError as error:
        result.outcome = f"failed:{error}"
        return result


class LLHTTP:
    """llhttp over a stream that is cut before and behind each of `ends`: so it is seen whether a request ends there."""

    def __init__(self, stream, ends):
        self.result = Result()
        self.stream = stream
        self.url, self.body = b"", b""
        # Where the request that is read begins, and the piece that is being fed.
        self.begin = 0
        self.piece = (0, 0)
        self.is_over = False
        self.parser = httptools.HttpRequestParser(self)
        cuts = sorted({place for end in ends for place in (end - 1, end) if 0 < place < len(stream)})
        start = 0
        for cut in cuts + [len(stream)]:
            self._feed(start, cut)
            start = cut

    def _feed(self, start, end):
        while start < end and not self.is_over:
            self.piece = (start, end)
            try:
                self.parser.feed_data(self.stream[start:end])
                return
            except httptools.HttpParserUpgrade as upgrade:
                start += upgrade.args[0]
                self._decline(start)
            except httptools.HttpParserError as error:
                if not self.is_over:
                    self.result.outcome = f"failed:{error}"
                    self.is_over = True

    def _decline(self, end):
        """Goes on behind a head that asks for an upgrade, as a server that ignores it: llhttp stops there and leaves the
        decision to its user. The head is parsed again with the field's name changed."""
        method, target, begin, _, body = self.last
        self.parser = httptools.HttpRequestParser(self)
        if method == b"CONNECT":
            self.result.requests[-1] = (method, target, end, body)
            self.begin = end
            return
        self.result.requests.pop()
        self.is_over, self.result.outcome = False, "more"
        self.begin = begin
        self.piece = (end - 1, end)
        try:
            self.parser.feed_data(re.sub(rb"(?i)(?<=\n)upgrade(?=:)", b"Xpgrade", self.stream[begin:end]))
        except httptools.HttpParserError as error:
            self.result.outcome = f"failed:{error}"
            self.is_over = True

    def on_message_begin(self):
        self.url, self.body = b"", b""

    def on_url(self, url):
        self.url += url

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        if self.is_over:
            return
        start, end = self.piece
        method = self.parser.get_method()
        # Exactly there when the piece is one byte; else somewhere where nobody else ends.
        self.result.requests.append((method, self.url, end if end == start + 1 else None, self.body))
        self.last = (method, self.url, self.begin, end, self.body)
        self.begin = end
        if not self.parser.should_keep_alive() and not self.parser.should_upgrade():
            self.result.outcome = "closed"
            self.is_over = True


# MARK: - Comparing


def named(table, stream, text):
    """The name of the first class of a table whose text and stream fit; None when none does."""
    for name, (wording, pattern, _) in table.items():
        if wording in text and (pattern is None or re.search(pattern, stream)):
            return name
    return None


def compare(stream, mine, peers):
    """The differences of one stream: classes to be counted, and what is wrong."""
    classes, wrong = [], []
    if mine.outcome.startswith("split"):
        return classes, ["whole and byte by byte differ"]
    for index, request in enumerate(mine.requests):
        for name, peer in peers.items():
            if index < len(peer.requests):
                if request != peer.requests[index]:
                    wrong.append(f"a request is framed otherwise by {name}")
            elif peer.outcome == "more":
                wrong.append(f"{name} waits where a request is complete")
            else:
                # Counted once, where the other ends.
                label = named(THEIRS[name], stream, peer.outcome)
                if len(peer.requests) == index:
                    classes.append(f"{name} ends, we go on: {label}")
                    if label is None:
                        wrong.append(f"{name} ends before a request: {peer.outcome}")
        if all(peer.failed and len(peer.requests) <= index for peer in peers.values()):
            # Two constructs in one stream, each taken by us and by one of the others: a name of THEIRS is one peer's, so each
            # refusal that has one is for a reason of its own, and one without has failed above.
            classes.append("each of the others refuses another part of the stream")
        if wrong:
            return classes, wrong
    return classes + after(stream, mine, peers, wrong), wrong


def after(stream, mine, peers, wrong):
    """What the others make of the stream behind the requests that we accept."""
    classes = []
    count = len(mine.requests)
    if mine.outcome in ("closed", "upgrade"):
        return classes
    accepting = [name for name, peer in peers.items() if len(peer.requests) > count]
    if mine.failed:
        if accepting:
            label = named(OURS, stream, mine.outcome)
            classes.append(f"we refuse, {' and '.join(accepting)} accept: {label}")
            if label is None:
                wrong.append(f"no name for {mine.outcome}")
        return classes
    for name in accepting:
        wrong.append(f"{name} completes a request for which we wait")
    if all(peer.failed and len(peer.requests) <= count for peer in peers.values()):
        classes.append("both refuse what we have not seen the end of")
    return classes


# MARK: - Running


def block(arguments):
    binary, seed, number, count = arguments
    source = http_streams.Streams(f"{seed}:{number}")
    streams = [source.next() for _ in range(count)]
    counts = collections.Counter()
    failures = []
    for index, (stream, mine) in enumerate(zip(streams, ours(binary, streams))):
        one = with_h11(stream)
        ends = [request[2] for request in mine.requests + one.requests]
        peers = {"h11": one, "llhttp": LLHTTP(stream, ends).result}
        classes, wrong = compare(stream, mine, peers)
        counts["requests framed alike"] += len(mine.requests)
        counts["streams refused by us"] += mine.failed
        counts["streams refused by h11"] += peers["h11"].failed
        counts["streams refused by llhttp"] += peers["llhttp"].failed
        counts.update(set(classes))
        if wrong:
            failures.append((number, index, stream, wrong, mine, peers))
    return count, counts, failures


def show(failure):
    number, index, stream, wrong, mine, peers = failure
    print(f"\n--replay {number}:{index}\n  {stream!r}")
    for line in wrong:
        print(f"  wrong: {line}")
    print(f"  ours: {mine}")
    for name, peer in peers.items():
        print(f"  {name}: {peer}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--streams", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay")
    options = parser.parse_args()
    if options.replay:
        number, index = map(int, options.replay.split(":"))
        source = http_streams.Streams(f"{options.seed}:{number}")
        stream = [source.next() for _ in range(index + 1)][-1]
        mine, one = ours(options.binary, [stream])[0], with_h11(stream)
        ends = [request[2] for request in mine.requests + one.requests]
        peers = {"h11": one, "llhttp": LLHTTP(stream, ends).result}
        show((number, index, stream, compare(stream, mine, peers)[1], mine, peers))
        return
    blocks = [
        (options.binary, options.seed, number, min(BLOCK, options.streams - number * BLOCK))
        for number in range((options.streams + BLOCK - 1) // BLOCK)
    ]
    begin = time.monotonic()
    total, counts, failures = 0, collections.Counter(), []
    with multiprocessing.Pool() as pool:
        for count, some, wrong in pool.imap_unordered(block, blocks):
            total += count
            counts.update(some)
            failures += wrong
        pool.close()
        pool.join()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    for failure in failures[:10]:
        show(failure)
    reasons = collections.Counter(re.sub(r"request \d+", "a request", failure[3][0]) for failure in failures)
    for reason, count in reasons.most_common():
        print(f"{count:9}  unexplained: {reason}")
    print()
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        print(f"{count:9}  {name}")
    print(
        f"differential http: {total} streams with seed {options.seed}, {len(failures)} unexplained,"
        f" {time.monotonic() - begin:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s of processor time"
    )
    sys.exit(1 if failures or total < options.streams else 0)


if __name__ == "__main__":
    main()
