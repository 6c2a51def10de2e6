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
	bare    bool // writes no more than the rows: neither locks nor checks records, and tells nobody
}

// sink takes an answer.
type sink struct {
	bytes.Buffer
	header http.Header
}

func (s *sink) Header() http.Header { return s.header }
func (*sink) WriteHeader(int)       {}

// send sends a request and takes the answer. One with errors is an error; one that nobody took is not looked at.
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

// sameAnswers reports a way that answers something else than the first one.
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

// traffic is what clients send, all at the same time, each its requests one after the other.
type traffic struct {
	clients int
	// body is the n-th request of a client. nil means that the client has sent enough.
	body func(client, n int) []byte
	// turn is when the clients stop. 0 means when they have sent enough.
	turn time.Duration
}

// cost is what requests took together.
type cost struct {
	requests       int
	wall           time.Duration
	program, store time.Duration // of processors
	mallocs        uint64
	times          []time.Duration // of each request, of one client
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

// processors is the processor time of a request, in microseconds.
func (c *cost) processors() float64 {
	return float64((c.program + c.store).Microseconds()) / float64(c.requests)
}

// spend has a handler answer traffic.
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

// ask sends the requests of a client and returns what each took.
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

// backends are the processes of Postgres that serve the pool.
func backends(ctx context.Context, pool *pgxpool.Pool) (pids []int, err error) {
	err = pool.QueryRow(ctx, `SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`).
		Scan(&pids)
	return pids, err
}

// storeTime is the processor time of processes, as Linux tells it in hundredths of a second.
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

// printTable prints a row for each way that was asked. Ratios are to the first one, if that was asked too.
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
	return "-" // nothing to compare with
}

// short is a number with three digits at least.
func short(n float64) string {
	if n < 100 {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}
