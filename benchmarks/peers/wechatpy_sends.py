"""The named peer of sending: wechatpy's client in threads, with a token that is given."""

from __future__ import annotations

import itertools
import threading
import time
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient


class Redirected(HTTPAdapter):
    """Sends what is meant for the platform to the local API."""

    def __init__(self, base: str, threads: int) -> None:
        self.base = urlsplit(base)
        super().__init__(pool_connections=2, pool_maxsize=threads, pool_block=True)

    def send(self, request, **options):  # type: ignore[no-untyped-def]
        url = urlsplit(request.url)
        request.url = urlunsplit((self.base.scheme, self.base.netloc, url.path, url.query, ""))
        return super().send(request, **options)


class Client(WeChatClient):
    @property
    def access_token(self) -> str:
        return "a-token-that-is-given"


def send(base: str, count: int, threads: int) -> tuple[float, float]:
    """(seconds, CPU seconds) for `count` texts from `threads` threads."""
    client = Client("wxdevelopment0000", "secret", auto_retry=False)
    client._http.mount("https://", Redirected(base, threads))
    client._http.trust_env = False
    numbers = itertools.count()

    def work() -> None:
        while next(numbers) < count:
            client.message.send_text("o-bench", "【鸿雁咖啡】送您一张券 https://e.example/t/abc")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    wall, cpu = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - wall, time.process_time() - cpu
