package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// written is a mutation with its implementations.
type written struct {
	name, mutation string
	hand           answerer
	bare           string // a single statement that keeps fewer promises; "" if one statement cannot do it
	args           func(v variables) []any
}

// scenario is a sequence of writes of the same records. Each finds what the one before it left. They are measured one
// by one: all clients finish the first write before any begins the second.
type scenario struct {
	name     string
	size     int // number of items in a request
	clients  []int
	requests int // of each write per round, by all clients together
	writes   []written
	// variables returns the variables of the n-th request of a client. No other request writes the same records.
	variables func(s *scenario, client, clients, n int) variables
}

// scenarios returns the scenarios for a store with the given number of products.
func scenarios(products int) []scenario {
	links := []written{
		{"createLinks, new", createMutation, hand.createLinks, bareCreate, createArgs},
		{"createLinks, unchanged", createMutation, hand.createLinks, bareCreate, createArgs},
		{"dismissLinks", dismissMutation, hand.dismissLinks, bareDismiss, dismissArgs},
		{"createLinks, dismissed before", createMutation, hand.createLinks, bareCreate, createArgs},
	}
	records := []written{
		{
			"deleteProductVariants",
			`mutation Delete($ids: [ID!]!) { deleteProductVariants(ids: $ids) { deletionId links { id name } records { model ids } } }`,
			hand.deleteVariants,
			"",
			nil,
		},
		{
			"restoreProductVariants",
			`mutation Restore($ids: [ID!]!) { restoreProductVariants(ids: $ids) { deletionId links { id name } records { model ids } } }`,
			hand.restoreVariants,
			"",
			nil,
		},
	}
	// Each client has its own products and channels, so that clients do not wait for each other.
	pairs := func(s *scenario, client, clients, n int) variables {
		own := products / clients
		var v variables
		for x := n * s.size; x < (n+1)*s.size; x++ {
			v.Links = append(
				v.Links,
				newLinkInput(productID(1+client*own+x%own), fmt.Sprintf("w%d", client+clients*(x/own))),
			)
		}
		return v
	}
	// Every tenth variant shares an inventory item with others, so it is left out.
	variants := func(s *scenario, client, clients, n int) variables {
		own := products * 5 * 9 / 10 / clients
		var v variables
		for x := n * s.size; x < (n+1)*s.size; x++ {
			i := client*own + x%own
			v.IDs = append(v.IDs, variantID(1+i+i/9))
		}
		return v
	}
	return []scenario{
		{"links: 1 a call", 1, []int{1, 16, 64}, 512, links, pairs},
		{"links: 1,000 a call", 1000, []int{1}, 8, links, pairs},
		{"links: 10,000 a call", 10_000, []int{1}, 2, links, pairs},
		{"records: 1 variant a call", 1, []int{1, 16, 64}, 192, records, variants},
		{"records: 100 variants a call", 100, []int{1}, 4, records, variants},
	}
}

const (
	createMutation  = `mutation Create($links: [LinkInput!]!) { createLinks(links: $links) { results { outcome link { id ... on ProductSalesChannel { productId salesChannelId } } } } }`
	dismissMutation = `mutation Dismiss($links: [LinkInput!]!) { dismissLinks(links: $links) { results { outcome link { id ... on ProductSalesChannel { productId salesChannelId } } } } }`
)

func createArgs(v variables) []any {
	left, right, ids := distinctPairs(v.Links)
	return []any{left, right, ids}
}

func dismissArgs(v variables) []any {
	left, right := keysOf(v.Links)
	return []any{left, right}
}

func (w written) ways(a *answering) []way {
	ways := []way{{name: "hand", handler: a.hand.handler(w.hand)}}
	if w.bare != "" {
		ways = append(ways, way{name: "bare json_agg", handler: a.hand.handler(statement(w.bare, w.args)), bare: true})
	}
	return append(ways, way{name: "api", handler: a.api})
}

// bodies returns the requests of a scenario, by write, client and number.
func (s *scenario) bodies(clients int) ([][][][]byte, error) {
	all := make([][][][]byte, len(s.writes))
	for i, w := range s.writes {
		all[i] = make([][][]byte, clients)
		for client := range clients {
			for n := range s.requests / clients {
				body, err := bodyOf(w.mutation, s.variables(s, client, clients, n))
				if err != nil {
					return nil, err
				}
				all[i][client] = append(all[i][client], body)
			}
		}
	}
	return all, nil
}

