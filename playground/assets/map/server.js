// Requests of the map, sent with the credentials of an admin.
import { Credentials } from '../credentials.js';
import { byLink, readSettings } from '../settings.js';

// Refused is thrown when the server rejects the credentials.
export class Refused extends Error {}

export class Server {
  #settings; #credentials; #key;
  refused = () => {}; // called for each rejected request

  // renew reads the settings again, and returns whether their credentials changed.
  async renew() {
    const before = JSON.stringify(this.#settings?.admin);
    this.#settings = await readSettings();
    this.#credentials = new Credentials(this.#settings);
    if (before === JSON.stringify(this.#settings.admin)) return false;
    this.#key = undefined;
    return true;
  }

  // byLink is a hint at the link with a token, or "" if the server printed none.
  get byLink() { return byLink(this.#settings); }

  // use sends a visitor's key from now on.
  use(key) { this.#key = key; }

  // ask sends a query to the API and returns its data. It throws the first error of the response.
  async ask(query, signal) {
    const { data, errors } = await this.#fetch(this.#settings.endpoint, {
      method: 'POST', signal, body: JSON.stringify({ query }), headers: { 'content-type': 'application/json' },
    });
    if (errors?.length) throw new Error(errors[0].message);
    return data;
  }

  // models returns all models with their tables and columns.
  async models() { return (await this.#fetch('playground/map/map.json')).models; }

  async #fetch(url, request) {
    const own = this.#key ? { Authorization: `Bearer ${this.#key}` } : this.#credentials.of('admin');
    const answer = await fetch(url, { ...request, headers: { accept: 'application/json', ...own, ...request?.headers } });
    if (answer.status === 401 || answer.status === 403) {
      this.#credentials.forget(own);
      const e = new Refused(await says(answer));
      this.refused(e);
      throw e;
    }
    if (answer.ok) this.#credentials.learn(own);
    return answer.json();
  }
}

// says returns the message of a rejected request.
async function says(answer) {
  const text = (await answer.text()).trim();
  try {
    return JSON.parse(text).errors[0].message;
  } catch {
    return text || `the server answers ${answer.status}`;
  }
}
