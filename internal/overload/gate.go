package overload

import "context"

// Gate holds the bounds for one kind of caller: concurrent requests, and the memory for bodies and answers. A nil
// Gate has no bounds.
type Gate struct {
	Limiter *Limiter
	// Bodies bounds the bytes of bodies that are being read or whose requests wait or run.
	Bodies *Budget
	// Answers bounds the bytes of answers that are being sent.
	Answers *Budget
}

// Enter waits for a slot. Its error is an *Error.
func (g *Gate) Enter(ctx context.Context, caller string) (*Place, error) {
	if g == nil || g.Limiter == nil {
		return nil, nil
	}
	return g.Limiter.Enter(ctx, caller)
}
