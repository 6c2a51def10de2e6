package overload

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen serves on so many connections.
func listen(t *testing.T, most int, h http.Handler) (*Connections, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := Bound(l, most)
	server := &http.Server{Handler: h, ConnState: c.State, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(c) }()
	t.Cleanup(func() { _ = server.Close() })
	return c, l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func get(conn net.Conn, path string) error {
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path); err != nil {
		return err
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return err
}

// TestIdleConnections has clients keep all connections that there are: some silent, some idle. Newcomers are served,
// those that carry a request are left alone, and no more are open than may be.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c, addr := listen(t, 4, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			<-release
		}
	}))
	busy, answered := dial(t, addr), make(chan error, 1)
	go func() { answered <- get(busy, "/wait") }()
	idle := dial(t, addr)
	if err := get(idle, "/"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		dial(t, addr) // sends nothing
	}
	for range 5 {
		if err := get(dial(t, addr), "/"); err != nil {
			t.Errorf("a newcomer: %v", err)
		}
	}
	if n := c.Open(); n > 4 {
		t.Errorf("%d are open", n)
	}
	if err := get(idle, "/"); err == nil {
		t.Error("the idle one was kept")
	}
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("the busy one: %v", err)
	}
}

// TestBusyConnections waits for a place where all carry a request.
func TestBusyConnections(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	started := make(chan struct{}, 2)
	c, addr := listen(t, 1, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		started <- struct{}{}
		<-release
	}))
	answered := make(chan error, 2)
	ask := func() {
		conn := dial(t, addr)
		go func() { answered <- get(conn, "/") }()
	}
	ask()
	<-started // a connection that has sent nothing yet would have to go for the next one
	ask()
	if n := c.Open(); n != 1 {
		t.Errorf("%d are open", n)
	}
	release <- struct{}{}
	close(release)
	for range 2 {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
}

// TestTimedWrites ends an answer that nobody reads, and not one that is read in parts.
func TestTimedWrites(t *testing.T) {
	t.Parallel()
	wrote := make(chan error, 1)
	big := make([]byte, 64<<20)
	_, addr := listen(
		t,
		10,
		TimedWrites(300*time.Millisecond, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(big)
			wrote <- err
		})),
	)
	silent := dial(t, addr)
	if _, err := fmt.Fprint(silent, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err == nil {
		t.Error("an answer that nobody reads was written")
	}
	reader := dial(t, addr)
	if _, err := fmt.Fprint(reader, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	part := make([]byte, 1<<20)
	for range 60 {
		time.Sleep(10 * time.Millisecond) // twice the time in all
		if _, err := io.ReadFull(reader, part); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if err := <-wrote; err != nil {
		t.Errorf("an answer that is read: %v", err)
	}
}

// TestRefusalsArrive has a server refuse requests before it has read them: the client reads the refusal, not a reset.
func TestRefusalsArrive(t *testing.T) {
	t.Parallel()
	_, addr := listen(t, 10, http.NotFoundHandler())
	for range 3 {
		conn := dial(t, addr)
		_, _ = fmt.Fprintf(
			conn,
			"GET / HTTP/1.1\r\nHost: x\r\nX-Large: %s\r\n\r\n",
			strings.Repeat("x", 2<<20),
		) // the server may close before it has all
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body) // to the end of the connection
		if r.Body.Close(); err != nil || r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("%d %s: %v", r.StatusCode, text, err)
		}
	}
}
