// The form that asks for a secret key.
import { Refused } from './server.js';

export class KeyForm {
  #form; #input; #says; #title; #server; #go;

  constructor({ form, input, says, title }, server) {
    this.#form = form;
    this.#input = input;
    this.#says = says;
    this.#title = title;
    this.#server = server;
    form.addEventListener('submit', (e) => {
      e.preventDefault();
      this.#server.use(input.value.trim().replace(/^Bearer\s+/i, ''));
      this.#go?.();
    });
  }

  // retry runs an action until the server accepts its credentials, and returns its result. The form is shown in between.
  async retry(action) {
    for (let asked = false; ;) {
      try {
        const result = await action();
        this.#close();
        return result;
      } catch (e) {
        if (!asked && !(e instanceof Refused)) throw e;
        if (!asked && (await this.#server.renew())) continue; // the server restarted with new credentials
        asked = true;
        await this.#ask(e.message);
      }
    }
  }

  // ask shows the form, and resolves once a key is submitted.
  #ask(message) {
    this.#says.textContent = `The server says: ${message}.${this.#server.byLink}`;
    this.#input.removeAttribute('aria-invalid');
    if (!this.#form.hidden) this.#input.setAttribute('aria-invalid', 'true');
    this.#form.hidden = false;
    this.#input.focus();
    return new Promise((go) => { this.#go = go; });
  }

  #close() {
    const inside = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#form.reset();
    if (inside) this.#title.focus();
  }
}
