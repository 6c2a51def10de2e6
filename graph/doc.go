// Package graph is the GraphQL API over the modules and the links between them. It authorizes callers, resolves the
// root fields about links and maps errors to codes. Package recordstore stores the records, package linkstore the
// links.
//
// The schema is declared in schema.graphqls and modules/*/schema.graphqls. Package gen derives the rest and writes
// internal/exec, which gqlgen executes. resolvers.go resolves the root fields about links; internal/plan and
// internal/answer plan, load and write what is below a root field. docs/architecture.md follows a request through them.
package graph
