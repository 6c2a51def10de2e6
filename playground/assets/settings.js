// Settings of the page, read from the server. The link that the server prints at its start has a token, ?token=…; with it, the
// settings contain keys. The token is stored in sessionStorage only, which ends with the browser's tab and belongs to this
// origin; it is removed from the address and the history. It is sent in a header, which pages of other origins cannot send.
const storageKey = 'linkgraph:token';

// takeToken moves the token from the address to sessionStorage.
export function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get('token');
  if (token === null) return;
  sessionStorage.setItem(storageKey, token);
  address.searchParams.delete('token');
  history.replaceState(null, '', address.pathname + address.search + address.hash);
}

// readSettings fetches the settings.
export async function readSettings() {
  const token = sessionStorage.getItem(storageKey);
  // fetch throws on characters that no header can have.
  const headers = token && /^[\x21-\x7e]+$/.test(token) ? { 'x-linkgraph-token': token } : {};
  return (await fetch('playground/settings.json', { headers })).json();
}

// byLink returns a hint at the link with a token, or "" if the server printed none.
export const byLink = (settings) => (settings.link ? ' Or open the page by the link that the server printed at its start: it has a key.' : '');
