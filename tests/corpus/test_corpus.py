"""Corrupted files: what `benchmarks.corpus` makes must end as it says, without a traceback."""

from benchmarks import corpus, fuzz_readers


def said(endings):
    return [f"{each.area}, {each.name}: {each.status}, {each.message[-300:]}" for each in endings]


def test_every_reader_refuses_damaged_files_and_says_why() -> None:
    endings = list(corpus.readings())
    assert len(endings) > 350 and sum(each.expected == 0 for each in endings) > 15
    assert not said(each for each in endings if not each.sound)
    assert not said(each for each in endings if each.status == 2 and len(each.message) < 20)


def test_every_reader_takes_its_sound_files(tmp_path) -> None:
    for area, reader in fuzz_readers.READERS.items():
        for other, content in reader.beside.items():
            (tmp_path / other).write_bytes(content)
        (tmp_path / reader.file).write_bytes(fuzz_readers.sound_file(area))
        assert reader.read(tmp_path / reader.file) is not None


def test_commands_refuse_damaged_input_and_leave_earlier_outputs(tmp_path) -> None:
    endings = list(corpus.commands(tmp_path))
    assert len(endings) > 120
    assert not said(each for each in endings if not each.sound)
