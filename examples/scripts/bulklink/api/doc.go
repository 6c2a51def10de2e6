// Package api is the GraphQL client of bulklink. genqlient generates it from operations.graphql and the admins'
// schema.
package api

//go:generate go tool genqlient genqlient.yaml
