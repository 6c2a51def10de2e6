// What page.js takes from npm packages.
export { createElement, useEffect } from 'react';
export { createRoot } from 'react-dom/client';
export { createGraphiQLFetcher } from '@graphiql/toolkit';
export { tryParseJSONC, useGraphiQL } from '@graphiql/react';
export { GraphiQL } from 'graphiql';

// The workers of the editor are files of our own origin: the policy of the page lets no others in.
globalThis.MonacoEnvironment = {
  getWorker: (_, label) => new Worker(new URL(`${['json', 'graphql'].includes(label) ? label : 'editor'}.worker.js`, import.meta.url)),
};
