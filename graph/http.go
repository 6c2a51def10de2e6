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

// HTTP says how the API is served. The zero value is good: a zero field takes its default, one below zero turns off what
// it bounds, where that is said.
type HTTP struct {
	// MaxBody is how many bytes a request body may have; 4 MiB.
	MaxBody int64
	// MaxURL is how many bytes the query of a URL may have; 16 KiB.
	MaxURL int
	// MaxBatch is how many requests one body may carry as a list. 0 refuses lists.
	MaxBatch int
	// Timeout bounds one HTTP request, reading its body left out; 30 s. Below zero there is no limit.
	Timeout time.Duration
	// Documents bounds one document, or those of a batch together.
	Documents transport.DocumentLimits
	// DocumentCache is how many bytes the parsed documents that are kept may take, by estimate; 64 MiB.
	DocumentCache int
	// PersistedCache is how many bytes of documents clients may have kept by their hash; 4 MiB. Below zero none is.
	PersistedCache int
	// Trusted are the documents that may be run, by their ids. nil lets every document run.
	Trusted map[string]string
	// Origins are the origins whose pages may read answers, as scheme://host:port.
	Origins []string
	// CompressFrom is the size in bytes from which answers are compressed; 1,400. Below zero none is.
	CompressFrom int
	// WriteTimeout is how long a client may take for each 64 KiB of an answer; 10 s. Below zero there is no limit.
	WriteTimeout time.Duration
	// Gate bounds what is worked on at a time for admins. nil lets all in.
	Gate *overload.Gate
	// HideSuggestions leaves names of the schema out of errors.
	HideSuggestions bool
	// Authenticate says who sends a request. Its errors are CredentialsError, TooManyRequestsError, or faults of the server.
	// nil asks nobody for credentials and takes everyone for an admin.
	Authenticate func(*http.Request) (Caller, error)
	// Spent is told what a request of a caller took of a rate limit, once it is answered: 1 if it was small. nil means nobody is.
	Spent func(caller Caller, points int)
	// Storefront says what is different for storefronts.
	Storefront HTTPStorefront
}

// HTTPStorefront says how storefronts are served. The zero value is good. Its limits are lower than those of admins: their keys can be
// read by everyone.
type HTTPStorefront struct {
	// MaxBody is how many bytes a request body may have; 256 KiB, or HTTP.MaxBody if that is less.
	MaxBody int64
	// Timeout bounds one HTTP request, as HTTP.Timeout does; 10 s, or HTTP.Timeout if that is less.
	Timeout time.Duration
	// Documents bounds one document, or those of a batch together: 64 KiB, 5,000 tokens, 200 aliases, 30 root fields, 200 directives,
	// 100 fragments, 400 spreads, 4,000 fields and 250 of one name.
	Documents transport.DocumentLimits
	// Trusted are the documents that storefronts may run, by their ids. nil means those that everyone may run.
	Trusted map[string]string
	// Introspection lets storefronts ask for their schema, and has errors suggest names of it.
	Introspection bool
	// Gate bounds what is worked on at a time for storefronts. nil lets all in.
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

// storefront is the same for storefronts.
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

// check reports every fault of the configuration.
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

// transport is how requests are read and answers sent. A zero timeout has become the default; one below zero is none.
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
