// Package transport is GraphQL over HTTP: it reads requests, finds or validates their documents, checks their variables, waits for a place, has
// gqlgen run the operations, and sends the answers. It is the one transport of gqlgen's server (Endpoint), and knows neither which fields
// there are nor who may call.
//
// The way of a request: endpoint.go, and from there request.go, documents.go (documents_persisted.go, documents_limits.go), variables.go and
// coerce.go, response.go, send.go.
package transport

import (
	"context"
	"log/slog"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/linkgraph/linkgraph/internal/overload"
)

// Config says how requests are read, and answers sent.
type Config struct {
	// MaxBody is how many bytes a request body may have, MaxURL the query of a URL.
	MaxBody int64
	MaxURL  int
	// MaxBatch is how many requests one body may carry as a list. 0 refuses lists.
	MaxBatch int
	// Timeout bounds one HTTP request, reading its body left out. Without one, or below zero, there is no limit.
	Timeout time.Duration
	// Documents bounds one document, or those of a batch together.
	Documents DocumentLimits
	// DocumentCache is how many bytes the parsed documents that are kept may take, by estimate, PersistedCache those of the texts that
	// clients have kept by their hash.
	DocumentCache, PersistedCache int
	// Trusted are the documents that may be run, by their ids. nil lets every document run. With Partial those that are not valid here
	// are left out.
	Trusted map[string]string
	Partial bool
	// CompressFrom is the size in bytes from which answers are compressed. Without one, or below zero, none is.
	CompressFrom int
	// WriteTimeout is how long a client may take for each 64 KiB of an answer. Without one, or below zero, there is no limit.
	WriteTimeout time.Duration
	// Gate bounds what is worked on at a time. nil lets all in.
	Gate *overload.Gate
	// HideSuggestions leaves names of the schema out of errors.
	HideSuggestions bool
	Logger          *slog.Logger
	// Client names who sends a request: each has a queue of its own. nil means that all have one.
	Client func(ctx context.Context) string
	// Spent is told what a request took of a rate limit, once it is answered. nil means nobody is.
	Spent func(ctx context.Context, points int)
	// Begin is called before the operations of a request run, and its release when the answer is made. It may be nil.
	Begin func(ctx context.Context) (_ context.Context, release func())
	// Read reads variables of some types from their JSON; ok is false for those of others, and for what is to be read as all else is. It
	// may be nil.
	Read func(t *ast.Type, text []byte) (v any, ok bool)
}
