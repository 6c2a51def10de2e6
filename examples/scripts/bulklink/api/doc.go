// Package api is the client of bulklink: functions and types that genqlient makes of operations.graphql and the schema that
// admins see.
package api

//go:generate go tool genqlient genqlient.yaml
