package robust_test

import (
	"context"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/linkgraph/linkgraph/internal/pgtest"
	"github.com/linkgraph/linkgraph/internal/tools/robust"
)

var (
	runFor   = flag.Duration("for", 0, "how long each kind of histories is run; 0 is 4s, with -short 1s")
	seedFlag = flag.Uint64("seed", 0, "what histories are made up from; 0 is a new one, which is printed")
	most     = flag.Int("most", 0, "how many histories of each kind are run; 0 is as many as there is time for")
	listing  = flag.Int("listing", 3, "how many illegal histories of each kind are printed")
)

// TestHistories runs random histories of each kind, and fails if one is not linearizable.
func TestHistories(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	for _, kind := range []struct {
		name   string
		config robust.Config
	}{
		{"Direct", robust.Config{Clients: 4, Calls: 5, Delay: -1}},
		{"Crowded", robust.Config{Clients: 8, Calls: 2, Delay: -1}},
		{"Delayed", robust.Config{Clients: 4, Calls: 4, Delay: 2 * time.Millisecond}},
		{"Cut", robust.Config{Clients: 4, Calls: 5, Delay: time.Millisecond / 2, Cut: true}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			histories(t, seed, func(ctx context.Context, b *robust.Bench, number uint64) (robust.Result, error) {
				return b.Random(ctx, seed, number, kind.config)
			})
		})
	}
	t.Run("Killed", func(t *testing.T) {
		histories(t, seed, func(ctx context.Context, b *robust.Bench, number uint64) (robust.Result, error) {
			return b.Killed(ctx, seed, number, robust.Config{Clients: 3, Calls: 4, Delay: -1}, child)
		})
	})
}

// runTime returns how long each kind of histories is run.
func runTime() time.Duration {
	switch {
	case *runFor > 0:
		return *runFor
	case testing.Short():
		return time.Second
	}
	return 4 * time.Second
}

// histories runs histories of one kind on two databases.
func histories(
	t *testing.T,
	seed uint64,
	history func(ctx context.Context, b *robust.Bench, number uint64) (robust.Result, error),
) {
	var number, illegal, unknown, lost, deadlocks atomic.Int64
	var benches []*robust.Bench
	for range 2 {
		db := pgtest.NewFrom(t, "robust", robust.Prepare)
		bench, err := robust.NewBench(db.Pool, db.URL)
		if err != nil {
			t.Fatal(err)
		}
		benches = append(benches, bench)
	}
	end := time.Now().Add(runTime())
	var workers sync.WaitGroup
	for _, bench := range benches {
		workers.Go(func() {
			defer func() {
				deadlocks.Add(bench.Deadlocks())
				bench.Close()
			}()
			for {
				n := number.Add(1)
				if *most > 0 && n > int64(*most) || *most == 0 && time.Now().After(end) {
					number.Add(-1)
					return
				}
				result, err := history(t.Context(), bench, uint64(n))
				if err != nil {
					t.Errorf("history %d: %v", n, err)
					return
				}
				lost.Add(int64(result.Lost))
				if result.Unknown {
					unknown.Add(1)
				}
				if len(result.Faults) > 0 && illegal.Add(1) <= int64(*listing) {
					t.Errorf("history %d of seed %d:\n%s", n, seed, result)
				}
			}
		})
	}
	workers.Wait()
	t.Logf(
		"%d histories, %d illegal, %d not decided, %d answers lost, %d deadlocks",
		number.Load(),
		illegal.Load(),
		unknown.Load(),
		lost.Load(),
		deadlocks.Load(),
	)
	if illegal.Load() > 0 || number.Load() == 0 {
		t.Fail()
	}
}

// childVariable is the environment variable that makes the test binary run as the process to be killed.
const childVariable = "LINKGRAPH_ROBUST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		if err := robust.Child(context.Background(), os.Stdin, os.Stdout); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// child starts the process to be killed.
func child(ctx context.Context) (in io.WriteCloser, out io.Reader, kill, wait func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, nil, nil, err
	}
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	cmd.Stderr = os.Stderr
	if in, err = cmd.StdinPipe(); err != nil {
		return nil, nil, nil, nil, err
	}
	if out, err = cmd.StdoutPipe(); err != nil {
		return nil, nil, nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, nil, nil, err
	}
	return in, out, func() { _ = cmd.Process.Kill() }, func() { _ = cmd.Wait() }, nil
}
