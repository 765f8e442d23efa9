"""What the stepper's page writes: the four gradients in LaTeX with live numbers, the script, the table."""

from collections.abc import Mapping
from dataclasses import asdict

from dlcore.backprop import Gradients, Pass
from dlcore.figures import palette
from dlcore.neuron import d_sigmoid
from dlcore.number_text import digits_apart, latex, latex_factor
from ui.backprop.stepper import Setting

SYMBOL = {"w1": "w_1", "b1": "b_1", "w2": "w_2", "b2": "b_2"}


def partial(symbol: str) -> str:
    """∂L/∂symbol."""
    return rf"\frac{{\partial L}}{{\partial {symbol}}}"


def coloured(text: str, colour: str = palette.ACCENT) -> str:
    return rf"\textcolor{{{colour}}}{{{text}}}"


def gradients_with_numbers(setting: Setting, values: Pass, gradients: Gradients) -> str:
    """The text's four closed forms, each with its current numbers; the error signal in its colour."""
    y_hat = float(values.y_hat)
    error, number = r"(\hat y - y)", rf"({latex(y_hat, digits_apart(y_hat))} - {latex(setting.y)})"
    if setting.loss == "squared error":
        slope = float(d_sigmoid(values.z2))
        error, number = rf"{error}\,\sigma'(z_2)", rf"{number} \cdot {latex(slope)}"
    error, number = coloured(error), coloured(number)
    is_open = 1.0 if values.z1 > 0 else 0.0
    back, back_number = (
        rf"{error}\, w_2\, \mathrm{{ReLU}}'(z_1)",
        rf"{number} \cdot {latex_factor(setting.w2)} \cdot {latex(is_open)}",
    )
    rows = [
        ("w2", rf"{error}\, h", rf"{number} \cdot {latex(float(values.h))}"),
        ("b2", error, number),
        ("w1", rf"{back}\, x", rf"{back_number} \cdot {latex_factor(setting.x)}"),
        ("b1", back, back_number),
    ]
    lines = [
        rf"{partial(SYMBOL[name])} &= {symbols} &&= {numbers} &&= {latex(getattr(gradients, name))}"
        for name, symbols, numbers in rows
    ]
    return r"\begin{alignedat}{3}" + r" \\[6pt] ".join(lines) + r"\end{alignedat}"


def table(setting: Setting, values: Pass, gradients: Gradients, moved: Mapping[str, float]) -> str:
    """Every number on screen as CSV: name,value."""
    rows = {
        **{name: value for name, value in asdict(setting).items() if isinstance(value, float)},
        **{name: float(value) for name, value in asdict(values).items()},
        **{f"dL/d{name}": float(value) for name, value in asdict(gradients).items()},
        **{f"{name} after the step": value for name, value in moved.items()},
    }
    return "\n".join(["name,value", *(f"{name},{value!r}" for name, value in rows.items())]) + "\n"


LOSS_IN_TORCH = {
    "cross-entropy": "torch.nn.functional.binary_cross_entropy_with_logits(z2, y)",
    "squared error": "(y_hat - y) ** 2 / 2",
}


def backprop_script(setting: Setting) -> str:
    """A PyTorch program that prints the pass, the four gradients and the step on screen."""
    return f'''"""One pass through x -> ReLU -> sigmoid and back, and one step of SGD, by torch.autograd."""

import torch

torch.set_default_dtype(torch.float64)
x, y, eta = torch.tensor({setting.x!r}), torch.tensor({setting.y!r}), {setting.eta!r}
w1, b1 = torch.tensor({setting.w1!r}, requires_grad=True), torch.tensor({setting.b1!r}, requires_grad=True)
w2, b2 = torch.tensor({setting.w2!r}, requires_grad=True), torch.tensor({setting.b2!r}, requires_grad=True)


def forward():
    z1 = w1 * x + b1
    h = torch.relu(z1)
    z2 = w2 * h + b2
    y_hat = torch.sigmoid(z2)
    loss = {LOSS_IN_TORCH[setting.loss]}
    return {{"z1": z1, "h": h, "z2": z2, "y_hat": y_hat, "loss": loss}}


values = forward()
for name, value in values.items():
    print(f"{{name}} = {{value.item():.6g}}")

values["loss"].backward()
for name, parameter in {{"w1": w1, "b1": b1, "w2": w2, "b2": b2}}.items():
    print(f"dL/d{{name}} = {{parameter.grad.item():.6g}}")

with torch.no_grad():
    for parameter in (w1, b1, w2, b2):
        parameter -= eta * parameter.grad
print(f"loss after one step = {{forward()['loss'].item():.6g}}")
'''
