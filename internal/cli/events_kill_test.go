package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/postgres"
	"github.com/linkgraph/linkgraph/internal/servertest"
	"github.com/linkgraph/linkgraph/linkstore"
)

var (
	eventsFor  = flag.Duration("events-for", 8*time.Second, "how long TestEventsThroughKills writes")
	eventsHold = flag.Duration("events-hold", 400*time.Millisecond, "how long its transactions stay open at most")
)

const (
	eventWriters  = 16
	eventProducts = 40
	eventChannels = 4
)

// killedOutbox is a server that is killed, on a Postgres that is killed, and what its clients know.
type killedOutbox struct {
	t     *testing.T
	dir   string
	pg    *postgres.Server
	pgURL string       // stays the same when Postgres is started again
	url   atomic.Value // of the server

	mu    sync.Mutex
	acked map[change]int
}

// change is a link that was attached or detached.
type change struct {
	product, channel string
	kind             linkstore.EventKind
}

// TestEventsThroughKills has many clients attach and detach the same pairs, in transactions that stay open for a while before and
// after they write their events, while the server and Postgres are killed in turn. A consumer that keeps its cursor with what it
// has done gets each event exactly once, and those of a pair in order. `make events` runs it for longer.
func TestEventsThroughKills(t *testing.T) {
	t.Parallel()
	outbox := &killedOutbox{t: t, dir: servertest.DataDir(t), acked: map[change]int{}}
	outbox.pg = privatePostgres(t, outbox.dir, false)
	outbox.pgURL = outbox.pg.URL()
	server := outbox.serve()
	outbox.seed()
	ctx, stop := context.WithTimeout(t.Context(), *eventsFor)
	defer stop()
	var writers, reader sync.WaitGroup
	for range eventWriters {
		writers.Go(func() { outbox.write(ctx) })
	}
	consumer := &eventConsumer{outbox: outbox, byID: map[int64]bool{}}
	reader.Go(consumer.run)
	servers, clusters := 0, 0
	for ctx.Err() == nil {
		sleep(ctx, time.Second+rand.N(2*time.Second+2**eventsHold))
		if servers == clusters {
			server.Kill()
			server = outbox.serve()
			servers++
		} else {
			outbox.killPostgres()
			clusters++
		}
	}
	writers.Wait()
	consumer.finish.Store(true)
	reader.Wait()
	outbox.check(consumer)
	t.Logf("the server was killed %d times, Postgres %d times", servers, clusters)
	if servers == 0 || clusters == 0 {
		t.Error("too little was killed")
	}
}

// serve starts the server with a session for each writer.
func (o *killedOutbox) serve() *servertest.Process {
	p := process(o.t, "--log-level error --lock-timeout 10s --db-max-conns 22 --database-url "+o.pgURL)
	o.url.Store(p.MustAddress(o.t))
	return p
}

// killPostgres kills the postmaster, whose other processes then end themselves, and starts Postgres again.
func (o *killedOutbox) killPostgres() {
	var file string
	conn := o.connect()
	defer conn.Close(context.Background())
	if err := conn.QueryRow(o.t.Context(), `SELECT pg_read_file('postmaster.pid')`).Scan(&file); err != nil {
		o.t.Fatal(err)
	}
	line, _, _ := strings.Cut(file, "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		o.t.Fatal(err)
	}
	if err := o.pg.Stop(o.t.Context()); err != nil { // gives up the folder
		o.t.Fatal(err)
	}
	o.pg = privatePostgres(o.t, o.dir, false)
}

// connect connects to the Postgres, which runs.
func (o *killedOutbox) connect() *pgx.Conn {
	conn, err := pgx.Connect(o.t.Context(), o.pgURL)
	if err != nil {
		o.t.Fatal(err)
	}
	return conn
}

