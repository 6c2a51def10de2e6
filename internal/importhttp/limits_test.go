package importhttp_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/importhttp"
)

// world is a database with the tables of the test catalogue, and a server that imports into it.
// TestSlowSenders hold neither a session nor a place for ever: while they send nothing, another request uses the only session, and
// then they are cut off.
func TestSlowSenders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg     importhttp.Config
		query   string
		status  int
		message string
	}{
		"Read":    {importhttp.Config{ReadTimeout: 2 * time.Second}, "batch=500", http.StatusRequestTimeout, "the file came too slowly: 64 KiB are to arrive within 2s"},
		"DryRun":  {importhttp.Config{ReadTimeout: 2 * time.Second}, "dryRun=true", http.StatusRequestTimeout, "nothing was written"},
		"Timeout": {importhttp.Config{Timeout: 2 * time.Second}, "batch=500", http.StatusGatewayTimeout, "took longer than 2s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := c.cfg
			cfg.Running = 1
			w := newWorld(t, cfg)
			conn := dial(t, strings.TrimPrefix(w.url, "http://"))
			fmt.Fprintf(
				conn,
				"POST /?%s HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 10000000\r\n\r\n%s",
				c.query,
				many(4000),
			)
			if !strings.Contains(c.query, "dryRun") {
				for w.count("audit") < 2 { // uses the only session, while the sender waits
					time.Sleep(10 * time.Millisecond)
				}
			}
			w.count("audit")
			var status int
			var a answer
			for status != http.StatusServiceUnavailable { // until the slow import has the only place
				if status, a = w.post(
					"?dryRun=true",
					"text/csv",
					strings.NewReader("link,left,right\n"),
				); status == http.StatusOK &&
					len(a.Errors) > 0 {
					t.Fatalf("%+v", a)
				}
				if status == http.StatusOK {
					time.Sleep(time.Millisecond)
				}
			}
			if a.Errors[0].Extensions.Reason != "OVERLOADED" ||
				!strings.Contains(a.Errors[0].Message, "1 imports run already") {
				t.Errorf("%+v", a)
			}
			text, err := io.ReadAll(conn)
			if err != nil && len(text) == 0 {
				t.Fatal(err)
			}
			if got := string(
				text,
			); !strings.Contains(got, fmt.Sprint("HTTP/1.1 ", c.status)) ||
				!strings.Contains(got, c.message) {
				t.Errorf("got %s, want %d %s", got, c.status, c.message)
			}
			if status, a := w.post("", "text/csv", strings.NewReader(sample)); status != http.StatusOK {
				t.Errorf("afterwards: %d %+v", status, a)
			}
		})
	}
}

// TestBlankLines sends a file that never has a row: it is refused before it fills the memory.
func TestBlankLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, importhttp.Config{})
	for _, media := range []string{"text/csv", "application/jsonl"} {
		header := "link,left,right\n"
		if media != "text/csv" {
			header = ""
		}
		status, a := w.post("", media, strings.NewReader(header+strings.Repeat("\n", 8<<20)))
		if status != http.StatusBadRequest || len(a.Errors) != 1 ||
			!strings.Contains(a.Errors[0].Message, "longer than 1048576 bytes") {
			t.Errorf("%s: %d %+v", media, status, a)
		}
	}
}

// generated gives lines until it has given all bytes, and notes the largest heap on the way.
type generated struct {
	line []byte
	left int
	rest []byte
	peak uint64
	step int
}

func (g *generated) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.left <= 0 {
			return 0, io.EOF
		}
		g.rest, g.left = g.line, g.left-len(g.line)
		if g.step++; g.step%50 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			g.peak = max(g.peak, m.HeapAlloc)
		}
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// TestMemory sends files of two sizes: the larger one takes no more memory. It is not parallel: it looks at the heap.
func TestMemory(t *testing.T) {
	w := newWorld(t, importhttp.Config{MaxRejects: 10})
	line := fmt.Sprintf(
		"{\"link\": \"variant_item\", \"left\": \"v1\", \"right\": \"nobody\", \"reason\": %q}\n",
		strings.Repeat("x", 100_000),
	)
	for _, query := range []string{"", "?dryRun=true"} {
		var peaks []uint64
		for _, size := range []int{24 << 20, 120 << 20} {
			g := &generated{line: []byte(line), left: size}
			status, a := w.post(query, "application/jsonl", g)
			if status != http.StatusOK || a.Rejected < size/len(line) {
				t.Fatalf("%d %+v", status, a.Errors)
			}
			peaks = append(peaks, g.peak)
			t.Logf("%q: %d MiB of %d", query, g.peak>>20, size>>20)
		}
		if peaks[1] > peaks[0]+24<<20 {
			t.Errorf(
				"%q: %d MiB at most for the small file, %d MiB for one of five times its size",
				query,
				peaks[0]>>20,
				peaks[1]>>20,
			)
		}
	}
}

// TestLocked imports a row whose record another transaction holds: the batch is tried again after its lock timeout.
func TestLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, importhttp.Config{})
	tx, err := w.others.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // it is over by then
	if _, err := tx.Exec(t.Context(), `SELECT 1 FROM product WHERE id = 'p1' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		status, a := w.post("", "text/csv", strings.NewReader("link,left,right\nproduct_channel,p1,c1\n"))
		if status != http.StatusOK || a.Created != 1 {
			t.Errorf("%d %+v", status, a)
		}
	}()
	for _, waits := range []bool{true, false} { // it waits, and gives up
		for {
			var waiting bool
			if err := w.others.QueryRow(t.Context(), `
				SELECT EXISTS (SELECT 1 FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
				WHERE NOT l.granted AND a.datname = current_database())`).Scan(&waiting); err != nil {
				t.Fatal(err)
			}
			if waiting == waits {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-done
}
