package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Open starts the private Postgres of a folder, or uses the one that another process runs there. It waits for one that is just being
// started. What Open gives back for a server of another process has its URL; Stop leaves it running.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.complete()
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("private postgres: %w", err)
	}
	return s, nil
}

// joinPatience is how long a server that another process starts is waited for.
const joinPatience = 60 * time.Second

func open(ctx context.Context, cfg Config) (*Server, error) {
	l, err := newLayout(cfg)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(joinPatience); ; {
		// The other process may end at any time: the folder is then ours.
		s, err := l.own(ctx, cfg)
		if !errors.Is(err, ErrInUse) {
			return s, err
		}
		joined, reason := l.join(ctx)
		if reason == nil {
			return joined, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%w, and does not answer: %w", err, reason)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// join finds out whether the server that runs on the folder answers. Its socket is in the folder, for its owner alone.
func (l *layout) join(ctx context.Context) (*Server, error) {
	conn, err := pgx.Connect(ctx, l.url(database))
	if err != nil {
		return nil, err
	}
	return &Server{url: l.url(database)}, conn.Close(ctx)
}
