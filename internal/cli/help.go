package cli

import (
	"strings"

	"github.com/alecthomas/kong"
)

// helpWidth is the widest that help is printed: longer lines are harder to read.
const helpWidth = 100

// storefrontLimits is the group of flags that repeat those of another group for storefronts.
const storefrontLimits = "storefront limits"

// serveGroups returns the groups of the flags of serve.
func serveGroups() []kong.Group {
	return []kong.Group{
		{Key: "listening", Title: "Listening and stopping:"},
		{Key: "database", Title: "Database:"},
		{Key: "access", Title: "Access (docs/access.md):"},
		{Key: "documents", Title: "Documents and answers (docs/http.md):"},
		{Key: "overload", Title: "Overload (docs/operations.md):"},
		{Key: "imports", Title: "Imports of links over HTTP (docs/http.md):"},
		{Key: "observability", Title: "Observability (traces follow the standard OTEL_ variables):"},
		{Key: "retention", Title: "Retention of bookkeeping:"},
		{Key: "limits", Title: "Limits of a request of an admin (docs/http.md):"},
		{Key: storefrontLimits, Title: "The same limits of a request of a storefront:"},
	}
}

// helpOfValue returns the help of a flag with its environment variable. Flags that repeat those of another group show the
// variable alone.
func helpOfValue(v *kong.Value) string {
	if v.Flag != nil && v.Flag.Group != nil && v.Flag.Group.Key == storefrontLimits {
		return "$" + strings.Join(v.Tag.Envs, ", $")
	}
	return kong.DefaultHelpValueFormatter(v)
}
