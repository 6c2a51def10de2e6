package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/linkgraph/linkgraph/graph/transport"
	"github.com/linkgraph/linkgraph/internal/overload"
)

// HTTP configures how the API is served. The zero value is valid: a zero field takes its default. A negative value
// turns a limit off where the field says so.
type HTTP struct {
	// MaxBody bounds a request body, in bytes; 4 MiB.
	MaxBody int64
	// MaxURL bounds the query of a URL, in bytes; 16 KiB.
	MaxURL int
	// MaxBatch bounds the requests of a batch, which is a list in one body. 0 refuses batches.
	MaxBatch int
	// Timeout bounds one HTTP request, not counting the time to read its body; 30 s. Below zero there is no limit.
	Timeout time.Duration
	// Documents bounds one document, or those of a batch together.
	Documents transport.DocumentLimits
	// DocumentCache bounds the cache of parsed documents, in estimated bytes; 64 MiB.
	DocumentCache int
	// PersistedCache bounds the cache of automatic persisted queries, in bytes; 4 MiB. Below zero there is none.
	PersistedCache int
	// Trusted are the only documents that may run, by id. nil lets every document run.
	Trusted map[string]string
	// Origins are the origins whose pages may read answers, as scheme://host:port.
	Origins []string
	// CompressFrom is the size in bytes from which answers are compressed; 1,400. Below zero nothing is compressed.
	CompressFrom int
	// WriteTimeout is how long a client may take for each 64 KiB of an answer; 10 s. Below zero there is no limit.
	WriteTimeout time.Duration
	// Gate bounds the concurrent requests and the memory of admins. nil means no bound.
	Gate *overload.Gate
	// HideSuggestions leaves names of the schema out of error messages.
	HideSuggestions bool
	// Authenticate returns the caller of a request. Its errors are CredentialsError, TooManyRequestsError, or faults
	// of the server. nil means no authentication: every caller is an admin.
	Authenticate func(*http.Request) (Caller, error)
	// Spent is called once a request is answered, with the points that it takes of the rate limit: 1 for a small
	// request. It may be nil.
	Spent func(caller Caller, points int)
	// Storefront holds the settings of storefronts.
	Storefront HTTPStorefront
}

// HTTPStorefront configures how storefronts are served. The zero value is valid. Its limits are lower than those of
// admins, because publishable keys are public.
type HTTPStorefront struct {
	// MaxBody bounds a request body, in bytes; 256 KiB, or HTTP.MaxBody if that is less.
	MaxBody int64
	// Timeout bounds one HTTP request, as HTTP.Timeout does; 10 s, or HTTP.Timeout if that is less.
	Timeout time.Duration
	// Documents bounds one document, or those of a batch together: 64 KiB, 5,000 tokens, 200 aliases, 30 root fields,
	// 200 directives, 100 fragments, 400 spreads, 4,000 fields and 250 of one name.
	Documents transport.DocumentLimits
	// Trusted are the only documents that storefronts may run, by id. nil means HTTP.Trusted.
	Trusted map[string]string
	// Introspection lets storefronts introspect their schema, and lets errors suggest names of it.
	Introspection bool
	// Gate bounds the concurrent requests and the memory of storefronts. nil means no bound.
	Gate *overload.Gate
}

// DefaultHTTP returns what the zero value of HTTP stands for.
func DefaultHTTP() HTTP {
	var h HTTP
	h.complete()
	return h
}

func (h *HTTP) complete() {
	h.Documents.Complete()
	h.Storefront.Documents.OrDefault(transport.DocumentLimits{
		Bytes:      64 << 10,
		Tokens:     5000,
		Aliases:    200,
		RootFields: 30,
		Directives: 200,
		Fragments:  100,
		Spreads:    400,
		Fields:     4000,
		Repeats:    250,
	})
	orDefault(&h.MaxBody, 4<<20)
	orDefault(&h.MaxURL, 16<<10)
	orDefault(&h.Timeout, 30*time.Second)
	orDefault(&h.WriteTimeout, 10*time.Second)
	orDefault(&h.DocumentCache, 64<<20)
	orDefault(&h.PersistedCache, 4<<20)
	orDefault(&h.CompressFrom, 1400)
	orDefault(&h.Storefront.MaxBody, min(256<<10, h.MaxBody))
	if h.Storefront.Timeout == 0 {
		h.Storefront.Timeout = 10 * time.Second
		if h.Timeout > 0 {
			h.Storefront.Timeout = min(h.Storefront.Timeout, h.Timeout)
		}
	}
}

// storefront returns the configuration of storefronts.
func (h HTTP) storefront() HTTP {
	h.MaxBody, h.Timeout, h.Documents, h.Gate = h.Storefront.MaxBody, h.Storefront.Timeout, h.Storefront.Documents, h.Storefront.Gate
	h.HideSuggestions = h.HideSuggestions || !h.Storefront.Introspection
	if h.Storefront.Trusted != nil {
		h.Trusted = h.Storefront.Trusted
	}
	return h
}

func orDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// check returns all faults of the configuration, joined.
func (h *HTTP) check() error {
	var faults []error
	for _, origin := range h.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			faults = append(
				faults,
				fmt.Errorf(
					"origin %q: write it as a browser does, such as https://shop.example:8443; there is no wildcard",
					origin,
				),
			)
		}
	}
	if h.MaxBody < 0 || h.Storefront.MaxBody < 0 || h.MaxURL < 0 || h.MaxBatch < 0 || h.DocumentCache < 0 {
		faults = append(
			faults,
			errors.New("the limits of bodies, URLs, batches and the document cache cannot be below zero"),
		)
	}
	return errors.Join(faults...)
}

// transport returns the configuration of the endpoint. complete has set the defaults.
func (h *HTTP) transport(log *slog.Logger) transport.Config {
	cfg := transport.Config{
		MaxBody:         h.MaxBody,
		MaxURL:          h.MaxURL,
		MaxBatch:        h.MaxBatch,
		Timeout:         h.Timeout,
		Documents:       h.Documents,
		DocumentCache:   h.DocumentCache,
		PersistedCache:  h.PersistedCache,
		Trusted:         h.Trusted,
		CompressFrom:    h.CompressFrom,
		WriteTimeout:    h.WriteTimeout,
		Gate:            h.Gate,
		HideSuggestions: h.HideSuggestions,
		Logger:          log,
		Client: func(ctx context.Context) string {
			caller, _ := CallerFrom(ctx)
			return caller.ID + " " + caller.Address
		},
	}
	if h.Spent != nil {
		cfg.Spent = func(ctx context.Context, points int) {
			caller, _ := CallerFrom(ctx)
			h.Spent(caller, points)
		}
	}
	return cfg
}
