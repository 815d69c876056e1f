"""What is compiled ahead of time."""

from types import SimpleNamespace

from biomarkers.study.warm_up import warm_echoes, warm_kinetics, warm_relaxometry, warm_up_tasks


def test_only_what_will_run_is_compiled():
    mapped, dynamic = (SimpleNamespace(computed=kinds) for kinds in (("B1", "T1"), ("T1", "DCE")))
    assert warm_up_tasks([]) == []
    assert warm_up_tasks([mapped]) == [warm_relaxometry]
    assert warm_up_tasks([mapped, dynamic]) == [warm_kinetics, warm_relaxometry]
    assert warm_up_tasks([SimpleNamespace(computed=("CBV",))]) == [warm_echoes]


def test_the_tasks_run():
    warm_kinetics()
    warm_relaxometry()
    warm_echoes()
