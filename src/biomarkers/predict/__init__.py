"""From features of cases to a rule that foretells an outcome, and an honest judgement of it.

`evaluate` takes an unfitted `recipe` and a whole `Cohort`: all that is fitted or chosen is fitted
and chosen within training sets, and subjects are held out whole.
"""

from biomarkers.predict.by_plan import PredictPlan as PredictPlan
from biomarkers.predict.by_plan import predict_by_plan as predict_by_plan
from biomarkers.predict.by_plan import read_predict_plan as read_predict_plan
from biomarkers.predict.classes.evaluation import ClassEvaluation as ClassEvaluation
from biomarkers.predict.classes.external import ClassValidation as ClassValidation
from biomarkers.predict.cohort import Cohort as Cohort
from biomarkers.predict.comparison import Comparison as Comparison
from biomarkers.predict.comparison import compare as compare
from biomarkers.predict.evaluating import evaluate as evaluate
from biomarkers.predict.evaluation import Evaluation as Evaluation
from biomarkers.predict.external import ExternalValidation as ExternalValidation
from biomarkers.predict.external import validate as validate
from biomarkers.predict.models.cox import Cox as Cox
from biomarkers.predict.models.kernel import Svm as Svm
from biomarkers.predict.models.logistic import ElasticNet as ElasticNet
from biomarkers.predict.models.logistic import Logistic as Logistic
from biomarkers.predict.models.trees import Boosted as Boosted
from biomarkers.predict.models.trees import Forest as Forest
from biomarkers.predict.recipes import Recipe as Recipe
from biomarkers.predict.recipes import recipe as recipe
from biomarkers.predict.rule import Rule as Rule
from biomarkers.predict.rule import fit as fit
from biomarkers.predict.rule import load as load
from biomarkers.predict.settings import Validation as Validation
from biomarkers.predict.steps.filters import Lasso as Lasso
from biomarkers.predict.steps.filters import Uncorrelated as Uncorrelated
from biomarkers.predict.steps.filters import Univariate as Univariate
from biomarkers.predict.steps.harmonisation import Combat as Combat
from biomarkers.predict.steps.imputation import Impute as Impute
from biomarkers.predict.steps.stability import Stable as Stable
