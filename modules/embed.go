// Package modules is the declarations of the commerce modules: a folder each, with its schema, its migrations and, where there are any,
// its rules. Package recordstore keeps the records of all of them.
package modules

import "embed"

//go:embed */migrations/*.sql
var migrations embed.FS

// Migrations returns the migrations of all modules: NAME/migrations/*.sql, in the order of their names.
func Migrations() embed.FS { return migrations }
