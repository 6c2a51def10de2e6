// Package transport is GraphQL over HTTP. It reads requests, validates documents, checks variables, waits for
// admission by the overload gate, lets gqlgen execute the operations, and sends the answers. Endpoint is the only
// transport of gqlgen's server; the package knows neither the fields of the schema nor the callers.
//
// A request passes through endpoint.go, request.go, documents.go (documents_persisted.go, documents_limits.go),
// variables.go, coerce.go, idempotency.go, response.go and send.go, in that order.
package transport

import (
	"context"
	"log/slog"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// Config configures an Endpoint.
type Config struct {
	// MaxBody bounds a request body, MaxURL the query of a URL, in bytes.
	MaxBody int64
	MaxURL  int
	// MaxBatch bounds the requests of a batch, which is a list in one body. 0 refuses batches.
	MaxBatch int
	// Timeout bounds one HTTP request, not counting the time to read its body. Zero or below there is no limit.
	Timeout time.Duration
	// Documents bounds one document, or those of a batch together.
	Documents DocumentLimits
	// DocumentCache bounds the cache of parsed documents, in estimated bytes; PersistedCache that of automatic
	// persisted queries.
	DocumentCache, PersistedCache int
	// Trusted are the only documents that may run, by id. nil lets every document run. Partial drops documents that
	// are not valid in the schema, instead of reporting them.
	Trusted map[string]string
	Partial bool
	// CompressFrom is the size in bytes from which answers are compressed. Zero or below nothing is.
	CompressFrom int
	// WriteTimeout bounds the time that a client may take for each 64 KiB of an answer. Zero or below there is no
	// limit.
	WriteTimeout time.Duration
	// Gate bounds concurrent requests and memory. nil means no bound.
	Gate *overload.Gate
	// HideSuggestions leaves names of the schema out of error messages.
	HideSuggestions bool
	Logger          *slog.Logger
	// Client returns the name of the queue that a request waits in, one for each client. nil means one queue for all.
	Client func(ctx context.Context) string
	// Spent is called once a request is answered, with the points that it takes of a rate limit. It may be nil.
	Spent func(ctx context.Context, points int)
	// Begin is called before the operations of a request run, and release when the answer is composed. It may be nil.
	Begin func(ctx context.Context) (_ context.Context, release func())
	// Idempotency says that mutations with an Idempotency-Key are repeated: see IdempotencyOf. Without it they are refused.
	Idempotency bool
	// Read decodes variables of some types from their JSON. ok is false for a variable that is to be decoded in the
	// usual way. It may be nil.
	Read func(t *ast.Type, text []byte) (v any, ok bool)
}
