package graph_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/overload"
)

// eventually waits for something that comes in its own time.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// gate is one of so many places.
func gate(running int) *overload.Gate {
	return &overload.Gate{
		Limiter: overload.New(overload.Config{Running: running, Queued: 100, Wait: time.Minute}),
		Bodies:  overload.NewBudget(4 << 20), Answers: overload.NewBudget(64 << 20),
	}
}

// post sends the head of a POST, and so much of its body.
func (e *endpoint) post(t *testing.T, length int, body string) {
	t.Helper()
	e.postFrom(t, 4096, length, body)
}

// postFrom is post for a client with a buffer of so many bytes.
func (e *endpoint) postFrom(t *testing.T, buffer, length int, body string) net.Conn {
	t.Helper()
	u, err := url.Parse(e.url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(buffer)
	}
	if _, err := fmt.Fprintf(
		conn,
		"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		length,
		body,
	); err != nil {
		t.Fatal(err)
	}
	return conn
}

// large keeps a product whose description is so many bytes, and returns a query that asks for it.
func (e *endpoint) large(t *testing.T, bytes int) string {
	t.Helper()
	_, err := e.db.Pool.Exec(
		t.Context(),
		`INSERT INTO product (id, title, handle, description) VALUES ('prod_large', 'Large', 'large', repeat('x', $1))`,
		bytes,
	)
	if err != nil {
		t.Fatal(err)
	}
	return asJSON(`{ product(id: "prod_large") { description } }`)
}

// TestSlowReadersHoldNoPlace has more clients than there are places ask for large answers and read none of it.
func TestSlowReadersHoldNoPlace(t *testing.T) {
	t.Parallel()
	g := gate(1)
	e := newEndpoint(t, graph.HTTP{Gate: g, WriteTimeout: time.Hour})
	body := e.large(t, 12<<20)
	for range 4 {
		e.post(t, len(body), body)
	}
	eventually(
		t,
		"all wait to be read",
		func() bool { s := g.Answers.Stats(); return s.Held == 4 && g.Limiter.Stats().Running == 0 },
	)
	if got := e.call(t, call{body: asJSON(`{ products { totalCount } }`)}); got.status != http.StatusOK {
		t.Errorf("another client: %d %s", got.status, got.body)
	}
	// Two more need memory that the others hold: the slowest are given up, one who reads is not.
	reader := e.postFrom(t, 1<<20, len(body), body) // through the buffer of a slow client 12 MiB take minutes
	eventually(t, "the fifth is there", func() bool { return g.Answers.Stats().Held == 5 })
	read := make(chan error, 1)
	go func() {
		r, err := http.ReadResponse(bufio.NewReader(reader), nil)
		if err == nil {
			defer r.Body.Close()
			_, err = io.Copy(io.Discard, r.Body)
		}
		read <- err
	}()
	for range 4 {
		e.post(t, len(body), body)
	}
	if err := <-read; err != nil {
		t.Errorf("a client that reads: %v", err)
	}
	eventually(t, "the slowest are given up", func() bool { return g.Answers.Stats().Cut > 0 })
	if s := g.Answers.Stats(); s.Used > 64<<20 {
		t.Errorf("held: %+v", s)
	}
}

// TestAnswersThatNobodyReadsEnd by themselves, without anyone who needs their memory.
func TestAnswersThatNobodyReadsEnd(t *testing.T) {
	t.Parallel()
	g := gate(1)
	e := newEndpoint(
		t,
		graph.HTTP{Gate: g, WriteTimeout: 3 * time.Second},
	) // far above what the reader below may be held up
	body := e.large(t, 12<<20)
	e.post(t, len(body), body)
	eventually(t, "it was made", func() bool { return g.Answers.Stats().Held == 1 })
	eventually(t, "it is gone", func() bool { return g.Answers.Stats().Held == 0 && g.Answers.Stats().Used == 0 })
	if got := e.call(t, call{body: body}); got.status != http.StatusOK || len(got.body) < 12<<20 {
		t.Errorf("who reads it: %d, %d bytes", got.status, len(got.body))
	}
}

