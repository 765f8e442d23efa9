// A form that asks nobody but the page: in a frame with sandbox="allow-scripts" no form is ever submitted.

/**
 * Does something at a press of the button, and at Enter in a field.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 */
export function asking(form, button, act) {
  button.type = "button";
  button.onclick = act;
  form.onsubmit = (event) => event.preventDefault();
  form.onkeydown = (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    act();
  };
}
