package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// drainFlags configure graceful shutdown: see docs/operations.md.
type drainFlags struct {
	DrainDelay   time.Duration `help:"How long the server continues after SIGTERM, with /readyz answering 503, before it closes its port." default:"1s" env:"DRAIN_DELAY"`
	DrainTimeout time.Duration `help:"How long running requests may take after that. The rest are answered 503." default:"20s" env:"DRAIN_TIMEOUT"`
}

// lastAnswers is how long cancelled requests have to send their answers: longer than the wait for a COMMIT in flight.
const lastAnswers = 10 * time.Second

// errStopping is the cause of requests that shutdown cancels.
var errStopping = errors.New("the server stops")

// received is the cause of a context that a signal cancelled.
type received struct{ os.Signal }

func (s received) Error() string { return "received signal: " + s.String() }

// untilSignal returns a context that is cancelled by SIGINT or SIGTERM. Its cause is the signal, as received.
func untilSignal(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case s := <-signals:
			cancel(received{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// requests sets the base context of all requests of a server. end cancels it.
func requests(ctx context.Context, server *http.Server) (end func()) {
	all, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	server.BaseContext = func(net.Listener) context.Context { return all }
	return func() { cancel(errStopping) }
}

// drain stops a server. After SIGTERM it waits for load balancers to notice, then it lets requests finish and cancels
// those that take too long. stopped is the context that ended the server.
func (f drainFlags) drain(stopped context.Context, server *http.Server, end func()) error {
	var why received
	if errors.As(context.Cause(stopped), &why) && why.Signal == syscall.SIGTERM {
		time.Sleep(f.DrainDelay)
	}
	err := shutdown(server, f.DrainTimeout)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	end()
	if err := shutdown(server, lastAnswers); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

func shutdown(server *http.Server, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return server.Shutdown(ctx)
}
