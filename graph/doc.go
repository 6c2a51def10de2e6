// Package graph is the GraphQL API over the modules and the links between them. It translates, batches and presents: records
// are kept by package modules, links by package linkstore.
//
// The schema is declared in schema.graphqls and modules/*/schema.graphqls. Package gen derives the rest and writes
// internal/exec, in which gqlgen runs operations. The root fields about links are resolved in resolvers.go; what lies below root fields is
// planned, loaded and written by internal/plan and internal/answer. docs/architecture.md tells the way of a request.
package graph
