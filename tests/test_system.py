"""Time, ids and the identity of a process, against the real machine."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast.model.instant import HOUR, MILLISECOND, SECOND
from holdfast.system import Identity, SystemClock, SystemEntropy, boot_of


def test_the_clock_is_the_hosts_until_it_follows_another() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time_ns() // 1000) < SECOND
    ticks = clock.ticks()
    moved = clock.follow(clock.now() + HOUR, ticks, ticks)
    assert abs(moved - HOUR) < SECOND
    assert abs(clock.now() - HOUR - time.time_ns() // 1000) < SECOND


def test_half_the_round_trip_is_taken_off() -> None:
    clock = SystemClock()
    clock.follow(1_000 * SECOND, clock.ticks() - 2 * SECOND, clock.ticks())
    assert abs(clock.now() - 1_001 * SECOND) < SECOND // 2


def test_ids_rise_whatever_the_time_does() -> None:
    entropy = SystemEntropy()
    now = 1_800_000_000 * SECOND
    times = [now] * 2_000 + [now - HOUR] * 100 + [now + MILLISECOND] * 2_000
    ids = [entropy.new_id(at) for at in times]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {uuid.UUID(made).version for made in ids} == {7}
    assert uuid.UUID(ids[0]).int >> 80 == now // MILLISECOND


def test_ids_of_several_threads_differ() -> None:
    entropy = SystemEntropy()
    start = threading.Barrier(4)

    def make(_: int) -> list[str]:
        start.wait()
        return [entropy.new_id(1_800_000_000 * SECOND) for _ in range(2_000)]

    with ThreadPoolExecutor(4) as pool:
        made = [list(ids) for ids in pool.map(make, range(4))]
    assert len({one for ids in made for one in ids}) == 8_000
    assert all(ids == sorted(ids) for ids in made)


def test_two_processes_make_different_ids_and_keys() -> None:
    one, other = SystemEntropy(), SystemEntropy()
    assert one.new_id(SECOND) != other.new_id(SECOND)
    keys = {one.new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) == 22 for key in keys)
    assert all(0 <= one.random() < 1 for _ in range(100))


def test_this_process_lives_and_a_later_one_of_its_pid_is_another() -> None:
    mine = Identity.mine()
    assert mine.pid == os.getpid()
    assert mine.lives()
    assert not replace(mine, boot="earlier:1").lives()


def test_a_process_that_ended_lives_no_more_not_even_as_a_zombie() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        boot = boot_of(child.pid)
        assert boot is not None
        identity = replace(Identity.mine(), pid=child.pid, boot=boot)
        assert identity.lives()
        child.kill()
        # Its end isn't collected yet: the number is still taken.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not identity.lives()
    assert boot_of(identity.pid) != boot
    assert not identity.lives()


def test_without_a_boot_mark_the_pid_has_to_do() -> None:
    assert replace(Identity.mine(), boot="unknown").lives()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pid = child.pid
    assert not replace(Identity.mine(), pid=pid, boot="unknown").lives()


def test_a_pid_of_another_namespace_is_on_another_host() -> None:
    """In a container on the host's network, with the host's name, pid 7 is somebody else."""
    look = "from holdfast.system import Identity; print(Identity.mine().host)"
    apart = ["unshare", "--map-root-user", "--fork", "--pid", "--mount-proc"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine makes no pid namespaces")
    asked = [subprocess.run([*how, sys.executable, "-c", look], capture_output=True, check=True) for how in ([], apart)]
    here, there = (done.stdout.decode().strip() for done in asked)
    assert here == Identity.mine().host
    assert there != here


def test_a_machine_without_an_id_or_a_network_card_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that Python makes up then is another in each process: two of one host wouldn't know each other."""
    monkeypatch.setattr("holdfast.system._MACHINE_IDS", ())
    monkeypatch.setattr("uuid.getnode", lambda: 0x9D050D3948DB)
    assert Identity.mine().host.split(":")[:2] == [socket.gethostname(), ""]


def test_a_host_without_pid_namespaces_is_known_by_its_name_and_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    named = Identity.mine().host

    def none(path: Path) -> Path:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "readlink", none)
    assert named.startswith(Identity.mine().host)
