"""The names of __init__.py as a type checker sees them; there they are loaded when they are asked for."""

from dlcore import attribution as attribution
from dlcore import backprop as backprop
from dlcore import convolution as convolution
from dlcore import data as data
from dlcore import evaluation as evaluation
from dlcore import experiments as experiments
from dlcore import figures as figures
from dlcore import gradcam as gradcam
from dlcore import heatmaps as heatmaps
from dlcore import metrics as metrics
from dlcore import models as models
from dlcore import network as network
from dlcore import neuron as neuron
from dlcore import notebook as notebook
from dlcore import optimizers as optimizers
from dlcore import runs as runs
from dlcore import training as training
from dlcore import vocabulary as vocabulary
from dlcore.arguments import BadInput as BadInput
from dlcore.data import ImageSet as ImageSet
from dlcore.data import Split as Split
from dlcore.data import load as load
from dlcore.data import split as split
from dlcore.data import table as table
from dlcore.evaluation.calibration import calibration as calibration
from dlcore.evaluation.thresholds import roc as roc
from dlcore.gradcam import heatmap as heatmap
from dlcore.notebook.comparing import compare as compare
from dlcore.notebook.comparing import cross_validate as cross_validate
from dlcore.notebook.drawing import draw as draw
from dlcore.notebook.drawing import draw_maps as draw_maps
from dlcore.notebook.explainer import Explainer as Explainer
from dlcore.notebook.leaking import leaks as leaks
from dlcore.optimizers import RULES as RULES
from dlcore.optimizers import SURFACES as SURFACES
from dlcore.optimizers import Surface as Surface
from dlcore.optimizers import race as race
from dlcore.optimizers.regression import LogisticLoss as LogisticLoss
from dlcore.runs import Recipe as Recipe
from dlcore.runs import Run as Run
from dlcore.training import fit as fit

__version__: str
NAMES: dict[str, tuple[str, str]]
ROOMS: tuple[str, ...]
