// Where GraphiQL keeps tabs and the history: localStorage, less the headers. They are filled in when it reads, with what is
// known by then: no key is in a storage that outlives the tab of the browser, and none is used that has been replaced.
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

  // asked is what the address has: { query, variables }. examples are the tabs of new visitors.
  constructor(credentials, asked, examples) {
    this.#credentials = credentials;
    this.#asked = asked;
    this.#examples = examples;
  }

  // watch is told of the tabs when they change. It fills in headers that GraphiQL has none for.
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

  // marker says whose headers a tab has, in words that are fit to be kept.
  #marker({ id, query }) {
    const known = this.#tabs.find((t) => t.id === id)?.headers ?? read(at('tabState'))?.tabs?.find((t) => t.id === id)?.headers;
    if (known) return placeholder(kindOf(known));
    return placeholder(this.#examples.find((e) => e.query === query)?.storefront ? 'storefront' : 'admin');
  }

  // open returns the tab that GraphiQL will open: that of the last visit or, if it is there, the one with what the address has.
  #open(state = read(at('tabState'))) {
    const { query, variables } = this.#asked;
    if (query === undefined) return state?.tabs?.[state.activeTabIndex];
    return state?.tabs?.findLast((t) => t.query === query && (t.variables ?? '') === (variables ?? ''));
  }

  // state has the tabs of the last visit with their headers. GraphiQL does not know the one to open again if it has any.
  #state() {
    const state = read(at('tabState'));
    const open = this.#open(state);
    for (const t of state?.tabs ?? []) t.headers = t === open ? null : this.#fill(t.headers);
    return state;
  }
}
