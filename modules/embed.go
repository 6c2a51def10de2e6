// Package modules holds the declarations of the commerce modules. Each is a folder with a schema, migrations and, if
// it needs any, rules in Go. Package recordstore stores the records of all modules.
package modules

import "embed"

//go:embed */migrations/*.sql
var migrations embed.FS

// Migrations returns the migrations of all modules: NAME/migrations/*.sql, which run in the order of their names.
func Migrations() embed.FS { return migrations }
