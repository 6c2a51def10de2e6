// Starts GraphiQL with the example tabs. GraphiQL keeps a visitor's own tabs; the examples are shown to new ones.
(async () => {
  const settings = await (await fetch('playground/settings.json')).json();
  const fetcher = GraphiQL.createFetcher({ url: settings.endpoint });
  ReactDOM.createRoot(document.getElementById('graphiql')).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultTabs: settings.tabs.map((query) => ({ query })),
      defaultEditorToolsVisibility: false,
      shouldPersistHeaders: false,
    }),
  );
})();
