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

// drainFlags say how the server stops. docs/operations.md explains it.
type drainFlags struct {
	DrainDelay   time.Duration `help:"How long after SIGTERM the server goes on while /readyz answers 503, before it closes its port." default:"1s" env:"DRAIN_DELAY"`
	DrainTimeout time.Duration `help:"How long requests that run may then take. What is left of them is answered 503." default:"20s" env:"DRAIN_TIMEOUT"`
}

// lastAnswers is how long requests that were ended have for their answers: longer than a COMMIT on its way is waited for.
const lastAnswers = 10 * time.Second

// errStopping is why requests end when the server does.
var errStopping = errors.New("the server stops")

// received is the signal that ended a context.
type received struct{ os.Signal }

func (s received) Error() string { return "received signal: " + s.String() }

// untilSignal returns a context that ends at Ctrl-C or SIGTERM. Its cause says which it was.
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

// requests is the context of all requests of a server, until end.
func requests(ctx context.Context, server *http.Server) (end func()) {
	all, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	server.BaseContext = func(net.Listener) context.Context { return all }
	return func() { cancel(errStopping) }
}

// drain stops a server: after a while in which it tells load balancers, it lets requests finish, and ends those that do not. stopped is
// the context that ended the server.
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
