package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/servertest"
	"github.com/linkgraph/linkgraph/linkstore"
)

// eventShop is a server on a database with a product and three channels, and the commands that run beside it.
type eventShop struct {
	*server
	db *pgtest.DB
}

func newEventShop(t *testing.T) *eventShop {
	t.Helper()
	db := migrated(t)
	e := &eventShop{serve(t, "--database-url", db.URL), db}
	e.mutate(t, `createProducts(input: [{ id: "prod_1", title: "P", handle: "p" }]) { products { id } }
		createSalesChannels(input: [{ id: "sc_1", name: "A" }, { id: "sc_2", name: "B" }, { id: "sc_3", name: "C" }]) { salesChannels { id } }`)
	return e
}

func (e *eventShop) mutate(t *testing.T, fields string) {
	t.Helper()
	if a, err := ask(t.Context(), t, e.url, `mutation { `+fields+` }`); err != nil || a.code() != "" {
		t.Fatalf("%s: %v, %+v", fields, err, a)
	}
}

// link links the product to a channel, unlink ends that.
func (e *eventShop) link(t *testing.T, channel string) {
	t.Helper()
	e.mutate(t, fmt.Sprintf(
		`createLinks(links: [{ product: { productId: "prod_1" }, salesChannel: { salesChannelId: %q } }]) { results { outcome } }`,
		channel,
	))
}

func (e *eventShop) unlink(t *testing.T, channel string) {
	t.Helper()
	e.mutate(t, fmt.Sprintf(
		`dismissLinks(links: [{ product: { productId: "prod_1" }, salesChannel: { salesChannelId: %q } }]) { results { outcome } }`,
		channel,
	))
}

// run runs a command on the database of the server.
func (e *eventShop) run(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	return try(t, append(args, "--database-url", e.db.URL)...)
}

// events prints events as JSON and reads what was printed.
func (e *eventShop) events(t *testing.T, args ...string) []linkstore.Event {
	t.Helper()
	out, err := e.run(t, append([]string{"events", "--json"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return printed(t, out)
}

func printed(t *testing.T, out string) (events []linkstore.Event) {
	t.Helper()
	for line := range strings.Lines(out) {
		var e linkstore.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		events = append(events, e)
	}
	return events
}

// say says what events are of, in short.
func say(events []linkstore.Event) string {
	var words []string
	for _, e := range events {
		words = append(words, fmt.Sprintf("%s %s-%s", e.Kind, e.Left, e.Right))
	}
	return strings.Join(words, ", ")
}

// TestEventsCommand prints events, from a cursor on, of one link and of one record, and refuses what it cannot print.
func TestEventsCommand(t *testing.T) {
	t.Parallel()
	e := newEventShop(t)
	e.link(t, "sc_1")
	e.link(t, "sc_2")
	e.unlink(t, "sc_1")
	var all []linkstore.Event
	until(t, "all events can be read", func() bool { all = e.events(t); return len(all) == 3 })
	const want = "attached prod_1-sc_1, attached prod_1-sc_2, detached prod_1-sc_1"
	if say(all) != want || all[0].Link != "product_sales_channel" || all[2].Cause != "dismiss" || all[0].At.IsZero() {
		t.Errorf("got %+v", all)
	}
	for args, want := range map[string]string{
		"--after " + all[0].Cursor:                       "attached prod_1-sc_2, detached prod_1-sc_1",
		"--after " + all[2].Cursor:                       "",
		"--limit 1":                                      "attached prod_1-sc_1",
		"--limit 1 --after " + all[0].Cursor:             "attached prod_1-sc_2",
		"--link product_sales_channel --right sc_1":      "attached prod_1-sc_1, detached prod_1-sc_1",
		"--link product_sales_channel --left prod_1":     say(all),
		"--link product_sales_channel --left prod_other": "",
	} {
		if got := say(e.events(t, strings.Fields(args)...)); got != want {
			t.Errorf("%s: got %q, want %q", args, got, want)
		}
	}
	out, err := e.run(t, "events", "--after", all[1].Cursor)
	line := regexp.MustCompile(
		`^` + all[2].Cursor + `  20\S+Z  detached  product_sales_channel prod_1 -> sc_1  dismiss\n$`,
	)
	if err != nil || !line.MatchString(out) {
		t.Errorf("as text: %q, %v", out, err)
	}
	for args, want := range map[string]string{
		"--after yesterday":       `cursor "yesterday": is not one that Events has returned`,
		"--left prod_1":           "link: is missing",
		"--link product_channels": `no link "product_channels" is defined; did you mean product_sales_channel?`,
	} {
		if out, err := e.run(t, append([]string{"events"}, strings.Fields(args)...)...); err == nil || out != "" ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", args, out, err)
		}
	}
}

// TestEventsAreFollowed has the command print events as they come. It polls once an hour, so a notification has woken it.
func TestEventsAreFollowed(t *testing.T) {
	t.Parallel()
	e := newEventShop(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, log servertest.Log
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, []string{"events", "--follow", "--json", "--poll", "1h", "--database-url", e.db.URL}, &out, &log)
	}()
	until(t, "the command listens", func() (listening bool) {
		if err := e.db.Pool.QueryRow(t.Context(), `SELECT listening_until > now() FROM linkgraph.event_stream`).
			Scan(&listening); err != nil {
			t.Fatal(err)
		}
		return listening
	})
	// Transactions of other tests may hold an event back behind its notification. The next one then brings both.
	channel := 0
	until(t, "an event is printed", func() bool {
		channel++
		e.link(t, fmt.Sprintf("sc_%d", channel%3+1))
		e.unlink(t, fmt.Sprintf("sc_%d", channel%3+1))
		return strings.Contains(out.String(), "\n")
	})
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v\n%s", err, &log)
	}
	events := printed(t, out.String())
	if events[0].Kind != linkstore.Attached || events[0].Right != "sc_2" {
		t.Errorf("the first is %+v", events[0])
	}
	// Whoever follows again from the last cursor gets the rest, and none twice.
	rest := e.events(t, "--after", events[len(events)-1].Cursor)
	all := e.events(t)
	if got := say(append(events, rest...)); !strings.HasPrefix(say(all), got) {
		t.Errorf("first %s, then %s, of %s", say(events), say(rest), say(all))
	}
}

