// Package api is the GraphQL client of the storefront. genqlient generates it from queries.graphql and the
// storefronts' schema, and fails for a query that this schema does not allow.
package api

//go:generate go tool genqlient genqlient.yaml
