// The storage of GraphiQL's tabs and history: localStorage without headers. Headers are filled in on reading, from the current
// credentials. So no key outlives the browser's tab, and no replaced key is used.
import { kindOf, placeholder } from './credentials.js';

const at = (name) => `graphiql:${name}`;
const lists = { [at('queries')]: 'queries', [at('favorites')]: 'favorites' };
const keys = () => Object.keys(localStorage).filter((k) => k.startsWith(at('')));

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

export class Storage {
  #credentials; #asked; #examples; #tabs = [];

  // asked is { query, variables } from the address. examples are the tabs for new visitors.
  constructor(credentials, asked, examples) {
    this.#credentials = credentials;
    this.#asked = asked;
    this.#examples = examples;
  }

  // watch is called with the tabs when they change. It fills in missing headers.
  watch(tabs) {
    this.#tabs = tabs;
    for (const t of tabs) t.headers ??= this.#fill(this.#marker(t));
  }

  getItem(key) {
    switch (key) {
      case at('tabState'): return JSON.stringify(this.#state());
      case at('headers'): return this.#fill(this.#open()?.headers);
      case at('query'): return this.#asked.query ?? this.#open()?.query ?? null;
      case at('variables'): return this.#asked.query === undefined ? this.#open()?.variables ?? null : null;
    }
    if (!lists[key]) return localStorage.getItem(key);
    const items = read(key)?.[lists[key]] ?? [];
    return JSON.stringify({ [lists[key]]: items.map((i) => ({ ...i, headers: this.#fill(i.headers) })) });
  }

  setItem(key, text) {
    if (key === at('headers')) return;
    if (key === at('tabState')) {
      const state = JSON.parse(text);
      for (const t of state.tabs) t.headers = this.#marker(t);
      text = JSON.stringify(state);
    }
    if (lists[key]) {
      const items = JSON.parse(text)[lists[key]];
      text = JSON.stringify({ [lists[key]]: items.map((i) => ({ ...i, headers: placeholder(kindOf(i.headers)) })) });
    }
    localStorage.setItem(key, text);
  }

  removeItem(key) { localStorage.removeItem(key); }

  clear() { for (const k of keys()) localStorage.removeItem(k); }

  get length() { return keys().length; }

  #fill(headers) { return this.#credentials.text(kindOf(headers)); }

  // marker returns the placeholder for a tab's kind of caller: it is stored in place of the headers.
  #marker({ id, query }) {
    const known = this.#tabs.find((t) => t.id === id)?.headers ?? read(at('tabState'))?.tabs?.find((t) => t.id === id)?.headers;
    if (known) return placeholder(kindOf(known));
    return placeholder(this.#examples.find((e) => e.query === query)?.storefront ? 'storefront' : 'admin');
  }

  // open returns the tab that GraphiQL will open: the one with the query of the address, or else that of the last visit.
  #open(state = read(at('tabState'))) {
    const { query, variables } = this.#asked;
    if (query === undefined) return state?.tabs?.[state.activeTabIndex];
    return state?.tabs?.findLast((t) => t.query === query && (t.variables ?? '') === (variables ?? ''));
  }

  // state returns the tabs of the last visit with headers. The tab to open gets none: with headers, GraphiQL would not recognize it.
  #state() {
    const state = read(at('tabState'));
    const open = this.#open(state);
    for (const t of state?.tabs ?? []) t.headers = t === open ? null : this.#fill(t.headers);
    return state;
  }
}
