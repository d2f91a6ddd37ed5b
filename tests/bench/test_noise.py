"""What others took of the machine: read from ``/proc``, told apart from what our own processes used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.noise import Meter, Noise, Process, Snapshot, family, machine_ticks, process_of, snapshot, taken_by_others

STAT = "cpu  700 20 100 5000 30 7 8 40 0 0\ncpu0 350 10 50 2500 15 3 4 20 0 0\n"


def process_line(pid: int, parent: int, *, name: str = "python", own: int = 0, children: int = 0) -> str:
    return f"{pid} ({name}) S {parent} 1 1 0 -1 4194560 100 0 0 0 {own} 0 {children} 0 20 0 1 0 5 100 10"


def write_proc(proc: Path, stat: str, *processes: str) -> None:
    proc.mkdir(exist_ok=True)
    (proc / "stat").write_text(stat)
    (proc / "meminfo").write_text("")
    for line in processes:
        folder = proc / line.split()[0]
        folder.mkdir(exist_ok=True)
        (folder / "stat").write_text(line)


def test_the_machines_ticks_are_work_and_steal() -> None:
    assert machine_ticks(STAT) == (820, 40)


@pytest.mark.parametrize("name", ["python", "a b", "tmux: server", "(sd-pam)", "x) S 1 ("])
def test_a_process_is_read_whatever_its_name(name: str) -> None:
    assert process_of(process_line(7, 3, name=name, own=11, children=5)) == Process(3, 16)


def test_a_family_is_a_process_and_its_descendants() -> None:
    processes = {1: Process(0, 0), 5: Process(1, 0), 6: Process(5, 0), 7: Process(6, 0), 8: Process(1, 0)}
    assert family(processes, 5) == {5, 6, 7}
    assert family(processes, 99) == set()


def test_what_neither_we_nor_the_kernel_used_was_taken_by_others() -> None:
    before = Snapshot(1000, 0, {2: Process(0, 10), 9: Process(2, 0), 50: Process(1, 100), 60: Process(1, 500)})
    after = Snapshot(
        1100, 0, {2: Process(0, 10), 9: Process(2, 5), 50: Process(1, 130), 51: Process(50, 20), 60: Process(1, 545)}
    )
    assert taken_by_others(before, after, 50) == 100 - 30 - 20 - 5


def test_a_child_that_ended_is_in_its_parents_time() -> None:
    before = Snapshot(1000, 0, {50: Process(1, 100), 51: Process(50, 40)})
    after = Snapshot(1060, 0, {50: Process(1, 200)})
    assert taken_by_others(before, after, 50) == 0


def test_noise_is_quiet_up_to_a_quarter_of_a_core() -> None:
    assert Noise(1.0, 0.2, 0.05, 0.0).quiet
    assert not Noise(1.0, 0.2, 0.06, 0.0).quiet
    assert Noise(1.0, None, None, 0.0).quiet


def test_a_snapshot_reads_every_process(tmp_path: Path) -> None:
    write_proc(tmp_path, STAT, process_line(7, 1, own=3), process_line(8, 7, own=4))
    found = snapshot(tmp_path)
    assert found == Snapshot(820, 40, {7: Process(1, 3), 8: Process(7, 4)})
    assert snapshot(tmp_path / "nothing") is None


def test_a_meter_tells_what_others_took_while_it_timed(tmp_path: Path) -> None:
    me, proc = os.getpid(), tmp_path
    write_proc(proc, "cpu 0 0 0 0 0 0 0 0\n", process_line(me, 1), process_line(90_000_000, 1))
    meter = Meter(proc)
    with meter.timing():
        write_proc(proc, "cpu 900 0 0 0 0 0 0 50\n", process_line(me, 1, own=300), process_line(90_000_000, 1, own=600))
    noise = meter.noise()
    assert noise.others is not None
    assert noise.steal is not None
    assert noise.others == pytest.approx(12 * noise.steal)
    assert not noise.quiet


def test_nobody_can_tell_without_proc(tmp_path: Path) -> None:
    meter = Meter(tmp_path / "nothing")
    with meter.timing():
        pass
    assert meter.noise().others is None
    assert meter.noise().quiet


def test_what_was_not_timed_has_no_noise() -> None:
    assert Meter().noise().others is None
