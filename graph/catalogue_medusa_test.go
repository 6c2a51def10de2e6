package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/medusa"
	"github.com/linkgraph/linkgraph/internal/medusa/medusatest"
	"github.com/linkgraph/linkgraph/linkstore"
)

// TestMedusaCreatesItsTables runs on the database of a Medusa whose rbac module is off. Only Medusa creates the tables of that
// module. Until it does, they read as empty and cannot be written. Afterwards they are served like all others.
func TestMedusaCreatesItsTables(t *testing.T) {
	t.Parallel()
	db := medusatest.New(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	const off = `ALTER TABLE rbac_role RENAME TO later_role; ALTER TABLE user_rbac_role RENAME TO later_user_role; ALTER TABLE invite_rbac_role RENAME TO later_invite_role`
	const on = `ALTER TABLE later_role RENAME TO rbac_role; ALTER TABLE later_user_role RENAME TO user_rbac_role; ALTER TABLE later_invite_role RENAME TO invite_rbac_role`
	exec(off)

	var blocked []string
	// start does what a server does when it starts.
	start := func() *maker {
		t.Helper()
		if _, err := medusa.Migrate(t.Context(), db.Pool); err != nil {
			t.Fatal(err)
		}
		a := newAPI(t, db, graph.Config{ManagedBy: medusa.ManagedBy})
		plan, err := a.graph.Links.Sync(t.Context(), linkstore.Safe)
		if err != nil {
			t.Fatal(err)
		}
		blocked = nil
		for _, action := range plan.Actions {
			if action.Kind == linkstore.Blocked {
				blocked = append(blocked, action.Link+": "+strings.Join(action.Offenders, ", "))
			}
		}
		if _, err := a.graph.Adapt(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.handler = a.graph.Handler()
		return newMaker(a)
	}
	there := func(table string) (there bool) {
		t.Helper()
		if err := db.Pool.QueryRow(t.Context(), `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&there); err != nil {
			t.Fatal(err)
		}
		return there
	}

	m := start()
	for _, table := range []string{"rbac_role", "user_rbac_role", "invite_rbac_role"} {
		if there(table) {
			t.Errorf("%s was created, although Medusa creates it", table)
		}
	}
	if !there("linkgraph_order_customer_id") || !there("linkgraph_product_sales_channel_left") {
		t.Error("indexes on tables that are there are missing")
	}
	want := []string{
		"user_rbac_role: table rbac_role does not exist yet: Medusa creates it",
		"invite_rbac_role: table rbac_role does not exist yet: Medusa creates it",
	}
	if diff := cmp.Diff(want, blocked); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
	user := m.make("User", nil)
	var answer struct {
		User struct {
			RbacRoles struct{ TotalCount int }
		}
	}
	m.ask(&answer, `{ user(id: "`+user+`") { rbacRoles { totalCount nodes { name } } } }`, nil)
	if answer.User.RbacRoles.TotalCount != 0 {
		t.Errorf("got %+v", answer)
	}
	for _, c := range []struct{ mutation, message string }{
		{`mutation { createRbacRoles(input: [{ name: "a" }]) { rbacRoles { id } } }`, "this database does not have it"},
		{`mutation { deleteRbacRoles(ids: ["role_1"]) { deletionId } }`, "this database does not have it"},
		{`mutation { createLinks(links: [{ user: { userId: "` + user + `" }, rbac: { rbacRoleId: "role_1" } }]) { results { outcome } } }`, "this database does not have user_rbac_role"},
		{`mutation { dismissLinks(links: [{ user: { userId: "` + user + `" }, rbac: { rbacRoleId: "role_1" } }]) { results { outcome } } }`, "this database does not have user_rbac_role"},
	} {
		if f := m.fails(c.mutation); f.Extensions.Code != "BAD_USER_INPUT" || !strings.Contains(f.Message, c.message) {
			t.Errorf("%s: %+v", c.mutation, f)
		}
	}
	m.ask(
		nil,
		`mutation { deleteUsers(ids: ["`+user+`"]) { records { ids } } restoreUsers(ids: ["`+user+`"]) { records { ids } } }`,
		nil,
	)

	exec(on)
	if m = start(); len(blocked) > 0 {
		t.Errorf("still blocked: %v", blocked)
	}
	role := m.make("RbacRole", nil)
	m.ask(
		nil,
		`mutation { createLinks(links: [{ user: { userId: "`+user+`" }, rbac: { rbacRoleId: "`+role+`" } }]) { results { outcome } } }`,
		nil,
	)
	m.ask(&answer, `{ user(id: "`+user+`") { rbacRoles { totalCount nodes { id } } } }`, nil)
	if answer.User.RbacRoles.TotalCount != 1 || !there("linkgraph_user_rbac_role_left") {
		t.Errorf("got %+v", answer)
	}
}

// TestRecordsThatAnotherProgramDeletes looks at a link whose table this program made, to records that Medusa deletes.
func TestRecordsThatAnotherProgramDeletes(t *testing.T) {
	t.Parallel()
	db := medusatest.New(t)
	if _, err := medusa.Migrate(t.Context(), db.Pool); err != nil {
		t.Fatal(err)
	}
	a := newAPI(t, db, graph.Config{ManagedBy: medusa.ManagedBy})
	if _, err := a.graph.Links.Sync(t.Context(), linkstore.Safe); err != nil {
		t.Fatal(err)
	}
	if _, err := a.graph.Adapt(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.handler = a.graph.Handler()
	m := newMaker(a)
	mug, sofa := m.make("Product", nil), m.make("Product", nil)
	m.ask(
		nil,
		`mutation { createLinks(links: [{ link: PRODUCT_RELATED_PRODUCT, ends: { left: "`+mug+`", right: "`+sofa+`" } }]) { results { outcome } } }`,
		nil,
	)
	if _, err := db.Pool.Exec(t.Context(), `UPDATE product SET deleted_at = now() WHERE id = $1`, sofa); err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Product struct {
			RelatedProducts struct {
				TotalCount int
				Nodes      []struct{ ID string }
			}
		}
		Products struct{ TotalCount int }
	}
	m.ask(
		&answer,
		`{ product(id: "`+mug+`") { relatedProducts { totalCount nodes { id } } } products(filter: { relatedProducts: { some: { id: { eq: "`+sofa+`" } } } }) { totalCount } }`,
		nil,
	)
	if answer.Product.RelatedProducts.TotalCount != 0 || len(answer.Product.RelatedProducts.Nodes) != 0 ||
		answer.Products.TotalCount != 0 {
		t.Errorf("got %+v", answer)
	}
}

// TestOwnRecordsAreTrusted looks at a database that is all this program's: a selection of ids alone is answered from
// the link table, as docs/links.md says.
func TestOwnRecordsAreTrusted(t *testing.T) {
	t.Parallel()
	db := newDB(t)
	a := newAPI(t, db, graph.Config{ManagedBy: medusa.ManagedBy})
	if missing, err := a.graph.Adapt(t.Context()); err != nil || len(missing) > 0 {
		t.Fatal(missing, err)
	}
	a.handler = a.graph.Handler()
	m := newMaker(a)
	product := m.make("Product", nil)
	db.ResetStatements()
	m.ask(nil, `{ product(id: "`+product+`") { salesChannels { nodes { id } } } }`, nil)
	for _, statement := range db.Statements() {
		if strings.Contains(statement, `"sales_channel"`) && strings.Contains(statement, "JOIN") {
			t.Error(statement)
		}
	}
}