// TestPruneCommand removes what is old, and shows what becomes of cursors and restores.
func TestPruneCommand(t *testing.T) {
	t.Parallel()
	e := newEventShop(t)
	e.link(t, "sc_1")
	e.link(t, "sc_2")
	e.mutate(t, `deleteProducts(ids: ["prod_1"]) { deletionId }`)
	var all []linkstore.Event
	until(t, "all events can be read", func() bool { all = e.events(t); return len(all) == 4 })
	for args, want := range map[string]string{
		"--older-than 1d --what orders":        "--what=orders: the choices are events, deletions, audit",
		"--older-than 1d --what events,orders": "--what=orders: the choices are events, deletions, audit",
		"--older-than 3weeks --what events":    `"3weeks" is no age: 90d is one, and so is 12h`,
		"--older-than=-1d --what events":       "is no age",
		"--what events":                        "--older-than",
		"--older-than 1d":                      "--what",
	} {
		if out, err := e.run(
			t,
			append([]string{"prune"}, strings.Fields(args)...)...); err == nil ||
			strings.Contains(out, "removed") ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", args, out, err)
		}
	}
	prune := func(age, what string) string {
		t.Helper()
		out, err := e.run(t, "prune", "--older-than", age, "--what", what)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := prune(
		"90d",
		"audit,deletions,events",
	); out != "events: 0 removed\ndeletions: 0 removed\naudit: 0 removed\n" {
		t.Errorf("what is young: %q", out)
	}
	if out := prune("0s", "events"); out != "events: 4 removed\n" {
		t.Errorf("events: %q", out)
	}
	_, err := e.run(t, "events", "--after", all[0].Cursor)
	if err == nil || !strings.Contains(err.Error(), "is of events that were pruned") ||
		!strings.Contains(err.Error(), all[3].Cursor) {
		t.Errorf("a pruned cursor: %v; the last is %s", err, all[3].Cursor)
	}
	if left := e.events(t, "--after", all[3].Cursor); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if out := prune("0s", "deletions"); out != "deletions: 1 removed\n" {
		t.Errorf("deletions: %q", out)
	}
	var rows int
	if err := e.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM linkgraph.audit`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if out := prune("0s", "audit"); rows == 0 || out != fmt.Sprintf("audit: %d removed\n", rows) {
		t.Errorf("audit, of %d rows: %q", rows, out)
	}
}
