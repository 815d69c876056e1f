"""What people call the columns of a table, in the languages that laboratories write."""

import difflib
import re
import unicodedata
from collections.abc import Collection

# Words that say "number" or "name" beside the noun: Rat ID, n° animal, Patienten-Nr.
_ID_WORDS = {
    *("id", "ids", "no", "nr", "n", "num", "number", "numero", "nummer"),
    *("code", "identifier", "identifiant", "kennung", "label"),
}

# A column is in a role if the words of its name, those above aside, are one of these.
_NOUNS = {
    "subject": "subject subjects sujet sujets participant participants probande proband sujeto "
    "soggetto animal animals animaux animale tier tiere versuchstier rat rats ratte ratten rata "
    "ratto mouse mice souris maus mause raton topo patient patients patiente patientin paciente "
    "paziente case cas",
    "day": "day days jour jours tag tage dia dias giorno giorni timepoint visit visite|time point|"
    "study day|day of study|studientag|jour etude|jour d etude|point de temps|zeitpunkt",
    "week": "week weeks semaine semaines woche wochen semana settimana",
    "group": "group groups groupe groupes gruppe gruppen grupo gruppo arm bras cohort cohorte "
    "kohorte trt tx|treatment group|groupe de traitement|behandlungsgruppe|treatment arm|treatment|"
    "traitement|behandlung",
    "region": "region regions roi rois voi vois structure zone tissue tissu gewebe regione|"
    "region of interest|region d interet|volume of interest",
    "lesion": "lesion lesions lesione lasion lasionen tumor tumors tumour tumours tumeur tumeurs "
    "tumore tumoren nodule nodules nodul knoten polyp polyps polype polypes metastasis metastase "
    "metastases herd|target lesion|lesion cible|zielläsion",
    "biomarker": "biomarker biomarkers biomarqueur biomarqueurs marker marqueur parameter "
    "parametre parametro variable metric messgrosse",
    "value": "value values valeur valeurs wert werte valor valore messwert",
    "unit": "unit units unite unites einheit einheiten unidad unita",
    "se": "se sem|standard error|erreur standard|standardfehler",
    "session": "session seance sitzung sesion",
    "reader": "reader readers lecteur rater observer observateur operator operateur auswerter "
    "leser beobachter",
    "replicate": "replicate replicates replicat repeat repetition replica wiederholung slice coupe "
    "schicht",
    "remark": "remark remarks remarque remarques comment comments commentaire commentaires note "
    "notes bemerkung bemerkungen kommentar kommentare anmerkung anmerkungen observation "
    "observations observaciones notiz notizen",
}  # fmt: skip
_DATE = {"date", "dates", "datum", "fecha", "data", "scandate"}
_START = {
    *("baseline", "inclusion", "start", "debut", "beginn", "beginning", "reference", "base"),
    *("j0", "d0", "t0", "day0", "implantation"),
}
# Dates of these are of no visit.
_OTHER_DATE = {
    *("birth", "naissance", "geburt", "geburts", "dob", "death", "deces", "mort", "tod"),
    *("sacrifice", "euthanasia", "euthanasie", "surgery", "chirurgie", "op", "end", "fin", "ende"),
}


def plain_name(name: str) -> str:
    """Return a name in lower case without accents and punctuation, words apart.

    Examples
    --------
    >>> from biomarkers.table.names import plain_name
    >>> plain_name("Répondeur"), plain_name("RatID"), plain_name("N° d'animal")
    ('repondeur', 'rat id', 'n d animal')

    """
    parted = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z][A-Za-z]*\b)", " ", name)
    spread = unicodedata.normalize("NFKD", parted.casefold().replace("°", " "))
    bare = "".join(each for each in spread if not unicodedata.combining(each))
    return " ".join(re.findall(r"[^\W_]+", bare))


def _spelled(words: str) -> frozenset[str]:
    """Split a list of words; one that holds phrases has bars between them."""
    first, *phrases = words.split("|")
    return frozenset(plain_name(each) for each in (*first.split(), *phrases))


_ROLES = {role: _spelled(words) for role, words in _NOUNS.items()}
ROLES = (*_ROLES, "date", "baseline_date", "n", "qc", "reason")


def role_of(name: str) -> str:
    """Return what a column is for by its name, empty text if the name does not say.

    Examples
    --------
    >>> from biomarkers.table.names import role_of
    >>> role_of("Souris n°"), role_of("Jour"), role_of("Date IRM"), role_of("Ktrans (1/min)")
    ('subject', 'day', 'date', '')

    """
    words = plain_name(re.sub(r"[\[(].*?[\])]", "", name)).split()
    kept = [word for word in words if word not in _ID_WORDS]
    if _DATE & set(words) and not _OTHER_DATE & set(words) and len(words) <= 4:
        return "baseline_date" if _START & set(words) else "date"
    for said in (" ".join(words), " ".join(kept)):
        for role, nouns in _ROLES.items():
            if said in nouns:
                return role
    return "subject" if words and not kept and words[0].startswith("id") else ""


def likely_column(role: str, columns: Collection[str]) -> str:
    """Return the column whose name is a slip away from a usual one; empty text if none is."""
    for name in columns:
        bare = " ".join(word for word in plain_name(name).split() if word not in _ID_WORDS)
        if difflib.get_close_matches(bare, _ROLES[role], n=1, cutoff=0.8):
            return name
    return ""


def find_column(wanted: str, columns: Collection[str]) -> str | None:
    """Return the column of a name, spelled alike or, if that is one only, but for case, accents."""
    if wanted in columns:
        return wanted
    alike = [name for name in columns if plain_name(name) == plain_name(wanted)]
    return alike[0] if len(alike) == 1 else None


def did_you_mean(wanted: str, known: Collection[str]) -> str:
    """Return what to add to a message that `wanted` is not known."""
    names = {plain_name(name): name for name in known}
    close = difflib.get_close_matches(plain_name(wanted), names, n=1)
    return f"; did you mean {names[close[0]]!r}?" if close else ""
