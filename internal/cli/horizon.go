package cli

import (
	"context"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/linkgraph/linkgraph/internal/observe"
	"github.com/linkgraph/linkgraph/linkstore"
)

// horizonEvery is how often a server looks at what holds events back.
const horizonEvery = 5 * time.Second

// horizonWatch keeps the latest state of the events, for the metrics, and logs which transaction holds them back.
type horizonWatch struct {
	links   *linkstore.Store // on sessions that do not wait behind requests
	log     *slog.Logger
	longest time.Duration // that is not worth a line; 0 logs none
	latest  atomic.Pointer[observe.Events]

	warned int32 // the process that a line was logged of
	held   bool  // a line was logged, and none yet that it is over
}

// watchHorizon measures how late events are until the context ends.
func (f observeFlags) watchHorizon(ctx context.Context, db *database, observer *observe.Observer, log *slog.Logger) {
	w := &horizonWatch{
		links: linkstore.New(
			db.aside,
			db.graph.Links.Catalog(),
			linkstore.Config{},
		),
		log:     log,
		longest: f.EventsLagWarning,
	}
	w.latest.Store(&observe.Events{Lag: math.NaN(), Held: math.NaN(), Waiting: math.NaN()})
	observer.WatchEvents(func() observe.Events { return *w.latest.Load() })
	every := horizonEvery
	if w.longest > 0 {
		every = max(min(every, w.longest/2), 10*time.Millisecond)
	}
	go func() {
		for ctx.Err() == nil {
			w.look(ctx)
			sleep(ctx, every)
		}
	}()
}

// look asks for the horizon once. While the database does not answer, the metrics have no value.
func (w *horizonWatch) look(ctx context.Context) {
	h, err := w.links.Horizon(ctx)
	if err != nil {
		w.latest.Store(&observe.Events{Lag: math.NaN(), Held: math.NaN(), Waiting: math.NaN()})
		w.log.Debug("the horizon of events is not known", "error", err)
		return
	}
	w.latest.Store(&observe.Events{Lag: h.Lag.Seconds(), Held: h.Age.Seconds(), Waiting: float64(h.Waiting)})
	if w.longest > 0 {
		w.report(h)
	}
}

// report logs a line when a transaction has held events back for too long, and one when it has ended. A user who may not see
// how old the transaction is goes by the events that wait.
func (w *horizonWatch) report(h linkstore.Horizon) {
	age := max(h.Age, h.Lag)
	switch {
	case age <= w.longest && w.held:
		w.log.Info("events are no longer held back")
		w.held = false
	case age > w.longest && (!w.held || w.warned != h.PID):
		w.log.Warn(
			"a transaction that stays open holds events back; end it, or have it commit sooner",
			"pid",
			h.PID,
			"session",
			h.Holder,
			"since",
			time.Now().Add(-age).UTC().Format(time.RFC3339),
			"events",
			h.Waiting,
		)
		w.held, w.warned = true, h.PID
	}
}
