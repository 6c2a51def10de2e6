// Package graph is the GraphQL API over the modules and the links between them. It translates, batches and presents: records
// are kept by package modules, links by package linkstore.
//
// The schema is declared in schema.graphqls and modules/*/schema.graphqls. Package gen derives the rest and writes
// internal/exec; internal/resolve is what the generated resolvers run on.
package graph
