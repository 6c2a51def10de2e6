package overload

import "context"

// Gate is what requests of one kind of callers pass: places to be worked on, and the memory for what clients send and read.
// nil lets everything pass.
type Gate struct {
	Limiter *Limiter
	// Bodies bounds the bodies that were read in part, or whose requests wait or run.
	Bodies *Budget
	// Answers bounds the answers that are being sent.
	Answers *Budget
}

// Enter waits for a place. Its error is an *Error.
func (g *Gate) Enter(ctx context.Context, caller string) (*Place, error) {
	if g == nil || g.Limiter == nil {
		return nil, nil
	}
	return g.Limiter.Enter(ctx, caller)
}
