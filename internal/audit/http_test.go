package audit_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/audit"
)

var _ graph.Audit = (*audit.Log)(nil)

// sender returns a function that sends a document to an API of the world and returns the answer. The id of each request is req-7.
func sender(w *world) func(query string, variables map[string]any, caller *graph.Caller) string {
	w.Helper()
	g, err := graph.New(
		w.db.Pool,
		graph.Config{
			Audit: audit.New(audit.Config{Who: audit.Request(func(context.Context) string { return "req-7" })}),
		},
	)
	w.must(err)
	handler := g.Handler()
	return func(query string, variables map[string]any, caller *graph.Caller) string {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		w.must(err)
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(string(body)))
		r.Header.Set("Content-Type", "application/json")
		if caller != nil {
			r = r.WithContext(graph.WithCaller(r.Context(), *caller))
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		return answer.Body.String()
	}
}

// TestDeletionsSayWho deletes and restores, and asks which deletions there were and by whom.
func TestDeletionsSayWho(t *testing.T) {
	t.Parallel()
	w := &world{TB: t, db: newDB(t)}
	send := sender(w)
	jane := &graph.Caller{ID: "apk_1", Name: "Jane", Role: graph.ReadWrite}
	john := &graph.Caller{ID: "apk_2", Name: "John", Role: graph.ReadWrite}
	send(`mutation { deleteProductVariants(ids: ["variant_demo_shirt_s"]) { deletionId } }`, nil, jane)
	send(`mutation { deleteProductVariants(ids: ["variant_demo_shirt_m"], dryRun: true) { deletionId } }`, nil, jane)
	send(`mutation { restoreProductVariants(ids: ["variant_demo_shirt_s"]) { deletionId } }`, nil, john)
	send(`mutation { createProductTags(input: [{ value: "new" }]) { productTags { id } } }`, nil, john)
	answer := send(`{
		deletions { nodes { auditEntries { nodes { callerName action } } } }
		auditEntries(filter: { deletion: { isNull: false } }, orderBy: [{ id: DESC }]) { nodes { requestId field deletion { records { totalCount } } } }
	}`, nil, &graph.Caller{ID: "apk_3", Role: graph.ReadOnly})
	const want = `{"data":{"deletions":{"nodes":[{"auditEntries":{"nodes":[` +
		`{"callerName":"Jane","action":"delete_records"},{"callerName":"John","action":"restore"}]}}]},` +
		`"auditEntries":{"nodes":[{"requestId":"req-7","field":"restoreProductVariants","deletion":{"records":{"totalCount":4}}},` +
		`{"requestId":"req-7","field":"deleteProductVariants","deletion":{"records":{"totalCount":4}}}]}}}`
	if answer != want {
		t.Errorf("got %s\nwant %s", answer, want)
	}
	if regexp.MustCompile("(?i)auditEntr|deletion|linkEvent").MatchString(graph.StorefrontSchema()) {
		t.Error("storefronts see the history")
	}
}

// TestHTTP sends mutations of several root fields: each field has a row of its own, and if one fails there are none.
func TestHTTP(t *testing.T) {
	t.Parallel()
	w := &world{TB: t, db: newDB(t)}
	send := sender(w)

	const refused = `mutation Season($title: String!) {
		createProducts(input: [{ title: $title }]) { products { id } }
		again: createLinks(links: [{ product: { productId: "prod_demo_hat" }, salesChannel: { salesChannelId: "sc_demo_pos" } }]) { results { outcome } }
		bad: createLinks(links: [{ product: { productId: "nobody" }, salesChannel: { salesChannelId: "sc_demo_pos" } }]) { results { outcome } }
		gone: deleteProductVariants(ids: ["variant_demo_shirt_s"]) { deletionId }
	}`
	document := regexp.MustCompile(`\s+bad: .*`).ReplaceAllString(refused, "")
	answer := send(
		refused,
		map[string]any{"title": "Very secret scarf"},
		&graph.Caller{ID: "apk_1", Name: "Jane's key", Role: graph.ReadWrite},
	)
	if !strings.Contains(answer, "RECORD_NOT_FOUND") || len(w.rows()) > 0 {
		t.Errorf("the answer: %s, and rows are left", answer)
	}
	answer = send(
		document,
		map[string]any{"title": "Very secret scarf"},
		&graph.Caller{ID: "apk_1", Name: "Jane's key", Role: graph.ReadWrite},
	)
	sum := sha256.Sum256([]byte(document))
	want := audit.Row{
		CallerKind: "admin", CallerID: "apk_1", CallerName: "Jane's key", CallerRole: "read-write", RequestID: "req-7",
		Operation: "Season", DocumentHash: hex.EncodeToString(sum[:]),
	}
	rows := w.rows()
	var fields []string
	for _, r := range rows {
		fields = append(fields, r.Action+" by "+r.Field)
		if strings.Contains(string(r.Receipt), "secret") {
			t.Errorf("a value is written down: %s", r.Receipt)
		}
		r.ID, r.At, r.Field, r.Action, r.Receipt = want.ID, want.At, "", "", nil
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("%s (-want +got):\n%s", fields, diff)
		}
	}
	if diff := cmp.Diff(
		[]string{
			"create_records by createProducts",
			"create_links by again: createLinks",
			"delete_records by gone: deleteProductVariants",
		},
		fields,
	); diff != "" {
		t.Errorf("rows (-want +got):\n%s\n%s", diff, answer)
	}

	send(
		`mutation { dismissLinks(links: [{ product: { productId: "prod_demo_hat" }, salesChannel: { salesChannelId: "sc_demo_pos" } }]) { results { outcome } } }`,
		nil,
		nil,
	)
	rows = w.rows()
	if len(rows) != 1 || rows[0].CallerKind != audit.Anonymous || rows[0].Operation != "" ||
		rows[0].Field != "dismissLinks" {
		t.Errorf("of nobody: %+v", rows)
	}
	if line := rows[0].String(); !strings.Contains(
		line,
		"anonymous  dismiss_links  by { dismissLinks }  1 DISMISSED, 1 product_sales_channel  request req-7",
	) {
		t.Errorf("the line: %s", line)
	}
	send(`{ products { totalCount } }`, nil, nil)
	if rows = w.rows(); len(rows) != 0 {
		t.Errorf("a query is no mutation: %v", rows)
	}
}
