package robust

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// Config configures how histories run.
type Config struct {
	Clients, Calls int
	// Delay is the longest time for which the proxy delays traffic, each way. If it is negative there is no proxy.
	Delay time.Duration
	// Cut makes the proxy cut all connections once, in the middle.
	Cut bool
}

// Result is a history and its faults.
type Result struct {
	Program Program
	History []Operation
	Faults  []string
	Unknown bool // the checker ran out of time
	Lost    int  // number of lost answers
}

// String lists the history in the order in which the calls began.
func (r Result) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%v\n", strings.Join(r.Faults, "\n"), r.Program.World)
	b.WriteString(r.Program.String())
	history := slices.Clone(r.History)
	slices.SortFunc(history, func(x, y Operation) int { return int(x.Begin - y.Begin) })
	for _, o := range history {
		if o.Call.Verb == Read {
			continue
		}
		lost := ""
		if o.Lost {
			lost = " (the answer was lost)"
		}
		fmt.Fprintf(
			&b,
			"%9s to %9s  client %d: %s: %s%s\n",
			o.Begin.Round(time.Microsecond),
			o.End.Round(time.Microsecond),
			o.Client,
			o.Call,
			o.Answer,
			lost,
		)
	}
	return b.String()
}

// run is a history in progress.
type run struct {
	*Bench
	*clients
	prefix  string
	started time.Time
	// Numbers of existing rows before the history.
	events, deletions, audited int64
	latest                     atomic.Value // id of the latest deletion that a client knows of
	report                     func(line)   // called when a call begins and when it is answered; may be nil

	mu      sync.Mutex
	history []Operation
	lost    []Operation
	faults  []string
}

// Random generates a program from two numbers and runs it.
func (b *Bench) Random(ctx context.Context, seed, number uint64, config Config) (Result, error) {
	b.begun++
	prefix := fmt.Sprintf("h%d_%d_", b.begun, number)
	return b.Run(
		ctx,
		prefix,
		newProgram(rand.New(rand.NewPCG(seed, number)), b.catalog, prefix, config.Clients, config.Calls),
		config,
	)
}

// Run runs a program and checks its history. No other program may use the same prefix for its ids.
func (b *Bench) Run(ctx context.Context, prefix string, p Program, config Config) (Result, error) {
	r, err := b.begin(ctx, prefix, p, config)
	if err != nil {
		return Result{}, err
	}
	var clients sync.WaitGroup
	r.start(ctx, &clients, p)
	if config.Cut {
		time.Sleep(rand.N(time.Duration(config.Calls) * (2*time.Millisecond + 4*max(config.Delay, 0))))
		pids := []int32{}
		err := r.direct.QueryRow(ctx, `SELECT COALESCE(array_agg(pid), '{}') FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1`, application).
			Scan(&pids)
		r.proxy.Cut()
		if err == nil { // statements that were sent before the cut may still reach a session
			err = r.until(ctx, `SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = ANY($1))`, pids)
		}
		if err != nil {
			return Result{}, err
		}
	}
	clients.Wait()
	return r.finish(ctx, p)
}

// begin creates the records of a program, and makes the calls that come before the clients start.
func (b *Bench) begin(ctx context.Context, prefix string, p Program, config Config) (*run, error) {
	if err := b.seed(ctx, p.World); err != nil {
		return nil, err
	}
	c, err := b.connected(ctx, config)
	if err != nil {
		return nil, err
	}
	r := &run{
		Bench:   b,
		clients: c,
		prefix:  prefix,
		started: time.Now().Round(0),
	} // another process uses the same start time
	if err := b.direct.QueryRow(ctx, `SELECT (SELECT COALESCE(max(id), 0) FROM linkgraph.link_event), (SELECT count(*) FROM linkgraph.deletion),
		(SELECT COALESCE(max(id), 0) FROM linkgraph.audit)`).
		Scan(&r.events, &r.deletions, &r.audited); err != nil {
		return nil, err
	}
	r.latest.Store("none")
	for i, call := range p.Before {
		r.call(ctx, len(p.Clients), i, call)
	}
	return r, nil
}