// TestSlowBodiesHoldNoPlace has clients announce bodies, small ones and large ones, and send a part of them.
func TestSlowBodiesHoldNoPlace(t *testing.T) {
	t.Parallel()
	g := gate(1)
	e := newEndpoint(t, graph.HTTP{Gate: g})
	for _, length := range []int{10, 3 << 20, 3 << 20, 3 << 20} {
		e.post(t, length, strings.Repeat(" ", length/2))
	}
	eventually(t, "the large ones wait", func() bool { return g.Bodies.Stats().Held+int(g.Bodies.Stats().Cut) == 3 })
	if s := g.Limiter.Stats(); s.Running != 0 || s.Queued != 0 {
		t.Errorf("they have places: %+v", s)
	}
	if got := e.call(t, call{body: asJSON(`{ products { totalCount } }`)}); got.status != http.StatusOK {
		t.Errorf("another client: %d %s", got.status, got.body)
	}
	full := asJSON(`{ products { totalCount } }`) + strings.Repeat(" ", 3<<20)
	if got := e.call(t, call{body: full}); got.status != http.StatusOK {
		t.Errorf("a large body that comes: %d %s", got.status, got.body)
	}
	if s := g.Bodies.Stats(); s.Used > 4<<20 || s.Cut == 0 {
		t.Errorf("held: %+v", s)
	}
}

// TestRefusedForMemory tells a client that there is none, in the words of an overload.
func TestRefusedForMemory(t *testing.T) {
	t.Parallel()
	g := gate(1)
	e := newEndpoint(t, graph.HTTP{Gate: g})
	owed := g.Answers.Hold(func() {})
	if err := owed.Grow(t.Context(), 64<<20); err != nil {
		t.Fatal(err)
	}
	owed.Owed()
	body := e.large(t, 1<<20)
	got := e.call(t, call{body: body})
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, `"OVERLOADED"`) ||
		got.header.Get("Retry-After") == "" {
		t.Errorf("%d %.300s", got.status, got.body)
	}
	// What a mutation has done is told.
	write := asJSON(
		`mutation { updateProducts(input: [{ id: "prod_large", title: "New" }]) { products { title description } } }`,
	)
	if got := e.call(t, call{body: write}); got.status != http.StatusOK || !strings.Contains(got.body, "New") {
		t.Errorf("%d %.300s", got.status, got.body)
	}
}

// TestNoPlace refuses in the client's own media type, at once or after a wait, and leaves preflights alone.
func TestNoPlace(t *testing.T) {
	t.Parallel()
	g := gate(1)
	g.Limiter = overload.New(overload.Config{Running: 1, Queued: 0, Wait: time.Minute})
	e := newEndpoint(t, graph.HTTP{Gate: g, Origins: []string{"https://shop.example"}})
	place, err := g.Enter(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, accept := range []string{older, newer} {
		got := e.call(
			t,
			call{
				body:    asJSON(`{ __typename }`),
				headers: map[string]string{"Accept": accept, "Origin": "https://shop.example"},
			},
		)
		if got.status != 503 || !strings.Contains(got.body, `"code":"UNAVAILABLE","reason":"OVERLOADED"`) ||
			got.header.Get("Retry-After") == "" ||
			!strings.HasPrefix(got.header.Get("Content-Type"), accept) ||
			got.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%+v", got)
		}
	}
	if got := e.call(t, call{method: http.MethodOptions}); got.status != http.StatusNoContent {
		t.Errorf("OPTIONS: %d", got.status)
	}
	place.Leave()
	if got := e.call(t, call{body: asJSON(`{ __typename }`)}); got.status != http.StatusOK {
		t.Errorf("afterwards: %+v", got)
	}
}

