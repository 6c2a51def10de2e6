package robust

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// job is the work of a process that will be killed.
type job struct {
	URL     string
	Prefix  string
	Program Program
	Started time.Time
}

// line is what that process reports about a call: that it begins, or its answer.
type line struct {
	Answered bool
	Operation
}

// Child reads a job from in, runs it, and reports each call to out.
func Child(ctx context.Context, in io.Reader, out io.Writer) error {
	var j job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, j.URL)
	if err != nil {
		return err
	}
	defer pool.Close()
	b, err := NewBench(pool, j.URL)
	if err != nil {
		return err
	}
	b.application = killedApplication
	defer b.Close()
	c, err := b.connected(ctx, Config{Clients: len(j.Program.Clients), Delay: -1})
	if err != nil {
		return err
	}
	var mu sync.Mutex
	lines := json.NewEncoder(out)
	r := &run{Bench: b, clients: c, prefix: j.Prefix, started: j.Started, report: func(l line) {
		mu.Lock()
		defer mu.Unlock()
		_ = lines.Encode(l) // the reader may be gone
	}}
	r.latest.Store("none")
	var clients sync.WaitGroup
	r.start(ctx, &clients, j.Program)
	clients.Wait()
	if len(r.faults) > 0 {
		return fmt.Errorf("%v", r.faults)
	}
	return nil
}

const killedApplication = "robust killed"

// Process starts a process that runs Child. kill may be called more than once; wait comes last.
type Process func(ctx context.Context) (in io.WriteCloser, out io.Reader, kill, wait func(), err error)

// Killed runs a history whose first clients live in a process that is killed in the middle, followed by other
// clients.
func (b *Bench) Killed(ctx context.Context, seed, number uint64, config Config, start Process) (Result, error) {
	b.begun++
	prefix := fmt.Sprintf("k%d_%d_", b.begun, number)
	p := newProgram(rand.New(rand.NewPCG(seed, number)), b.catalog, prefix, 2*config.Clients, config.Calls)
	r, err := b.begin(ctx, prefix, p, config)
	if err != nil {
		return Result{}, err
	}
	killed, after := p, p
	killed.Clients = p.Clients[:config.Clients]
	if err := r.kill(ctx, job{b.url, prefix, killed, r.started}, start, config); err != nil {
		return Result{}, err
	}
	var clients sync.WaitGroup
	for i := config.Clients; i < len(after.Clients); i++ {
		clients.Go(func() {
			for j, call := range after.Clients[i] {
				r.call(ctx, i, j, call)
			}
		})
	}
	clients.Wait()
	return r.finish(ctx, p)
}

// kill starts a process with a job, kills it some time after its first call began, and records what it reported.
func (r *run) kill(ctx context.Context, j job, start Process, config Config) error {
	in, out, kill, wait, err := start(ctx)
	if err != nil {
		return err
	}
	defer wait()
	defer kill()
	if err := json.NewEncoder(in).Encode(j); err != nil {
		return err
	}
	_ = in.Close()
	begun := map[string]Operation{}
	lines := bufio.NewScanner(out)
	for first := true; lines.Scan(); first = false {
		if first {
			time.AfterFunc(rand.N(time.Duration(config.Calls)*5*time.Millisecond), kill)
		}
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			continue // cut off by the kill
		}
		if l.Answered {
			r.history = append(r.history, l.Operation)
			delete(begun, l.Name)
		} else {
			begun[l.Name] = l.Operation
		}
	}
	for _, o := range begun {
		o.Lost = true
		r.lost = append(r.lost, o)
	}
	return r.until(
		ctx,
		`SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1)`,
		killedApplication,
	)
}
