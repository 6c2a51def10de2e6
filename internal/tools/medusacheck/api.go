package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/linkstore"
)

// Page sizes. They are small, so that lists have several pages.
const (
	rootPage   = 10
	nestedPage = 2
	wholePage  = 100 // for lists that are known to be short
)

// api is our API over the shop's database, running in this process.
type api struct {
	handler http.Handler
	records *recordstore.Catalog
	links   *linkstore.Catalog
	missing []recordstore.Missing // tables and columns that the database lacks
	roots   map[string]root       // by model
}

// root names the root fields of a model.
type root struct {
	list     string
	one, key string // the field for one record, and its argument
}

// serve sets the API up as the program does.
func serve(ctx context.Context, db *pgxpool.Pool, readOnly bool) (*api, error) {
	g, err := graph.New(db, graph.Config{ReadOnly: readOnly, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	a := &api{}
	if a.missing, err = g.Adapt(ctx); err != nil {
		return nil, err
	}
	a.handler, a.records, a.links = g.Handler(), g.Records.Catalog(), g.Links.Catalog()
	return a, a.findRoots(ctx)
}

// findRoots reads the root fields of each model from the schema.
func (a *api) findRoots(ctx context.Context) error {
	type typ struct {
		Kind, Name string
		OfType     *struct{ Name string }
	}
	var answer struct {
		Schema struct {
			QueryType struct {
				Fields []struct {
					Name string
					Args []struct{ Name string }
					Type typ
				}
			}
		} `json:"__schema"`
	}
	err := a.ask(
		ctx,
		`{ __schema { queryType { fields { name args { name } type { kind name ofType { name } } } } } }`,
		nil,
		&answer,
	)
	if err != nil {
		return err
	}
	a.roots = map[string]root{}
	for _, f := range answer.Schema.QueryType.Fields {
		name := f.Type.Name
		if f.Type.OfType != nil {
			name = strings.TrimSuffix(f.Type.OfType.Name, "Connection")
		}
		r := a.roots[name]
		if f.Type.OfType != nil {
			r.list = f.Name
		} else if len(f.Args) == 1 {
			r.one, r.key = f.Name, f.Args[0].Name
		}
		a.roots[name] = r
	}
	return nil
}

// refusal is an answer with errors.
type refusal struct {
	messages []string
	codes    []string
}

func (r *refusal) Error() string { return strings.Join(r.messages, "; ") }

// ask sends a document and decodes the data of its answer. It returns a *refusal if the answer has errors.
func (a *api) ask(ctx context.Context, query string, variables record, into any) error {
	body, err := json.Marshal(record{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	a.handler.ServeHTTP(recorder, request)
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		return fmt.Errorf("%s: %w: %s", query, err, recorder.Body)
	}
	if len(answer.Errors) > 0 {
		refused := &refusal{}
		for _, e := range answer.Errors {
			refused.messages = append(refused.messages, e.Message)
			refused.codes = append(refused.codes, e.Extensions.Code)
		}
		return fmt.Errorf("%s: %w", query, refused)
	}
	if into == nil {
		return nil
	}
	return decode(answer.Data, into)
}

// refused reports whether a document is refused with the given code.
func (a *api) refused(ctx context.Context, query, code string) bool {
	var r *refusal
	err := a.ask(ctx, query, nil, nil)
	return errors.As(err, &r) && len(r.codes) == 1 && r.codes[0] == code
}

// page is a page of a list.
type page struct {
	Edges []struct {
		Node, Link record
	}
	Nodes      []record
	TotalCount int
	PageInfo   struct {
		HasNextPage bool
		EndCursor   string
	}
}

// asPage decodes a page that is part of an answer.
func asPage(v any) (page, error) {
	var p page
	text, err := json.Marshal(v)
	if err != nil {
		return p, err
	}
	return p, decode(text, &p)
}

const pageInfo = "pageInfo { hasNextPage endCursor }"

// list reads all pages of a root list. args are further arguments, such as a filter.
func (a *api) list(ctx context.Context, m *recordstore.Model, args, selection string) ([]record, error) {
	field := a.roots[m.Name].list
	if field == "" {
		return nil, fmt.Errorf("there is no list of %s", m.Name)
	}
	query := fmt.Sprintf(
		"query ($after: String) { page: %s(first: %d, after: $after%s) { nodes { %s } %s } }",
		field,
		rootPage,
		args,
		selection,
		pageInfo,
	)
	var all []record
	variables := record{}
	for {
		var answer struct{ Page page }
		if err := a.ask(ctx, query, variables, &answer); err != nil {
			return nil, err
		}
		all = append(all, answer.Page.Nodes...)
		if !answer.Page.PageInfo.HasNextPage {
			return all, nil
		}
		variables["after"] = answer.Page.PageInfo.EndCursor
	}
}

// all reads all records of a model with all columns, by key.
func (a *api) all(ctx context.Context, m *recordstore.Model) (map[string]record, error) {
	list, err := a.list(ctx, m, "", columnFields(m))
	if err != nil {
		return nil, err
	}
	return byKey(list, keyField(m)), nil
}

func byKey(list []record, key string) map[string]record {
	all := make(map[string]record, len(list))
	for _, r := range list {
		all[text(r[key])] = r
	}
	return all
}

// text formats a value as a key.
func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// literal quotes a string for GraphQL.
func literal(s string) string {
	quoted, _ := json.Marshal(s) // marshalling a string never fails
	return string(quoted)
}
