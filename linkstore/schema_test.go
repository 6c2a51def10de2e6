package linkstore_test

import (
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/linkstore"
)

// TestSyncMakesTheSchemaOfALink has a link table in a schema that is not there, and one in a schema that then is.
func TestSyncMakesTheSchemaOfALink(t *testing.T) {
	t.Parallel()
	pool := emptyDB(t)
	d := productChannel()
	d.Schema = "Far away"
	plan, err := oneLink(t, pool, d).Plan(t.Context())
	if err != nil || !strings.Contains(plan.String(), `CREATE SCHEMA IF NOT EXISTS "Far away"`) {
		t.Fatalf("plan: %v %v", plan, err)
	}
	runSync(t, oneLink(t, pool, d), linkstore.Safe, linkstore.CreateTable)
	runSync(t, oneLink(t, pool, d), linkstore.Safe, linkstore.Noop)
	d.Name, d.Table = "second", "second"
	if plan, err = oneLink(t, pool, d).Plan(t.Context()); err != nil ||
		strings.Contains(plan.String(), "CREATE SCHEMA") {
		t.Errorf("plan: %v %v", plan, err)
	}
}
