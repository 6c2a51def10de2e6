// What requests are sent with: the headers that the server knows, or those that a visitor gave in this tab of the browser.
// The latter are in sessionStorage, which ends with the tab, and nowhere else.

const names = { admin: 'Authorization', storefront: 'x-publishable-api-key' };
const placeholders = { admin: { [names.admin]: 'Bearer sk_…' }, storefront: { [names.storefront]: 'pk_…' } };
const keptAs = (kind) => `linkgraph:${kind}`;

// kindOf says whose headers a text has.
export const kindOf = (text) => (/"x-publishable-api-key"/i.test(text ?? '') && !/"authorization"/i.test(text) ? 'storefront' : 'admin');

// placeholder returns what a visitor has to fill in.
export const placeholder = (kind) => JSON.stringify(placeholders[kind], null, 2);

// filledIn leaves out headers that a visitor has yet to fill in: they have … in them, which no header can.
export const filledIn = (headers) => Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => !String(value).includes('…')));

// isAdmin says whether there are credentials of an admin in headers.
export const isAdmin = (headers) => given(headers)[0] === 'admin';

export class Credentials {
  #settings;

  constructor(settings) { this.#settings = settings; }

  // of returns the headers of a kind of callers, or undefined if they are not known.
  of(kind) {
    const known = this.#settings[kind];
    if (known && Object.keys(known).length) return known;
    const kept = sessionStorage.getItem(keptAs(kind));
    return kept ? { [names[kind]]: kept } : undefined;
  }

  // text returns the headers as they are shown.
  text(kind) {
    const known = this.of(kind);
    return known ? JSON.stringify(known, null, 2) : placeholder(kind);
  }

  // learn keeps what the API has let in, and says whether that is news.
  learn(headers) {
    const [kind, value] = given(headers);
    if (!value || this.of(kind)) return false;
    sessionStorage.setItem(keptAs(kind), value);
    return true;
  }

  // forget drops what the API does not let in any more.
  forget(headers) {
    const [kind, value] = given(headers);
    if (sessionStorage.getItem(keptAs(kind)) === value) sessionStorage.removeItem(keptAs(kind));
  }
}

// given returns the credentials in headers, and of which kind they are. The API looks at Authorization first.
function given(headers) {
  const value = (name) => Object.entries(headers ?? {}).find(([h]) => h.toLowerCase() === name.toLowerCase())?.[1];
  const kind = value(names.admin) ? 'admin' : 'storefront';
  return [kind, value(names[kind])];
}
