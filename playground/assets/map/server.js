// What the map asks of the server, with the credentials of an admin.
import { Credentials } from '../credentials.js';
import { byLink, readSettings } from '../settings.js';

// Refused says that the server wants other credentials.
export class Refused extends Error {}

export class Server {
  #settings; #credentials; #key;
  refused = () => {}; // is told of each request that was refused

  // renew reads the settings, and says whether there are other credentials in them than before.
  async renew() {
    const before = JSON.stringify(this.#settings?.admin);
    this.#settings = await readSettings();
    this.#credentials = new Credentials(this.#settings);
    if (before === JSON.stringify(this.#settings.admin)) return false;
    this.#key = undefined;
    return true;
  }

  // byLink says where there is a key, if there is one.
  get byLink() { return byLink(this.#settings); }

  // use has a key sent that a visitor gave.
  use(key) { this.#key = key; }

  // ask sends a document to the API and returns its data. It fails with the message of the first error.
  async ask(query, signal) {
    const { data, errors } = await this.#fetch(this.#settings.endpoint, {
      method: 'POST', signal, body: JSON.stringify({ query }), headers: { 'content-type': 'application/json' },
    });
    if (errors?.length) throw new Error(errors[0].message);
    return data;
  }

  // models returns those of the server, and where their records are.
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

// says returns why a request was refused.
async function says(answer) {
  const text = (await answer.text()).trim();
  try {
    return JSON.parse(text).errors[0].message;
  } catch {
    return text || `the server answers ${answer.status}`;
  }
}
