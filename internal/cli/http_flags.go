package cli

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/idempotency"
)

// httpFlags configure HTTP: see docs/http.md.
type httpFlags struct {
	MaxHeader int `group:"listening" help:"Most bytes of the headers of a request." default:"65536" env:"MAX_HEADER"`
	MaxURL    int `group:"listening" name:"max-url" help:"Most bytes of the query of a URL." default:"16384" env:"MAX_URL"`
	Batch     int `help:"Most requests of a batch. 0 refuses batches." default:"0" env:"BATCH"`

	DocumentCache           int    `help:"Size of the cache of parsed documents, in estimated bytes." default:"67108864" env:"DOCUMENT_CACHE"`
	APQCache                int    `name:"apq-cache" help:"Size of the cache of automatic persisted queries, in bytes. 0 turns it off." default:"4194304" env:"APQ_CACHE"`
	TrustedDocuments        string `help:"File of trusted documents, a JSON object from ids to documents. No other document may run." env:"TRUSTED_DOCUMENTS" type:"existingfile"`
	StorefrontDocuments     string `help:"File of trusted documents for storefronts, in the same format." env:"STOREFRONT_DOCUMENTS" type:"existingfile"`
	StorefrontIntrospection bool   `group:"access" help:"Allow introspection by storefronts, and suggest names in their errors." env:"STOREFRONT_INTROSPECTION"`

	CORSOrigin        []string `group:"listening" name:"cors-origin" help:"Allowed CORS origin, such as https://shop.example. Repeatable." env:"CORS_ORIGIN"`
	CompressFrom      int      `help:"Compress answers from this size on, in bytes. 0 turns compression off." default:"1400" env:"COMPRESS_FROM"`
	IdempotencyWindow age      `help:"How long an Idempotency-Key is valid. 0 refuses mutations with a key." default:"24h" env:"IDEMPOTENCY_WINDOW"`
	Suggestions       bool     `group:"access" help:"Suggest names of the schema in errors." default:"true" negatable:"" env:"SUGGESTIONS"`
}

// authenticate returns the caller of a request: see graph.HTTP.
type authenticate = func(*http.Request) (graph.Caller, error)

// door authenticates requests and charges their cost to the rate limit of the caller.
type door interface {
	Authenticate(r *http.Request) (graph.Caller, error)
	Spent(caller graph.Caller, points int)
}

// answers returns what remembers the answers of mutations, or nil.
func (f *httpFlags) answers() *idempotency.Answers {
	if f.IdempotencyWindow == 0 {
		return nil
	}
	return idempotency.New(idempotency.Config{Window: time.Duration(f.IdempotencyWindow)})
}

// api returns the handler of the API, with the limits and the gates of admins and storefronts.
func (f *httpFlags) api(
	g *graph.Graph,
	admins, storefronts *limitFlags,
	gates gates,
	write time.Duration,
	door door,
) (http.Handler, error) {
	cfg := graph.HTTP{
		MaxBody:         admins.MaxBody,
		MaxURL:          f.MaxURL,
		MaxBatch:        f.Batch,
		Timeout:         orOff(admins.RequestTimeout),
		Documents:       admins.documents(),
		DocumentCache:   f.DocumentCache,
		PersistedCache:  orOff(f.APQCache),
		Origins:         f.CORSOrigin,
		CompressFrom:    orOff(f.CompressFrom),
		HideSuggestions: !f.Suggestions,
		WriteTimeout:    orOff(write),
		Gate:            gates.admins,
		Authenticate:    door.Authenticate,
		Spent:           door.Spent,
		Storefront: graph.HTTPStorefront{
			MaxBody:       storefronts.MaxBody,
			Timeout:       orOff(storefronts.RequestTimeout),
			Documents:     storefronts.documents(),
			Introspection: f.StorefrontIntrospection,
			Gate:          gates.storefronts,
		},
	}
	var err error
	if cfg.Trusted, err = trusted("--trusted-documents", f.TrustedDocuments); err != nil {
		return nil, err
	}
	if cfg.Storefront.Trusted, err = trusted("--storefront-documents", f.StorefrontDocuments); err != nil {
		return nil, err
	}
	return g.HTTPHandler(cfg)
}

// trusted reads the file of trusted documents; nil if there is none.
func trusted(flag, path string) (map[string]string, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	documents, err := transport.ParseTrusted(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return documents, nil
}

// orOff turns a flag of zero, which means off, into the negative value that graph.HTTP takes for off.
func orOff[N int | time.Duration](v N) N {
	if v == 0 {
		return -1
	}
	return v
}
