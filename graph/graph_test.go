package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/demo/demotest"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

// counter makes ids that are the same in every run.
func counter(start int64) func(prefix string) string {
	var n atomic.Int64
	n.Store(start)
	return func(prefix string) string { return fmt.Sprintf("%s_%06d", prefix, n.Add(1)) }
}

func migrate(ctx context.Context, pool *pgxpool.Pool) (*graph.Graph, error) {
	return demotest.Tables(ctx, pool, graph.Config{NewID: counter(0)})
}

// newDB returns a database with all tables and no records but currencies.
func newDB(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "graph", func(ctx context.Context, pool *pgxpool.Pool) error {
		_, err := migrate(ctx, pool)
		return err
	})
}

// newDemoDB returns a database with the demo store.
func newDemoDB(t testing.TB) *pgtest.DB {
	t.Helper()
	return pgtest.NewFrom(t, "demo", func(ctx context.Context, pool *pgxpool.Pool) error {
		return demotest.Store(ctx, pool, graph.Config{NewID: counter(0)})
	})
}

// api is the API over one database.
type api struct {
	testing.TB
	db      *pgtest.DB
	graph   *graph.Graph
	handler http.Handler
	log     *bytes.Buffer
}

func newAPI(t testing.TB, db *pgtest.DB, cfg graph.Config) *api {
	t.Helper()
	log := &bytes.Buffer{}
	cfg.NewID = counter(1000)
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	g, err := graph.New(db.Pool, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &api{t, db, g, g.Handler(), log}
}

// do sends a document and returns the answer.
func (a *api) do(query string, variables map[string]any) []byte {
	a.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, r)
	return w.Body.Bytes()
}

// ask is do for a document that must not fail. It reads the data into out.
func (a *api) ask(out any, query string, variables map[string]any) {
	a.Helper()
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	raw := a.do(query, variables)
	if err := json.Unmarshal(raw, &answer); err != nil {
		a.Fatalf("%v: %s", err, raw)
	}
	if len(answer.Errors) > 0 {
		a.Fatalf("%s\n%s", query, raw)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(answer.Data, out); err != nil {
		a.Fatalf("%v: %s", err, answer.Data)
	}
}

// post sends a document as the caller of a context, and returns the status and the answer.
func post(h http.Handler, ctx context.Context, query string, variables map[string]any) []byte {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body)).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(keyHeader, "apk_seen")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return append(fmt.Appendf(nil, "%d ", w.Code), w.Body.Bytes()...)
}
