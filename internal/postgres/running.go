package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Open returns the server of a folder. It starts one, or uses the one that another process runs there, and waits for
// one that is starting. Stop does not stop another process's server.
func Open(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.complete()
	s, err := open(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("private postgres: %w", err)
	}
	return s, nil
}

// joinTimeout is how long to wait for a server that another process is starting.
const joinTimeout = 60 * time.Second

func open(ctx context.Context, cfg Config) (*Server, error) {
	l, err := newLayout(cfg)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(joinTimeout); ; {
		// The other process may end at any time, and then the folder is free.
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

// join connects to the server that runs on the folder. Its socket is in the folder and only its owner can use it.
func (l *layout) join(ctx context.Context) (*Server, error) {
	conn, err := pgx.Connect(ctx, l.url(database))
	if err != nil {
		return nil, err
	}
	return &Server{url: l.url(database)}, conn.Close(ctx)
}
