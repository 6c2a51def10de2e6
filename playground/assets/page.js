// Entry point of the playground: starts GraphiQL. New visitors see the example tabs; GraphiQL stores a visitor's own tabs. A query
// in the address, as in /?query={…}, opens in a tab of its own, and runs only when the visitor runs it.
import { Credentials, filledIn, isAdmin, kindOf, placeholder } from './credentials.js';
import { GraphiQL, createElement, createGraphiQLFetcher, createRoot, tryParseJSONC, useEffect, useGraphiQL } from './graphiql/graphiql.js';
import { byLink, readSettings, takeToken } from './settings.js';
import { Storage } from './storage.js';

takeToken();
const settings = await readSettings();
const credentials = new Credentials(settings);
const notice = document.getElementById('notice');
const address = new URLSearchParams(location.search);
const asked = { query: address.get('query') ?? undefined, variables: address.get('variables') ?? undefined };
const storage = new Storage(credentials, asked, settings.tabs);
const tabs = settings.tabs.map((t) => ({ query: t.query, headers: credentials.text(t.storefront ? 'storefront' : 'admin') }));
if (asked.query !== undefined) {
  tabs.unshift({ ...asked, headers: credentials.text('admin') });
  history.replaceState(null, '', location.pathname); // a reload must not open it again
}

const send = createGraphiQLFetcher({
  url: settings.endpoint,
  enableIncrementalDelivery: false, // the API sends each response whole
  fetch: async (url, request) => {
    const headers = filledIn(request.headers);
    const answer = await fetch(url, { ...request, headers });
    if (answer.status === 401) credentials.forget(headers);
    if (answer.ok && credentials.learn(headers)) render();
    return answer;
  },
});

// ---- the schema

let known = false; // whether the schema is loaded
let tried; // headers of the last attempt

// forSchema returns the headers for loading the schema: those of an admin, whichever tab is open.
function forSchema(headers) {
  const own = filledIn(headers);
  return isAdmin(own) ? own : credentials.of('admin') ?? own;
}

async function askForSchema(params, options) {
  const headers = forSchema(options?.headers);
  tried = JSON.stringify(headers);
  try {
    const answer = await send(params, { ...options, headers });
    known = Boolean(answer.data);
    say(known ? '' : answer.errors?.[0]?.message ?? 'the answer has no data', answer.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED');
    return { data: null, ...answer }; // without data, GraphiQL would ask once more
  } catch (e) {
    say(e.message);
    throw e;
  }
}

// say shows why the schema is not loaded, and what to do.
function say(message, unauthenticated) {
  const todo = unauthenticated ? ' Fill it in under Headers, below the query; the schema is loaded as soon as a key is good.' + byLink(settings) : '';
  notice.textContent = message && `The schema is not loaded: ${message}.${todo}`;
  notice.hidden = !message;
}

// retry loads the schema again after a visitor changed the headers.
let timer;
function retry(text) {
  clearTimeout(timer);
  if (known) return;
  timer = setTimeout(() => {
    let headers;
    try {
      headers = tryParseJSONC(text);
    } catch {
      return; // not complete yet
    }
    if (JSON.stringify(forSchema(headers)) === tried) return;
    fetcher = newFetcher();
    render();
  }, 500);
}

// newFetcher returns a new function each time: a changed fetcher makes GraphiQL load the schema again.
function newFetcher() {
  return (params, options) => (params.operationName === 'IntrospectionQuery' ? askForSchema(params, options) : send(params, options));
}

// ---- the page

// Fill replaces the placeholder in the open tab once the headers are known.
function Fill({ keys }) {
  const { editor, tab } = useGraphiQL((state) => ({ editor: state.headerEditor, tab: state.tabs[state.activeTabIndex]?.id }));
  useEffect(() => {
    const text = editor?.getValue();
    if (text && text === placeholder(kindOf(text)) && text !== credentials.text(kindOf(text))) editor.setValue(credentials.text(kindOf(text)));
  }, [editor, tab, keys]);
  return null;
}

let fetcher = newFetcher();
const root = createRoot(document.getElementById('graphiql'));
const logo = createElement(GraphiQL.Logo, null, settings.map
  ? createElement('a', { className: 'map-link', href: 'map' }, 'Map of the modules')
  : createElement('span'));
const fixed = {
  storage,
  initialQuery: asked.query,
  initialVariables: asked.variables,
  defaultTabs: tabs,
  defaultHeaders: credentials.text('admin'),
  defaultEditorToolsVisibility: credentials.of('admin') ? false : 'headers',
  shouldPersistHeaders: false,
  onTabChange: (state) => storage.watch(state.tabs),
  onEditHeaders: retry,
};

function render() {
  const keys = credentials.text('admin') + credentials.text('storefront');
  root.render(createElement(GraphiQL, { ...fixed, fetcher }, logo, createElement(Fill, { keys })));
}

render();
