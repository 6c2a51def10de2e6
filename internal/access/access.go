// Package access says who sends a request: an admin with a secret API key or a JSON Web Token, or a storefront with a
// publishable API key. Keys are those of Medusa's api_key module, made by Medusa or by this program.
//
// A key is looked up in the database at most once in Config.CacheFor, so one that is revoked is refused at most that much
// later. Checking a secret key costs tens of milliseconds of scrypt, as Medusa keeps them; that is done once a process for a
// key, and a few at a time. All keys that wait are looked up in one statement. What is remembered of a key is the SHA-256 of its token, never the token.
//
// Nothing here tells a client whether a key never was, is revoked or is deleted.
package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/linkgraph/linkgraph/graph"
)

// DB is what an Authenticator needs. *pgxpool.Pool satisfies it.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Config says who is let in.
type Config struct {
	// DB has the table api_key, and linkgraph.api_key_role. Both may be missing: without the first no key is known, without
	// the second every secret key may write.
	DB DB
	// Log is told what goes wrong beside the requests. nil means nobody is.
	Log *slog.Logger
	// JWT says which tokens are good. None are if it is empty.
	JWT JWT
	// CacheFor is how long the answer of the database about a key holds. 0 means five seconds, less asks every time.
	CacheFor time.Duration
	// Limits bound the requests.
	Limits Limits
	// Proxies are those whose word on the address of a client is taken.
	Proxies Proxies
	// Extra are secret keys that the database does not have.
	Extra []Extra
	// Now is the clock of the limits, of CacheFor and of tokens. nil means time.Now. Whether a key is revoked goes by the clock
	// of the database.
	Now func() time.Time
}

// Limits are requests a minute. A caller may send that many at once; what is used up comes back evenly over a minute.
type Limits struct {
	// Storefront is for each publishable key, Admin for each secret key or subject of tokens. 0 means without limit. A request that asks
	// for much counts as several: see Authenticator.Spent. Of a publishable key whose limit is used up, each address may still use a
	// twentieth of it.
	Storefront, Admin int
	// Unknown is for each address that sends credentials that were looked for and are not good. 0 means 60, less means without
	// limit. Good ones pass all the same, those that this process has never seen too.
	//
	// The address is that of Config.Proxies, and of IPv6 its first 64 bits.
	Unknown int
}

// Extra is a secret key that is good as long as the process runs. It need not look like one of the api_key module.
type Extra struct {
	Token  string
	Caller graph.Caller
}

const (
	cacheFor       = 5 * time.Second
	unknownPerHost = 60
)

// Authenticator says who sends a request.
type Authenticator struct {
	now        func() time.Time
	extra      map[digest]graph.Caller
	keys       *keyring
	tokens     *verifier // nil: none are good
	users      *users
	proxies    Proxies
	storefront shopLimit
	admin      *buckets
	unknown    *buckets
}

// New returns an Authenticator. Errors name what of the configuration is at fault. With a JWKS URL it loads the keys of
// tokens, and again from time to time until the context ends; that they cannot be loaded is no error of New.
func New(ctx context.Context, cfg Config) (*Authenticator, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.CacheFor == 0 {
		cfg.CacheFor = cacheFor
	}
	if cfg.Limits.Unknown == 0 {
		cfg.Limits.Unknown = unknownPerHost
	}
	a := &Authenticator{
		now:     cfg.Now,
		extra:   map[digest]graph.Caller{},
		users:   newUsers(cfg),
		proxies: cfg.Proxies,
		storefront: newShopLimit(
			cfg.Limits.Storefront,
		),
		admin:   newBuckets(cfg.Limits.Admin),
		unknown: newBuckets(cfg.Limits.Unknown),
	}
	for i, e := range cfg.Extra {
		if len(e.Token) < minExtra || !visible(e.Token) {
			return nil, fmt.Errorf("extra key %d: a token has at least %d visible characters", i, minExtra)
		}
		a.extra[digestOf(secretKey, e.Token)] = e.Caller
	}
	var err error
	if a.tokens, err = newVerifier(ctx, cfg.JWT, cfg.Log, cfg.Now); err != nil {
		return nil, err
	}
	a.keys = newKeyring(cfg, a.unknown)
	return a, nil
}

// minExtra keeps a key out that could be guessed.
const minExtra = 32

// Authenticate returns who sends a request. Its errors are *graph.CredentialsError, *graph.TooManyRequestsError, or those of
// the database and of the source of the keys of tokens.
//
// Authorization decides alone where it is sent: with bad credentials in it, a good publishable key does not help.
func (a *Authenticator) Authenticate(r *http.Request) (graph.Caller, error) {
	c, err := readCredential(r.Header)
	if err != nil {
		return graph.Caller{}, err
	}
	caller, err := a.identify(r, c)
	if err != nil {
		return graph.Caller{}, err
	}
	if caller.Storefront {
		caller.Address = limitedAs(a.proxies.Client(r))
		err = a.storefront.take(caller.ID, caller.Address, a.now())
	} else {
		err = a.admin.take(caller.ID, a.now())
	}
	if err != nil {
		return graph.Caller{}, err
	}
	return caller, nil
}

// Spent takes from the limit of a caller what a request took beyond that of a small one, whose cost is 1.
func (a *Authenticator) Spent(caller graph.Caller, points int) {
	if !caller.Storefront {
		a.admin.charge(caller.ID, points-1, a.now())
		return
	}
	a.storefront.charge(caller.ID, caller.Address, points-1, a.now())
}

func (a *Authenticator) identify(r *http.Request, c credential) (graph.Caller, error) {
	if c.kind != publishableKey {
		if caller, ok := a.extra[digestOf(secretKey, c.token)]; ok {
			return caller, nil
		}
	}
	address := limitedAs(a.proxies.Client(r))
	switch {
	case c.kind == secretKey || c.kind == publishableKey:
		return a.keys.caller(r.Context(), c, address)
	case c.kind == webToken && a.tokens != nil:
		caller, err := a.ofToken(r.Context(), c.token)
		if errors.Is(err, graph.ErrUnauthenticated) {
			if tooMany := a.unknown.take(address, a.now()); tooMany != nil {
				return graph.Caller{}, tooMany
			}
		}
		return caller, err
	}
	if err := a.unknown.take(address, a.now()); err != nil {
		return graph.Caller{}, err
	}
	return graph.Caller{}, notAccepted()
}

// ofToken returns the admin of a token, who is not deleted.
func (a *Authenticator) ofToken(ctx context.Context, token string) (graph.Caller, error) {
	caller, medusa, err := a.tokens.caller(ctx, token)
	if err != nil {
		return graph.Caller{}, err
	}
	if err := a.users.admit(ctx, caller.ID, medusa); err != nil {
		return graph.Caller{}, err
	}
	return caller, nil
}

// notAccepted is the one answer to credentials that are not good, whatever is wrong with them.
func notAccepted() error {
	return unauthenticated("these credentials are not accepted; " + whatToSend)
}

func unauthenticated(message string) error {
	return &graph.CredentialsError{Is: graph.ErrUnauthenticated, Message: message}
}
