// What the page has to know of the server. The link that the server prints at its start has a token in it, ?token=…, with which
// the server tells the page its keys. The token stays in this tab of the browser: in sessionStorage, which ends with the tab and
// is of this origin alone, and not in the address, the history or a cookie. It is sent in a header, which no page of another
// origin can send.
const keptAs = 'linkgraph:token';

// takeToken takes the token out of the address.
export function takeToken() {
  const address = new URL(location.href);
  const token = address.searchParams.get('token');
  if (token === null) return;
  sessionStorage.setItem(keptAs, token);
  address.searchParams.delete('token');
  history.replaceState(null, '', address.pathname + address.search + address.hash);
}

// readSettings asks the server.
export async function readSettings() {
  const token = sessionStorage.getItem(keptAs);
  // What cannot be in a header is no token.
  const headers = token && /^[\x21-\x7e]+$/.test(token) ? { 'x-linkgraph-token': token } : {};
  return (await fetch('playground/settings.json', { headers })).json();
}

// byLink says where there is a key, if there is one.
export const byLink = (settings) => (settings.link ? ' Or open the page by the link that the server printed at its start: it has a key.' : '');
