// Starts GraphiQL with the example tabs. GraphiQL keeps a visitor's own tabs; the examples are shown to new ones. A query in
// the address, as in /?query={…}, gets a tab of its own. It is not run until the visitor does.
(async () => {
  const settings = await (await fetch('playground/settings.json')).json();
  const headers = Object.keys(settings.headers ?? {}).length ? JSON.stringify(settings.headers, null, 2) : undefined;
  const tabs = settings.tabs.map((query) => ({ query, headers }));
  const address = new URLSearchParams(location.search);
  const query = address.get('query') ?? undefined;
  const variables = address.get('variables') ?? undefined;
  if (query !== undefined) {
    tabs.unshift({ query, variables, headers });
    history.replaceState(null, '', location.pathname); // loading again does not ask again
  }
  // The schema is asked for before there is an editor for headers.
  const fetcher = GraphiQL.createFetcher({ url: settings.endpoint });
  const fetchWithDefaults = (params, options) =>
    fetcher(params, params.operationName === 'IntrospectionQuery' ? { ...options, headers: { ...settings.headers, ...options?.headers } } : options);
  const logo = React.createElement(GraphiQL.Logo, null, settings.map
    ? React.createElement('a', { className: 'map-link', href: 'map' }, 'Map of the modules')
    : React.createElement('span'));
  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher: fetchWithDefaults,
      query,
      variables,
      defaultTabs: tabs,
      defaultHeaders: headers,
      defaultEditorToolsVisibility: false,
      shouldPersistHeaders: false,
    }, logo),
  );
})();
