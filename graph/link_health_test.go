package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
)

// TestLinkHealth damages links of the demo store and asks what is wrong.
func TestLinkHealth(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	if _, err := a.db.Pool.Exec(t.Context(), `ANALYZE`); err != nil {
		t.Fatal(err)
	}
	type health struct {
		Damaged       bool
		Tables, Links int
		Findings      []map[string]any
	}
	var got struct{ LinkHealth health }
	a.ask(&got, `{ linkHealth { damaged tables links findings { kind } } }`, nil)
	if h := got.LinkHealth; h.Damaged || h.Tables != 23 || h.Links == 0 || len(h.Findings) > 0 {
		t.Errorf("without damage: %+v", h)
	}
	if _, err := a.db.Pool.Exec(t.Context(), `
		UPDATE product SET deleted_at = now() WHERE id = 'prod_demo_shirt';
		INSERT INTO product_sales_channel (product_id, sales_channel_id, id) VALUES ('gone', 'sc_demo_web', 'prodsc_1'), ('', 'sc_demo_web', 'prodsc_2')`); err != nil {
		t.Fatal(err)
	}
	const query = `query($examples: Int, $hub: Int) { linkHealth(link: PRODUCT_SALES_CHANNEL, examples: $examples, hubSize: $hub) {
		damaged tables findings { __typename kind severity linkName subject fixable count examples { id left right links } }
	} }`
	answer := strings.Join(strings.Fields(string(a.do(query, map[string]any{"examples": 1, "hub": 3}))), " ")
	for _, want := range []string{
		`{"data":{"linkHealth":{"damaged":true,"tables":1,"findings":[`,
		`{"__typename":"LinkFinding","kind":"KEY_FORM","severity":"DAMAGE","linkName":"product_sales_channel","subject":"product_sales_channel","fixable":true,"count":1,"examples":[{"id":"prodsc_2","left":"","right":"sc_demo_web","links":null}]}`,
		`"kind":"END_GONE"`, `"examples":[{"id":"prodsc_1","left":"gone","right":"sc_demo_web","links":null}]`,
		`"kind":"END_DELETED"`,
		`"kind":"HUB","severity":"NOTICE"`, `{"id":null,"left":null,"right":"sc_demo_web","links":4}`,
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %s in %s", want, answer)
		}
	}
	a.ask(&got, query, map[string]any{"examples": 0})
	for _, f := range got.LinkHealth.Findings {
		if list, ok := f["examples"].([]any); !ok || len(list) > 0 {
			t.Errorf("examples were not asked for: %v", f)
		}
	}
	m := &maker{api: a}
	for arguments, want := range map[string]string{
		"examples: 101":      "linkHealth.examples: must be from 0 to 100",
		"examples: -1":       "linkHealth.examples: must be from 0 to 100",
		"hubSize: 0":         "linkHealth.hubSize: must be at least 1",
		"link: PRODUCT_SALE": `Value "PRODUCT_SALE" does not exist in "LinkName" enum.`,
	} {
		f := m.fails(`{ linkHealth(` + arguments + `) { damaged } }`)
		if !strings.Contains(f.Message, want) || f.Extensions.Code == "INTERNAL" {
			t.Errorf("%s: %+v, want %s", arguments, f, want)
		}
	}
	if strings.Contains(graph.StorefrontSchema(), "linkHealth") {
		t.Error("storefronts see the health of links")
	}
}

// TestLinkHealthOneAtATime holds an examination up, and asks for another one.
func TestLinkHealthOneAtATime(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	tx, err := a.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	if _, err := tx.Exec(t.Context(), `LOCK TABLE product_sales_channel IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	const query = `{ linkHealth(link: PRODUCT_SALES_CHANNEL) { tables } }`
	first := make(chan string, 1)
	go func() { first <- string(a.do(query, nil)) }()
	for waits := false; !waits; time.Sleep(time.Millisecond) {
		select {
		case answer := <-first:
			t.Fatalf("answered although the table is locked: %s", answer)
		default:
		}
		if err := a.db.Pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if f := (&maker{api: a}).fails(
		query,
	); f.Extensions.Code != "UNAVAILABLE" ||
		!strings.Contains(f.Message, "try again") {
		t.Errorf("a second one: %+v", f)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if answer := <-first; answer != `{"data":{"linkHealth":{"tables":1}}}` {
		t.Errorf("the first one: %s", answer)
	}
	a.ask(nil, query, nil)
}