// seed makes the records, the tables of the consumer, and the triggers that keep transactions open: one waits between the
// transaction's first lock and its events, the other one between its events and its end. Most waits are short.
func (o *killedOutbox) seed() {
	var products, channels []string
	for i := range eventProducts {
		products = append(products, fmt.Sprintf(`{ id: "prod_%[1]d", title: "P", handle: "p-%[1]d" }`, i))
	}
	for i := range eventChannels {
		channels = append(channels, fmt.Sprintf(`{ id: "sc_%[1]d", name: "C %[1]d" }`, i))
	}
	document := `mutation { createProducts(input: [` + strings.Join(products, ",") + `]) { products { id } }
		createSalesChannels(input: [` + strings.Join(channels, ",") + `]) { salesChannels { id } } }`
	if a, err := ask(o.t.Context(), o.t, o.url.Load().(string), document); err != nil || a.code() != "" {
		o.t.Fatalf("seed: %v, %+v", err, a)
	}
	conn := o.connect()
	defer conn.Close(context.Background())
	if _, err := conn.Exec(o.t.Context(), fmt.Sprintf(`
		CREATE TABLE consumed (seq bigint GENERATED ALWAYS AS IDENTITY, id bigint, product text, channel text, kind text);
		CREATE TABLE consumer (cursor text NOT NULL);
		INSERT INTO consumer VALUES ('');
		CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			PERFORM pg_sleep(%f * power(random(), 3) / TG_ARGV[0]::integer);
			RETURN NULL;
		END $$;
		CREATE TRIGGER hold BEFORE INSERT OR UPDATE ON product_sales_channel FOR EACH STATEMENT EXECUTE FUNCTION hold(2);
		CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON linkgraph.link_event DEFERRABLE INITIALLY DEFERRED
			FOR EACH ROW EXECUTE FUNCTION hold(6)`, eventsHold.Seconds())); err != nil {
		o.t.Fatal(err)
	}
}

// write attaches and detaches pairs, three in each mutation. Any answer will do, and none.
func (o *killedOutbox) write(ctx context.Context) {
	for ctx.Err() == nil {
		var pairs []change
		var links []string
		for range 3 {
			p := change{
				product: fmt.Sprintf("prod_%d", rand.N(eventProducts)),
				channel: fmt.Sprintf("sc_%d", rand.N(eventChannels)),
			}
			pairs = append(pairs, p)
			links = append(links, fmt.Sprintf(
				`{ product: { productId: %q }, salesChannel: { salesChannelId: %q } }`, p.product, p.channel))
		}
		verb := []string{"createLinks", "dismissLinks"}[rand.N(2)]
		a, err := ask(context.WithoutCancel(ctx), o.t, o.url.Load().(string),
			`mutation { done: `+verb+`(links: [`+strings.Join(links, ",")+`]) { results { outcome } } }`)
		if err != nil {
			sleep(ctx, 20*time.Millisecond) // the server is being started
			continue
		}
		switch a.code() {
		case "":
			o.ack(pairs, a.Data)
		case "UNAVAILABLE", "LOCK_TIMEOUT":
			sleep(ctx, 20*time.Millisecond)
		default:
			o.t.Errorf("%s", a.raw)
		}
	}
}

// ack notes what an answer says was changed. A pair that is given twice in one call has one outcome, twice.
func (o *killedOutbox) ack(pairs []change, raw json.RawMessage) {
	var data struct {
		Done struct{ Results []struct{ Outcome string } }
	}
	if err := json.Unmarshal(raw, &data); err != nil || len(data.Done.Results) != len(pairs) {
		o.t.Errorf("%v: %s", err, raw)
		return
	}
	kinds := map[string]linkstore.EventKind{
		"CREATED": linkstore.Attached, "REVIVED": linkstore.Attached, "DISMISSED": linkstore.Detached,
	}
	done := map[change]bool{}
	for i, result := range data.Done.Results {
		if kind, ok := kinds[result.Outcome]; ok {
			pairs[i].kind = kind
			done[pairs[i]] = true
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range done {
		o.acked[c]++
	}
}
