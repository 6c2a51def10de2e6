// Package api is the client of the storefront: functions and types that genqlient makes of queries.graphql and the schema
// that storefronts see. A query that the schema does not allow is not generated.
package api

//go:generate go tool genqlient genqlient.yaml
