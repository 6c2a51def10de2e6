package access

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

const (
	keySetTimeout = 5 * time.Second
	maxKeySet     = 1 << 20
	// refreshEvery is how often the keys are loaded anew; one that the provider took back is good until then.
	refreshEvery = 15 * time.Minute
	// refreshUnknown is how often they are loaded for a token whose key is not there.
	refreshUnknown = time.Minute
	// minRSA is the size that RFC 7518, section 3.3, asks for.
	minRSA = 2048
)

// checkKeySetURL refuses URLs whose answer someone on the way could write.
func checkKeySetURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("the JWKS URL is none")
	}
	return checkScheme(u)
}

func checkScheme(u *url.URL) error {
	host := u.Hostname()
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	if host == "" || u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return errors.New("the JWKS URL must be https, or http on this machine")
	}
	return nil
}

// keySet are the keys of a provider that can sign tokens for us.
type keySet struct {
	jwkset.Storage
	log    *slog.Logger
	loaded atomic.Bool
}

// loadKeySet loads the keys now and then, until the context ends, and returns what finds the key of a token.
func loadKeySet(ctx context.Context, url string, log *slog.Logger) (func(context.Context) jwt.Keyfunc, error) {
	set := &keySet{Storage: jwkset.NewMemoryStorage(), log: log}
	source, err := jwkset.NewStorageFromHTTP(url, jwkset.HTTPClientStorageOptions{
		Client:                    keySetClient(),
		Ctx:                       ctx,
		HTTPTimeout:               keySetTimeout,
		NoErrorReturnFirstHTTPReq: true,
		RefreshErrorHandler:       func(_ context.Context, err error) { log.Warn("the keys of tokens are not loaded", "error", err) },
		RefreshInterval:           refreshEvery,
		Storage:                   set,
	})
	if err != nil {
		return nil, fmt.Errorf("JWT: %w", err)
	}
	storage, err := jwkset.NewHTTPClient(jwkset.HTTPClientOptions{
		HTTPURLs: map[string]jwkset.Storage{url: source}, RateLimitWaitMax: keySetTimeout,
		RefreshUnknownKID: rate.NewLimiter(rate.Every(refreshUnknown), 1),
	})
	if err != nil {
		return nil, fmt.Errorf("JWT: %w", err)
	}
	keys, err := keyfunc.New(keyfunc.Options{Ctx: ctx, Storage: storage})
	if err != nil {
		return nil, fmt.Errorf("JWT: %w", err)
	}
	return func(ctx context.Context) jwt.Keyfunc {
		return func(t *jwt.Token) (any, error) {
			if _, ok := t.Header[jwkset.HeaderKID]; !ok {
				return nil, jwt.ErrTokenUnverifiable
			}
			key, err := keys.KeyfuncCtx(ctx)(t)
			if err != nil && !set.loaded.Load() {
				return nil, fmt.Errorf("%w: the keys of tokens are not loaded", recordstore.ErrUnavailable)
			}
			return key, err
		}
	}, nil
}

// KeyReplaceAll takes the keys of an answer.
func (s *keySet) KeyReplaceAll(ctx context.Context, keys []jwkset.JWK) error {
	fit := slices.DeleteFunc(keys, func(k jwkset.JWK) bool { return !canSign(k) })
	if len(fit) == 0 {
		s.log.Warn("the JWKS has no key for RS256 or ES256")
	}
	err := s.Storage.KeyReplaceAll(ctx, fit)
	if err == nil {
		s.loaded.Store(true)
	}
	return err
}

// canSign reports whether a key is a public one for RS256 or ES256, and meant for signatures.
func canSign(k jwkset.JWK) bool {
	m := k.Marshal()
	if m.USE != "" && m.USE != jwkset.UseSig || len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify) {
		return false
	}
	switch key := k.Key().(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= minRSA
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256()
	}
	return false
}

// keySetClient bounds what a provider may send, and does not follow it to where the URL could not have led.
func keySetClient() *http.Client {
	return &http.Client{
		Timeout:   keySetTimeout,
		Transport: boundedTransport{http.DefaultTransport},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= 3 {
				return errors.New("too many redirects")
			}
			return checkScheme(r.URL)
		},
	}
}

type boundedTransport struct{ http.RoundTripper }

// RoundTrip cuts an answer that is too large, which then is no JSON.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, maxKeySet), answer.Body}
	}
	return answer, err
}
