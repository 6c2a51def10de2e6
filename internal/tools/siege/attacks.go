package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// attack is one way to keep the server from serving others.
type attack struct {
	name    string
	clients int
	admin   bool                             // needs a secret key rather than a publishable one
	key     http.Header                      // created for each attack, so that none uses up the rate limit of the next
	bodies  []string                         // requests that are sent in turn
	run     func(context.Context, *attacker) // used instead of bodies
}

// publishable returns the header of a publishable key.
func publishable(token string) http.Header {
	return http.Header{http.CanonicalHeaderKey("x-publishable-api-key"): {token}}
}

func secret(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// clientsPerAttack is how many clients most attacks have.
const clientsPerAttack = 16

// attacks returns the attacks whose names contain only. With each, every document is an attack of its own.
func attacks(only string, each bool) []attack {
	// Most documents are just within the limits of storefronts, which makes them as costly as possible. Some are
	// above the limits and must cost little.
	all := []attack{
		{
			name:   "large answers",
			bodies: []string{paths(4, 25), paths(4, 40), paths(3, 120), paths(5, 100), manyPages(25)},
		},
		{name: "many root fields", bodies: []string{pages(30, "id title")}},
		{name: "counts", bodies: []string{counts(30), counts(100), pages(100, "id")}},
		{name: "sort keys", bodies: []string{prices(2), prices(4), prices(8), sortedBy(1500), sortedBy(8)}},
		{
			name: "dear filters",
			bodies: []string{
				nested(5, 1),
				nested(5, 5),
				nested(5, 10),
				nested(12, 1),
				nested(5, 6),
				broad(14),
				broad(90),
			},
		},
		{
			name: "big variables",
			bodies: []string{
				valuesMany(200, 300),
				valuesMany(60, 30),
				valuesMany(7, 290),
				valuesMany(800, 300),
				emptyMany(60_000),
				emptyMany(2),
				valuesMany(5000, 900),
			},
		},
		{name: "introspection", bodies: introspection()},
		{name: "introspection by an admin", clients: 2, admin: true, bodies: introspection()},
		{name: "slow readers", run: slowReaders},
		{name: "slow senders", run: slowSenders},
		{name: "idle connections", run: idle},
		{name: "bad keys", run: badKeys},
		{name: "good requests", bodies: []string{document("{products(first:1){nodes{id}}}")}},
	}
	var chosen []attack
	for _, a := range all {
		if a.clients == 0 {
			a.clients = clientsPerAttack
		}
		switch {
		case !strings.Contains(a.name, only):
		case each && len(a.bodies) > 1:
			for i, body := range a.bodies {
				chosen = append(
					chosen,
					attack{
						name:    fmt.Sprintf("%s %d", a.name, i),
						clients: a.clients,
						admin:   a.admin,
						bodies:  []string{body},
					},
				)
			}
		default:
			chosen = append(chosen, a)
		}
	}
	return chosen
}

func document(query string) string { return withVariable(query, nil) }

func withVariable(query string, v any) string {
	body := map[string]any{"query": query}
	if v != nil {
		body["variables"] = map[string]any{"v": v}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings, lists and maps can always be marshalled
	}
	return string(text)
}

// times repeats a text n times and replaces %[1]d by the number of the repetition.
func times(n int, text string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(text, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, " ")
}

// paths returns a query from products to their type and back, so that few rows are written many times.
func paths(deep, aliases int) string {
	return document(
		"{products(first:100){nodes{" + strings.Repeat(
			"type{products(first:8){nodes{",
			deep-1,
		) + times(
			aliases,
			"a#:title",
		) + strings.Repeat(
			"}}}",
			deep-1,
		) + "}}}",
	)
}

func manyPages(n int) string {
	return document(
		"{" + times(
			n,
			`a#:products(first:100,filter:{title:{ne:"#"}}){edges{cursor node{id title variants(first:10){edges{cursor node{id title sku priceSet{prices(first:2){nodes{id amount}}}}}}}}}`,
		) + "}",
	)
}

func pages(n int, fields string) string {
	return document("{" + times(n, `a#:products(first:100,filter:{title:{ne:"#"}}){nodes{`+fields+"}}") + "}")
}

func counts(n int) string {
	return document("{" + times(n, `a#:productVariants(filter:{title:{ne:"#"}}){totalCount}`) + "}")
}

// prices returns a query that sorts by aggregates over variants and their prices.
func prices(n int) string {
	var keys []string
	for _, field := range []string{"amount", "id"} {
		for _, outer := range []string{"min", "max"} {
			for _, inner := range []string{"min", "max"} {
				keys = append(
					keys,
					fmt.Sprintf("{variants:{%s:{priceSet:{prices:{%s:{%s:ASC}}}}}}", outer, inner, field),
				)
			}
		}
	}
	return document("{products(first:1,orderBy:[" + strings.Join(keys[:n], ",") + "]){nodes{id}}}")
}

func sortedBy(n int) string {
	keys := make([]any, n)
	for i := range keys {
		keys[i] = map[string]any{"variants": map[string]any{"count": "ASC"}}
	}
	return withVariable("query($v:[ProductOrder!]){products(first:1,orderBy:$v){nodes{id}}}", keys)
}

// nested returns a query with relations nested in each other.
func nested(deep, aliases int) string {
	filter := `{title:{like:"%x#%"}}`
	for i := range deep {
		name := "variants:{none:"
		if (deep-i)%2 == 0 {
			name = "product:"
		}
		filter = "{" + name + filter + strings.Repeat("}", strings.Count(name, "{")) + "}"
	}
	return document("{" + times(aliases, "a#:products(first:1,filter:"+filter+"){nodes{id}}") + "}")
}

// broad returns a query with many relations side by side.
func broad(n int) string {
	return document(
		"{products(first:1,filter:{or:[" + times(
			n,
			`{variants:{none:{priceSet:{prices:{some:{amount:{gt:"#"}}}}}}}`,
		) + "]}){nodes{id}}}",
	)
}

// shared is how many root fields use the same variable.
const shared = 30

// valuesMany returns a query whose root fields share a long list of values.
func valuesMany(items, length int) string {
	list := make([]string, items)
	for i := range list {
		list[i] = strings.Repeat("x", length)
	}
	return withVariable(
		"query($v:ProductFilter){"+times(shared, "a#:products(filter:$v){nodes{id}}")+"}",
		map[string]any{"id": map[string]any{"in": list}},
	)
}

func emptyMany(items int) string {
	list := make([]struct{}, items)
	return withVariable(
		"query($v:ProductFilter){"+times(shared, "a#:products(filter:$v){nodes{id}}")+"}",
		map[string]any{"or": list},
	)
}

func introspection() []string {
	inner := "fields{type{ofType{" + times(10, "b#:fields{name description}") + "}}}"
	return []string{
		document(
			"{__schema{types{name fields(includeDeprecated:true){name description args{name type{name ofType{name}}} type{name ofType{name ofType{name}}}}}}}",
		),
		document("{__schema{types{" + times(10, "a#:fields{name type{ofType{fields{name description}}}}") + "}}}"),
		document("{__schema{types{" + times(10, "a#:"+inner) + "}}}"),
		document(
			"{__schema{types{" + times(
				3,
				"a#:inputFields{type{"+times(3, "b#:inputFields{name description}")+"}}",
			) + "}}}",
		),
	}
}

// slowReaders request large answers and do not read them.
func slowReaders(ctx context.Context, a *attacker) {
	for range 8 {
		a.hold(ctx, func(conn *held) { conn.request(a.key, manyPages(25), 1) })
		if pause(ctx, 500*time.Millisecond) != nil {
			return
		}
	}
	<-ctx.Done()
}

// slowSenders announce headers or bodies and do not send all of them.
func slowSenders(ctx context.Context, a *attacker) {
	big := document("{products(first:1){nodes{id}}}") + strings.Repeat(" ", 250_000)
	for range 25 {
		a.hold(ctx, func(conn *held) { conn.write("POST /graphql HTTP/1.1\r\nHost: localhost\r\nx-a: ") })
		a.hold(ctx, func(conn *held) { conn.request(a.key, big, 0) })
		a.hold(ctx, func(conn *held) { conn.request(a.key, big, 0.9) })
		if pause(ctx, 50*time.Millisecond) != nil {
			return
		}
	}
	<-ctx.Done()
}

// idleConnections is the total over all clients.
const idleConnections = 2000

func idle(ctx context.Context, a *attacker) {
	for range idleConnections / clientsPerAttack {
		a.hold(ctx, func(*held) {})
	}
	<-ctx.Done()
}

// badKeys never sends the same key twice.
func badKeys(ctx context.Context, a *attacker) {
	for i := range mostRequests {
		random := make([]byte, 32)
		_, _ = rand.Read(random) // never fails
		key := secret("sk_" + hex.EncodeToString(random))
		if i%2 == 0 {
			key = publishable("pk_" + hex.EncodeToString(random))
		}
		a.ask(ctx, key, document("{products(first:1){nodes{id}}}"))
		if pause(ctx, requestPause) != nil {
			return
		}
	}
}
