package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// way is one way to answer a request.
type way struct {
	name    string
	handler http.Handler
	bare    bool // writes the rows only: no locks, no checks, no events
}

// sink is a http.ResponseWriter that buffers the answer.
type sink struct {
	bytes.Buffer
	header http.Header
}

func (s *sink) Header() http.Header { return s.header }
func (*sink) WriteHeader(int)       {}

// send sends a request and buffers its answer in w. It returns an error if the answer has errors. It cannot tell if
// nothing was written to w, as with discarding.
func send(h http.Handler, body []byte, w *sink) error {
	w.Reset()
	w.header = http.Header{}
	r, err := http.NewRequest(
		http.MethodPost,
		"/graphql",
		bytes.NewReader(body),
	)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	if w.Len() > 0 && !bytes.HasPrefix(w.Bytes(), []byte(`{"data":{`)) {
		return fmt.Errorf("%.300s answers %.300s", body, w.Bytes())
	}
	return nil
}

// sameAnswers returns an error for the first way whose answer differs from that of the first way.
func sameAnswers(name string, ways []way, answers [][]byte) error {
	var want any
	for i, w := range ways {
		var got any
		if err := json.Unmarshal(answers[i], &got); err != nil {
			return fmt.Errorf("%s, %s: %w: %s", name, w.name, err, answers[i])
		}
		if i == 0 {
			want = got
		}
		if !reflect.DeepEqual(want, got) {
			n := 0
			for n < min(len(answers[0]), len(answers[i])) && answers[0][n] == answers[i][n] {
				n++
			}
			n = max(0, n-100)
			return fmt.Errorf(
				"%s: %s answers\n… %.300s\n%s answers\n… %.300s",
				name,
				ways[0].name,
				answers[0][n:],
				w.name,
				answers[i][n:],
			)
		}
	}
	return nil
}

// traffic is the load of concurrent clients. Each client sends one request at a time.
type traffic struct {
	clients int
	// body returns the n-th request of a client, nil if the client is done.
	body func(client, n int) []byte
	// turn is how long the clients send. 0 means until they are done.
	turn time.Duration
}

// cost is the total cost of some requests.
type cost struct {
	requests       int
	wall           time.Duration
	program, store time.Duration // processor time
	mallocs        uint64
	times          []time.Duration // of each request, as its client saw it
}

func (c *cost) add(o cost) {
	c.requests += o.requests
	c.wall += o.wall
	c.program += o.program
	c.store += o.store
	c.mallocs += o.mallocs
	c.times = append(c.times, o.times...)
}

func (c *cost) rate() float64 { return float64(c.requests) / c.wall.Seconds() }

// processors returns the processor time per request, in microseconds.
func (c *cost) processors() float64 {
	return float64((c.program + c.store).Microseconds()) / float64(c.requests)
}

// spend sends traffic to a handler and returns its cost.
func spend(ctx context.Context, pool *pgxpool.Pool, h http.Handler, t traffic) (cost, error) {
	runtime.GC()
	pids, err := backends(ctx, pool)
	if err != nil {
		return cost{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	program, store, start := processorTime(), storeTime(pids), time.Now()
	var c cost
	var failed error
	var mu sync.Mutex
	var wg sync.WaitGroup
	for client := range t.clients {
		wg.Go(func() {
			times, err := t.ask(client, start, h)
			mu.Lock()
			defer mu.Unlock()
			c.requests += len(times)
			c.times = append(c.times, times...)
			if err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	c.wall = time.Since(start)
	c.program, c.store = processorTime()-program, storeTime(pids)-store
	runtime.ReadMemStats(&after)
	c.mallocs = after.Mallocs - before.Mallocs
	return c, failed
}

// ask sends the requests of a client and returns the time of each.
func (t traffic) ask(client int, start time.Time, h http.Handler) (times []time.Duration, err error) {
	var out sink
	for n := 0; t.turn == 0 || time.Since(start) < t.turn; n++ {
		body := t.body(client, n)
		if body == nil {
			break
		}
		from := time.Now()
		if err := send(h, body, &out); err != nil {
			return times, err
		}
		times = append(times, time.Since(from))
	}
	return times, nil
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// backends returns the process ids of the Postgres backends that serve the pool.
func backends(ctx context.Context, pool *pgxpool.Pool) (pids []int, err error) {
	err = pool.QueryRow(ctx, `SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`).
		Scan(&pids)
	return pids, err
}

// storeTime returns the processor time of processes. Linux reports it in hundredths of a second.
func storeTime(pids []int) time.Duration {
	var total time.Duration
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		for _, i := range []int{11, 12} { // utime and stime
			ticks, _ := strconv.Atoi(fields[i]) // the kernel writes digits
			total += time.Duration(ticks) * 10 * time.Millisecond
		}
	}
	return total
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// printTable prints a row for each way that ran. Ratios are relative to the first way, if that ran.
func printTable(out io.Writer, title string, ways []way, costs []cost, counts []count) {
	fmt.Fprintf(
		out,
		"\n%s\n\n| way | requests/s | of hand | p50 ms | p99 ms | processor µs/request: program + Postgres | of hand | allocations | statements | round trips |\n|---|---|---|---|---|---|---|---|---|---|\n",
		title,
	)
	for i := range costs {
		c := &costs[i]
		if c.requests == 0 {
			continue
		}
		slices.Sort(c.times)
		n := float64(c.requests)
		fmt.Fprintf(
			out,
			"| %s | %s | %s | %.2f | %.2f | %.0f + %.0f | %s | %.0f | %d | %d |\n",
			ways[i].name,
			short(
				c.rate(),
			),
			ratio(c.rate(), costs[0].rate()),
			ms(c.times[len(c.times)/2]),
			ms(c.times[len(c.times)*99/100]),
			float64(
				c.program.Microseconds(),
			)/n,
			float64(c.store.Microseconds())/n,
			ratio(c.processors(), costs[0].processors()),
			float64(c.mallocs)/n,
			counts[i].statements,
			counts[i].trips,
		)
	}
}

func ratio(a, b float64) string {
	if b > 0 {
		return fmt.Sprintf("%.2f", a/b)
	}
	return "-" // no baseline
}

// short formats a number with at least three digits.
func short(n float64) string {
	if n < 100 {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}