// start starts the clients of a program.
func (r *run) start(ctx context.Context, clients *sync.WaitGroup, p Program) {
	for i, calls := range p.Clients {
		clients.Go(func() {
			for j, call := range calls {
				r.call(ctx, i, j, call)
			}
		})
	}
}

// finish checks the history.
func (r *run) finish(ctx context.Context, p Program) (Result, error) {
	result := Result{Program: p, Lost: len(r.lost)}
	if err := r.recover(ctx); err != nil {
		return result, err
	}
	state, err := r.state(ctx, p.World, r.prefix)
	if err != nil {
		return result, err
	}
	now := time.Since(r.started)
	r.history = append(
		r.history,
		Operation{Client: len(p.Clients), Call: Call{Verb: Read}, Begin: now, End: now + 1, State: &state},
	)
	if err := r.checkWritten(ctx, state); err != nil {
		return result, err
	}
	result.History = r.history
	switch Linearizable(r.catalog, p.World, r.history, 20*time.Second) {
	case "Illegal":
		r.fault("the history is not linearizable: no order of the calls gives these answers")
	case "Unknown":
		result.Unknown = true
	}
	result.Faults = r.faults
	return result, nil
}

func (r *run) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// call makes one call and records its answer.
func (r *run) call(ctx context.Context, client, number int, c Call) {
	if c.Verb == RestoreDeletion {
		c.Deletion, _ = r.latest.Load().(string)
	}
	name := fmt.Sprintf("%s%d_%d", r.prefix, client, number)
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, name), 30*time.Second)
	defer cancel()
	o := Operation{Client: client, Call: c, Name: name, Begin: time.Since(r.started)}
	if r.report != nil {
		r.report(line{Operation: o})
	}
	answer, err := r.do(ctx, c)
	o.End = time.Since(r.started)
	class, known := classOf(err)
	if err != nil {
		answer = Answer{Err: class}
	}
	o.Answer = answer
	if r.report != nil && known {
		r.report(line{Answered: true, Operation: o})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case known:
		r.history = append(r.history, o)
	case lost(err):
		o.Lost = true
		r.lost = append(r.lost, o)
	default:
		r.faults = append(r.faults, fmt.Sprintf("client %d: %s: %v", client, c, err))
	}
	if answer.Deletion != "" {
		r.latest.Store(answer.Deletion)
	}
}

// lost reports whether it is unknown after err if the call took effect.
func lost(err error) bool { return recordstore.IsUnavailable(err) }

func (r *run) do(ctx context.Context, c Call) (Answer, error) {
	if c.Verb != Put && c.Verb != Move {
		return callLinks(ctx, r.links, c)
	}
	values := make([]recordstore.Values, len(c.Records))
	for i, record := range c.Records {
		values[i] = recordstore.Values{"id": record.ID, "productId": c.Owners[i]}
	}
	variant, _ := r.models.Model("Variant")
	var err error
	if c.Verb == Put {
		_, err = r.records.Create(ctx, variant, values)
	} else {
		_, err = r.records.Update(ctx, variant, values)
	}
	return Answer{}, err
}

// recover determines the fate of calls whose answers were lost: they took effect exactly if their row exists.
func (r *run) recover(ctx context.Context) error {
	if len(r.lost) == 0 {
		return nil
	}
	if err := r.until(ctx, `
		SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database() AND state <> 'idle')`,
		application); err != nil {
		return err
	}
	for _, o := range r.lost {
		var text string
		err := r.direct.QueryRow(ctx, `SELECT answer FROM robust_call WHERE call = $1`, o.Name).Scan(&text)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &o.Answer); err != nil {
			return err
		}
		o.End = time.Since(r.started)
		r.history = append(r.history, o)
	}
	return nil
}

// until repeats a query until it returns true.
func (r *run) until(ctx context.Context, sql string, args ...any) error {
	for yes := false; !yes; {
		if err := r.direct.QueryRow(ctx, sql, args...).Scan(&yes); err != nil {
			return err
		}
	}
	return nil
}
