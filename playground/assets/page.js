// Starts GraphiQL with the example tabs. GraphiQL keeps a visitor's own tabs; the examples are shown to new ones. A query in
// the address, as in /?query={…}, gets a tab of its own. It is not run until the visitor does.
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
  history.replaceState(null, '', location.pathname); // loading again does not ask again
}

const send = createGraphiQLFetcher({
  url: settings.endpoint,
  enableIncrementalDelivery: false, // the API answers in one piece
  fetch: async (url, request) => {
    const headers = filledIn(request.headers);
    const answer = await fetch(url, { ...request, headers });
    if (answer.status === 401) credentials.forget(headers);
    if (answer.ok && credentials.learn(headers)) render();
    return answer;
  },
});

// ---- the schema

let known = false; // the schema
let tried; // headers that the schema was asked for with

// forSchema are the headers that the schema is asked for with: those of an admin, whichever tab is open.
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
    return { data: null, ...answer }; // without data it would ask once more
  } catch (e) {
    say(e.message);
    throw e;
  }
}

// say tells why there is no schema, and what to do.
function say(message, unauthenticated) {
  const todo = unauthenticated ? ' Fill it in under Headers, below the query; the schema is loaded as soon as a key is good.' + byLink(settings) : '';
  notice.textContent = message && `The schema is not loaded: ${message}.${todo}`;
  notice.hidden = !message;
}

// retry asks for the schema again when a visitor has filled in other headers.
let timer;
function retry(text) {
  clearTimeout(timer);
  if (known) return;
  timer = setTimeout(() => {
    let headers;
    try {
      headers = tryParseJSONC(text);
    } catch {
      return; // not written to the end
    }
    if (JSON.stringify(forSchema(headers)) === tried) return;
    fetcher = newFetcher();
    render();
  }, 500);
}

// newFetcher returns one that GraphiQL takes for another, and asks for the schema again.
function newFetcher() {
  return (params, options) => (params.operationName === 'IntrospectionQuery' ? askForSchema(params, options) : send(params, options));
}

// ---- the page

// Fill puts the headers that are known by now into the tab that is open, if it waits for them.
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
