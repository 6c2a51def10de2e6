// Credentials of requests: headers from the settings of the server, or from a visitor. A visitor's are stored in sessionStorage
// only, which ends with the browser's tab.

const names = { admin: 'Authorization', storefront: 'x-publishable-api-key' };
const placeholders = { admin: { [names.admin]: 'Bearer sk_…' }, storefront: { [names.storefront]: 'pk_…' } };
const storageKey = (kind) => `linkgraph:${kind}`;

// kindOf returns the kind of caller that headers, as text, belong to.
export const kindOf = (text) => (/"x-publishable-api-key"/i.test(text ?? '') && !/"authorization"/i.test(text) ? 'storefront' : 'admin');

// placeholder returns headers for a visitor to fill in.
export const placeholder = (kind) => JSON.stringify(placeholders[kind], null, 2);

// filledIn leaves out placeholders. They contain …, which no header can.
export const filledIn = (headers) => Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => !String(value).includes('…')));

// isAdmin returns whether headers have credentials of an admin.
export const isAdmin = (headers) => given(headers)[0] === 'admin';

export class Credentials {
  #settings;

  constructor(settings) { this.#settings = settings; }

  // of returns the headers of a kind of caller, or undefined if they are not known.
  of(kind) {
    const known = this.#settings[kind];
    if (known && Object.keys(known).length) return known;
    const stored = sessionStorage.getItem(storageKey(kind));
    return stored ? { [names[kind]]: stored } : undefined;
  }

  // text returns the headers as text, or the placeholder.
  text(kind) {
    const known = this.of(kind);
    return known ? JSON.stringify(known, null, 2) : placeholder(kind);
  }

  // learn stores credentials that the API accepted, and returns whether they are new.
  learn(headers) {
    const [kind, value] = given(headers);
    if (!value || this.of(kind)) return false;
    sessionStorage.setItem(storageKey(kind), value);
    return true;
  }

  // forget removes credentials that the API rejects.
  forget(headers) {
    const [kind, value] = given(headers);
    if (sessionStorage.getItem(storageKey(kind)) === value) sessionStorage.removeItem(storageKey(kind));
  }
}

// given returns [kind, credentials] of headers. As in the API, Authorization takes precedence.
function given(headers) {
  const value = (name) => Object.entries(headers ?? {}).find(([h]) => h.toLowerCase() === name.toLowerCase())?.[1];
  const kind = value(names.admin) ? 'admin' : 'storefront';
  return [kind, value(names[kind])];
}
