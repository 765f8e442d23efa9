// The fourteen steps of the pass, in their order.

import { backwardSteps, updateStep } from "./backward_steps.js";
import { forwardSteps } from "./forward_steps.js";

/** @type {(loss: string) => any[]} */
export function stepsOf(loss) {
  const ce = loss === "cross-entropy";
  return [...forwardSteps(ce), ...backwardSteps(ce), updateStep()];
}