// TestPlacesAreOfTheirCallers has storefronts take all of theirs. Admins have their own, and who is nobody takes none.
func TestPlacesAreOfTheirCallers(t *testing.T) {
	t.Parallel()
	a := newAPI(t, newDemoDB(t), graph.Config{})
	admins, shops := gate(1), gate(1)
	shops.Limiter = overload.New(overload.Config{Running: 1, Queued: 0, Wait: time.Minute})
	caller, refused := graph.Caller{ID: "a", Role: graph.ReadWrite}, error(nil)
	e := newEndpointOf(t, a, graph.HTTP{
		Gate: admins, Storefront: graph.HTTPStorefront{Gate: shops},
		Authenticate: func(*http.Request) (graph.Caller, error) { return caller, refused },
	})
	if _, err := shops.Enter(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	products := call{body: asJSON(`{ products { totalCount } }`)}
	if got := e.call(t, products); got.status != http.StatusOK {
		t.Errorf("an admin: %+v", got)
	}
	caller = graph.Caller{ID: "shop", Storefront: true}
	if got := e.call(t, products); got.status != http.StatusServiceUnavailable {
		t.Errorf("a storefront: %+v", got)
	}
	refused = &graph.CredentialsError{Is: graph.ErrUnauthenticated, Message: "no"}
	if got := e.call(t, products); got.status != http.StatusUnauthorized {
		t.Errorf("nobody: %+v", got)
	}
}

// TestDearOperations takes places apart for operations that ask for much, in a batch too.
func TestDearOperations(t *testing.T) {
	t.Parallel()
	g := gate(2)
	g.Limiter = overload.New(overload.Config{Running: 2, Dear: 1, Queued: 0, Wait: time.Minute})
	e := newEndpoint(t, graph.HTTP{Gate: g, MaxBatch: 3})
	place, err := g.Enter(t.Context(), "x")
	if err != nil || place.Dear(t.Context()) != nil {
		t.Fatal(err)
	}
	one := asJSON(
		`{ products(first: 1, orderBy: [{ variants: { min: { priceSet: { prices: { min: { amount: ASC } } } } } }]) { nodes { id } } }`,
	)
	if got := e.call(t, call{body: one}); got.status != 503 || !strings.Contains(got.body, `"OVERLOADED"`) {
		t.Errorf("a dear one: %+v", got)
	}
	if got := e.call(t, call{body: asJSON(`{ products(first: 1) { nodes { id } } }`)}); got.status != http.StatusOK {
		t.Errorf("another one: %+v", got)
	}
	if got := e.call(
		t,
		call{body: `[` + asJSON(`{ a: __typename }`) + `,` + one + `,` + asJSON(`{ b: __typename }`) + `]`},
	); !strings.Contains(got.body, `"a":"Query"`) ||
		strings.Contains(got.body, `"b"`) ||
		strings.Count(got.body, "OVERLOADED") != 2 {
		t.Errorf("a batch goes on without a place: %s", got.body)
	}
	place.Leave()
	if got := e.call(t, call{body: one}); got.status != http.StatusOK {
		t.Errorf("with a place: %+v", got)
	}
	if s := g.Limiter.Stats(); s.Running != 0 {
		t.Errorf("left behind: %+v", s)
	}
}

func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, graph.HTTP{CompressFrom: 1})
	for accept, want := range map[string]string{
		"": "", "identity": "", "gzip": "gzip", "GZIP": "gzip", "br, gzip;q=0.5": "gzip", "*": "gzip", "gzip;q=0": "", "gzip; q=0.0, *": "", "*;q=0": "", "deflate, br": "", "x-gzip": "gzip", "gzip;q=x": "",
	} {
		headers := map[string]string{"Accept-Encoding": accept}
		if accept == "" {
			headers["Accept-Encoding"] = "identity;q=1"
		}
		got := e.call(t, call{body: asJSON(`{ __typename }`), headers: headers})
		if got.header.Get("Content-Encoding") != want {
			t.Errorf("%q: %q", accept, got.header.Get("Content-Encoding"))
		}
	}
}
