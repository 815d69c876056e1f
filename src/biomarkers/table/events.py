"""Whether an event was seen, as people write it: 1, true, yes, dead; 0, false, no, alive."""

from collections.abc import Iterable

from biomarkers.table.names import plain_name

_SEEN = (
    "dead died death deceased event tot gestorben verstorben mort morte decede decedee muerto "
    "fallecido morto deceduto"
)
_UNSEEN = (
    "alive living censored lebt lebend lebendig zensiert vivant vivante censure censuree vivo "
    "censurado censurato"
)
_FATES = dict.fromkeys(_SEEN.split(), 1.0) | dict.fromkeys(_UNSEEN.split(), 0.0)
_FLAGS = (
    dict.fromkeys(["1", "1.0", "true", "yes", "ja", "oui", "si"], 1.0)
    | dict.fromkeys(["0", "0.0", "false", "no", "nein", "non"], 0.0)
    | _FATES
)


def event_flag(value: object) -> float | None:
    """Return 1 if a cell says that the event was seen, 0 if not; None if it says neither.

    Examples
    --------
    >>> from biomarkers.table.events import event_flag
    >>> event_flag("Dead"), event_flag("décédé"), event_flag(0.0), event_flag("maybe")
    (1.0, 1.0, 0.0, None)

    """
    text = str(value).strip().lower()
    return _FLAGS.get(text, _FLAGS.get(plain_name(text)))


def is_event_column(name: str, values: Iterable[object]) -> bool:
    """Tell whether a column says who had the event: by its words, or by its name and flags.

    Examples
    --------
    >>> from biomarkers.table.events import is_event_column
    >>> is_event_column("Status", ["dead", "alive"]), is_event_column("died", [1, 0])
    (True, True)
    >>> is_event_column("responder", [1, 0]), is_event_column("censored", [1, 0])
    (False, False)

    """
    words = {plain_name(str(value)) for value in values}
    named = any(_FATES.get(word) == 1 for word in plain_name(name).split())
    return bool(words) and (
        words <= _FATES.keys() or (named and all(event_flag(word) is not None for word in words))
    )
