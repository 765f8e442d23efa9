"""Models that cannot be looked into, each refused with its reason: TorchScript, exported graphs, quantized layers."""

import torch
from torch import nn

from dlcore.arguments import BadInput


def refuse_closed(module: nn.Module) -> None:
    """Models without layers that could be looked at, each with its reason.

    Raises:
        BadInput: TorchScript, an exported graph, or quantized layers.
    """
    kind = type(module).__module__
    if isinstance(module, torch.jit.ScriptModule):
        raise BadInput(
            "This is a TorchScript program: its layers are compiled together, and none can be looked at or put "
            "into evaluation mode apart. Hand over the model that it was made from."
        )
    if ".quantized" in kind:
        raise BadInput(
            f"This model is quantized ({type(module).__name__}): it computes with whole numbers, so its scores have "
            "no derivative. Hand over the model that it was made from."
        )
    if isinstance(module, torch.fx.GraphModule) and not any(
        node.op == "call_module" and not str(node.target).startswith("_guards") for node in module.graph.nodes
    ):
        raise BadInput(
            "This is an exported graph: its layers have been dissolved into single operations, so none can be "
            "named. Hand over the model that it was made from."
        )
