package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/linkgraph/linkgraph/graph/internal/answer"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/idempotency"
)

// idempotent runs a mutation that has an Idempotency-Key. Its answer is stored before COMMIT, in the transaction of what it
// wrote, so it is read there too. A mutation that fails is rolled back with its key.
func (e executor) idempotent(
	ctx context.Context,
	next graphql.OperationHandler,
	sent *transport.Idempotency,
) *graphql.Response {
	tx := answer.Transaction(ctx)
	defer func() { _ = tx.Rollback(ctx) }() // does nothing after COMMIT; if it fails, the session is closed
	key := idempotency.Key{Caller: callerKeyOf(ctx), Key: sent.Key, Request: sent.Request}
	kept, err := e.answers.Claim(ctx, tx, key)
	switch {
	case errors.Is(err, idempotency.ErrReused):
		sent.Reused = true
		return e.failed(ctx, err)
	case err != nil:
		return e.failed(ctx, err)
	case kept != nil:
		sent.Replayed = true
		return e.replay(ctx, kept)
	}
	resp := next(ctx)(ctx)
	if resp == nil || len(resp.Data) == 0 || string(resp.Data) == "null" {
		return resp
	}
	text, err := encodeResponse(resp)
	if err == nil {
		e.answers.Keep(tx, key, text)
		err = tx.Commit(ctx)
	}
	if err != nil {
		return e.failed(ctx, err)
	}
	return resp
}

// callerKeyOf tells the callers apart whose keys must not collide.
func callerKeyOf(ctx context.Context) string {
	c, known := CallerFrom(ctx)
	if !known {
		return ""
	}
	return "admin " + c.ID // storefronts have no mutations
}

// failed is the response to a mutation that was not done.
func (e executor) failed(ctx context.Context, err error) *graphql.Response {
	return &graphql.Response{Data: json.RawMessage("null"), Errors: gqlerror.List{e.present(ctx, err)}}
}

// replay returns a response that was stored.
func (e executor) replay(ctx context.Context, text []byte) *graphql.Response {
	errs, data, _ := bytes.Cut(text, []byte("\n"))
	resp := &graphql.Response{Data: data}
	if err := json.Unmarshal(errs, &resp.Errors); err != nil {
		return e.failed(ctx, fmt.Errorf("read a stored answer: %w", err))
	}
	return resp
}

// encodeResponse returns the errors of a response, a line feed, and the data as it is: encoding it again would change its
// white space.
func encodeResponse(resp *graphql.Response) ([]byte, error) {
	errs, err := json.Marshal(resp.Errors)
	return append(append(errs, '\n'), resp.Data...), err
}