// writes compares the mutations on a copy of the store.
func (c *comparison) writes(ctx context.Context) error {
	if err := c.prepareWrites(ctx); err != nil {
		return err
	}
	for _, s := range c.scenarios() {
		counts, err := c.checkWrites(ctx, &s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, clients := range s.clients {
			if err := c.write(ctx, &s, clients, counts); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return nil
}

// scenarios returns the selected scenarios.
func (c *comparison) scenarios() []scenario {
	return slices.DeleteFunc(scenarios(c.products), func(s scenario) bool { return !c.queries.MatchString(s.name) })
}

// prepareWrites adds channels without links, and earlier deletions: restores in a store in use do not read empty
// tables.
func (c *comparison) prepareWrites(ctx context.Context) error {
	if c.products < 640 {
		return errors.New("writes need 640 products, so that each client has its own")
	}
	_, err := c.timed.pool.Exec(ctx, `
		INSERT INTO sales_channel (id, name) SELECT 'w' || n, 'New channel ' || n FROM generate_series(0, 1023) AS n;
		INSERT INTO linkgraph.deletion (id, deleted_at) SELECT 'old' || n, now() - n * interval '1 minute' FROM generate_series(1, 5000) AS n;
		INSERT INTO linkgraph.deletion_record (deletion_id, model, key, removed)
		SELECT 'old' || n, m, 'old' || n, true FROM generate_series(1, 5000) AS n, unnest(ARRAY['ProductVariant', 'PriceSet', 'Price']) AS m;
		INSERT INTO linkgraph.deletion_cause (deletion_id, parent_model, parent_key, model, key)
		SELECT 'old' || n, 'ProductVariant', 'old' || n, 'PriceSet', 'old' || n FROM generate_series(1, 5000) AS n
		UNION ALL SELECT 'old' || n, 'PriceSet', 'old' || n, 'Price', 'old' || n FROM generate_series(1, 5000) AS n;
		INSERT INTO linkgraph.deletion_link (deletion_id, link, left_key, right_key)
		SELECT 'old' || n, l, 'old' || n, 'old' || n FROM generate_series(1, 5000) AS n, unnest(ARRAY['product_variant_price_set', 'product_variant_inventory_item']) AS l;
		ANALYZE sales_channel, linkgraph.deletion, linkgraph.deletion_record, linkgraph.deletion_cause, linkgraph.deletion_link`)
	return err
}

// write measures a scenario.
func (c *comparison) write(ctx context.Context, s *scenario, clients int, counts [][]count) error {
	bodies, err := s.bodies(clients)
	if err != nil {
		return err
	}
	costs := make([][]cost, len(s.writes))
	for i := range costs {
		costs[i] = make([]cost, len(s.writes[i].ways(c.timed)))
	}
	for round := range c.rounds + 1 {
		for j, w := range s.writes[0].ways(c.timed) {
			if c.skips(w) {
				continue
			}
			for i := range s.writes {
				t := traffic{clients: clients, body: func(client, n int) []byte {
					if n < len(bodies[i][client]) {
						return bodies[i][client][n]
					}
					return nil
				}}
				spent, err := spend(ctx, c.timed.pool, s.writes[i].ways(c.timed)[j].handler, t)
				if err != nil {
					return err
				}
				if round > 0 { // the first round warms up
					costs[i][j].add(spent)
				}
			}
			if err := c.clean(ctx); err != nil {
				return err
			}
		}
	}
	only := ""
	if len(s.clients) == 1 {
		only = " (more are not measured)"
	}
	for i, w := range s.writes {
		printTable(
			c.out,
			fmt.Sprintf("%s; %s; clients: %d%s", s.name, w.name, clients, only),
			w.ways(c.timed),
			costs[i],
			counts[i],
		)
	}
	return nil
}

// clean removes what the scenarios leave, and vacuums the tables.
func (c *comparison) clean(ctx context.Context) error {
	for _, sql := range []string{
		`DELETE FROM product_sales_channel WHERE sales_channel_id LIKE 'w%'`,
		`DELETE FROM linkgraph.link_event`,
		`DELETE FROM linkgraph.deletion WHERE id LIKE 'del%'`,
		`VACUUM product_sales_channel, product, sales_channel, product_variant, price_set, price, product_variant_price_set, product_variant_inventory_item, inventory_item`,
		`VACUUM linkgraph.link_event, linkgraph.deletion, linkgraph.deletion_record, linkgraph.deletion_cause, linkgraph.deletion_link`,
	} {
		if _, err := c.timed.pool.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// newIDs matches ids that differ between ways.
var newIDs = regexp.MustCompile(`\b(prodsc|del)_[0-9A-Z]{26}\b`)

// checkWrites runs the scenario in every way, checks that answers and database contents are the same, and counts what
// each write sends once its statements are prepared.
func (c *comparison) checkWrites(ctx context.Context, s *scenario) ([][]count, error) {
	counts := make([][]count, len(s.writes))
	answers := make([][][]byte, len(s.writes))
	states := make([][]string, len(s.writes)) // of the first way
	v := s.variables(s, 0, 1, 0)
	for j, way := range s.writes[0].ways(c.counted) {
		for _, warm := range []bool{true, false} {
			for i, w := range s.writes {
				body, err := bodyOf(w.mutation, v)
				if err != nil {
					return nil, err
				}
				var out sink
				c.counter.take()
				if err := send(w.ways(c.counted)[j].handler, body, &out); err != nil {
					return nil, fmt.Errorf("%s, %s: %w", w.name, way.name, err)
				}
				if warm {
					continue
				}
				counts[i] = append(counts[i], c.counter.take())
				answers[i] = append(answers[i], newIDs.ReplaceAll(out.Bytes(), []byte("${1}_")))
				state, err := c.state(ctx)
				if err != nil {
					return nil, err
				}
				if j == 0 {
					states[i] = state
				}
				if err := sameState(states[i], state, way); err != nil {
					return nil, fmt.Errorf("%s: %w", w.name, err)
				}
			}
			if err := c.clean(ctx); err != nil {
				return nil, err
			}
		}
	}
	for i, w := range s.writes {
		if err := sameAnswers(w.name, w.ways(c.counted), answers[i]); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// state returns what the writes left in the database, as sorted lines.
func (c *comparison) state(ctx context.Context) ([]string, error) {
	rows, err := c.timed.pool.Query(ctx, `
		SELECT concat_ws(' ', 'row', product_id, sales_channel_id, deleted_at IS NULL) FROM product_sales_channel WHERE sales_channel_id LIKE 'w%'
		UNION ALL SELECT concat_ws(' ', 'row', id) FROM product_variant WHERE deleted_at IS NOT NULL
		UNION ALL SELECT concat_ws(' ', 'row', id) FROM price_set WHERE deleted_at IS NOT NULL
		UNION ALL SELECT concat_ws(' ', 'row', id) FROM price WHERE deleted_at IS NOT NULL
		UNION ALL SELECT concat_ws(' ', 'row', id) FROM product_variant_price_set WHERE deleted_at IS NOT NULL
		UNION ALL SELECT concat_ws(' ', 'row', id) FROM product_variant_inventory_item WHERE deleted_at IS NOT NULL
		UNION ALL SELECT concat_ws(' ', 'event', event, cause, link, left_key, right_key, data) FROM linkgraph.link_event
		UNION ALL SELECT concat_ws(' ', 'record', model, key, removed, restored_at IS NOT NULL) FROM linkgraph.deletion_record WHERE deletion_id LIKE 'del%'
		UNION ALL SELECT concat_ws(' ', 'cause', parent_model, parent_key, model, key) FROM linkgraph.deletion_cause WHERE deletion_id LIKE 'del%'
		UNION ALL SELECT concat_ws(' ', 'link', link, left_key, right_key, wanted, restored_at IS NOT NULL) FROM linkgraph.deletion_link WHERE deletion_id LIKE 'del%'`)
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.Sort(lines)
	return lines, err
}

// sameState returns an error if a way leaves another state than the first way. For a bare way only rows count,
// because it writes no events.
func sameState(want, got []string, w way) error {
	if w.bare {
		want = slices.DeleteFunc(slices.Clone(want), func(line string) bool { return !strings.HasPrefix(line, "row ") })
	}
	if reflect.DeepEqual(want, got) {
		return nil
	}
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			text, _ := json.Marshal(
				map[string]any{"first": want[i:min(len(want), i+3)], w.name: got[i:min(len(got), i+3)]},
			)
			return fmt.Errorf("%s leaves another state: %s", w.name, text)
		}
	}
	return nil
}
