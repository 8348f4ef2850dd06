"""Ports: which are free, and a clear sentence about the one that is not."""

from __future__ import annotations

import errno
import socket
from typing import Final

from cli.refusals import CannotStart
from domain.errors import Text

NEIGHBOURS: Final = 50
PORTS: Final = 1 << 16
BUSY: Final = frozenset({errno.EADDRINUSE, errno.EACCES})


def is_free(host: str, port: int) -> bool:
    """Tell whether we could listen on a port now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # What uvicorn does too: connections of an earlier start that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refused:
            if refused.errno in BUSY:
                return False
            raise CannotStart(
                Text(
                    zh=f"无法在地址 {host} 上监听：{refused.strerror}。请检查 YIBAO_HOST。",
                    en=f"Nothing can listen on {host}: {refused.strerror}. Look at YIBAO_HOST.",
                )
            ) from refused
    return True


def free_port_near(host: str, port: int) -> int:
    """Find a free port, as near above the wanted one as possible."""
    near = (number for number in range(port, min(port + NEIGHBOURS, PORTS)) if is_free(host, number))
    return next(near, 0) or _any_free_port(host)


def _any_free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


def refuse_busy(host: str, port: int) -> None:
    """Raise CannotStart with a port that would do, when this one is taken."""
    if not is_free(host, port):
        free = free_port_near(host, port + 1)
        raise CannotStart(
            Text(
                zh=f"端口 {port} 已被另一个程序占用。请换一个端口:make run PORT={free}",
                en=f"Port {port} is in use by another program. Choose another one: make run PORT={free}",
            )
        )
