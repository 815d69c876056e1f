"""The report of a prediction study: one file, the answer first."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from biomarkers.files import write_text
from biomarkers.predict import Cohort, Comparison, Rule
from biomarkers.predict.cohort_facts import CohortFacts
from biomarkers.report.figure_files import FOLDER, Extent, FigureFolder
from biomarkers.report.prediction import prediction_makers
from biomarkers.report.prediction.provenance import files_of
from biomarkers.report.prediction.view import (
    Elsewhere,
    Judgement,
    PredictionPage,
    PredictionView,
    check_one_study,
    facts_of,
    title_of,
)


class PredictionReport:
    """The report of what a recipe is worth.

    Parameters
    ----------
    seen
        From `predict.evaluate`.
    cohort
        That was judged, or what was kept of it; it tells what the cases are like.
    rule
        From `predict.fit`, of the same recipe; it tells the model card and the versions.
    external
        From `predict.validate`.
    comparison
        From `predict.compare`.
    inputs
        Files of the study: `role, file, sha256`.
    title
        Heading of the page; by default that of the outcome.

    Raises
    ------
    InputError
        If one of them is of another cohort or recipe than the judgement.

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> from biomarkers.report import PredictionReport
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
    >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
    >>> report = PredictionReport(seen, cohort=cohort)
    >>> report.save("report.html", figures="none").name
    'report.html'

    """

    def __init__(
        self, seen: Judgement, *, cohort: Cohort | CohortFacts | None = None,
        rule: Rule | None = None, external: Elsewhere | None = None,
        comparison: Comparison | None = None, inputs: Sequence[Mapping[str, str]] = (),
        title: str | None = None,
    ) -> None:  # fmt: skip
        self.view = PredictionView(seen, cohort, rule, external, comparison, inputs)
        check_one_study(self.view)
        self.title = title or title_of(self.view)

    def save(self, path: Path | str, *, figures: Extent = "shown") -> Path:
        """Write the report as one HTML file, and beside it `figures/`.

        The same study gives the same bytes. Nothing is computed here. The study's tables
        and its rule are linked where they lie beside the page.

        Parameters
        ----------
        path
            The file to write.
        figures
            Whether figures become files (`shown`, `all`) or not (`none`).

        Returns
        -------
        Path
            The file.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> from biomarkers.report import PredictionReport
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
        >>> path = PredictionReport(seen).save("report.html", figures="none")
        >>> "95 % intervals" in path.read_text()
        True

        """
        path = Path(path)
        folder = FigureFolder(path.parent / FOLDER, extent=figures)
        linked = [name for name in files_of(self.view) if (path.parent / name).is_file()]
        page = self.build(path.parent, folder, linked)
        text = page.as_html(title=self.title, description=self.view.seen.headline, facts=self.facts)
        folder.finish()
        return write_text(path, text)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What stands under the title: names and words."""
        return facts_of(self.view)

    def build(
        self, folder: Path, figures: FigureFolder, linked: Collection[str] = ()
    ) -> PredictionPage:
        """Return the page with its sections, to lie in `folder`; `figures` draws its figures.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers import predict, sample_data
        >>> from biomarkers.report import PredictionReport
        >>> from biomarkers.report.figure_files import FigureFolder
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
        >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
        >>> report = PredictionReport(seen)
        >>> page = report.build(Path(), FigureFolder(Path("figures"), extent="none"))
        >>> page.sections[0].title
        'Main result'

        """
        page = PredictionPage(view=self.view, folder=folder, figures=figures, linked=linked)
        return page.fill(prediction_makers())


def write_prediction_report(
    seen: Judgement, path: Path | str, *, cohort: Cohort | None = None,
    rule: Rule | None = None, external: Elsewhere | None = None,
    comparison: Comparison | None = None, title: str | None = None, figures: Extent = "shown",
) -> Path:  # fmt: skip
    """Write what a recipe is worth as one HTML file that needs nothing else to be read.

    Short for ``PredictionReport(seen, …).save(path, figures=figures)``.

    Parameters
    ----------
    seen
        From `predict.evaluate`.
    path
        The file to write.
    cohort, rule, external, comparison, title
        As for `PredictionReport`.
    figures
        As for `PredictionReport.save`.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If one of them is of another cohort or recipe than the judgement.

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> from biomarkers.report import write_prediction_report
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
    >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
    >>> path = write_prediction_report(seen, "report.html", cohort=cohort, figures="none")
    >>> "Prediction of responder" in path.read_text()
    True

    """
    report = PredictionReport(
        seen, cohort=cohort, rule=rule, external=external, comparison=comparison, title=title
    )
    return report.save(path, figures=figures)
