package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/linkgraph/linkgraph/internal/access"
)

// accessFlags configure authentication and rate limits. API keys are in the database.
type accessFlags struct {
	JWTSecret    string   `name:"jwt-secret" help:"Secret of HS256 tokens of admins, 32 bytes at least: Medusa's jwtSecret. Set it in the environment: arguments can be read by other users of the machine." env:"JWT_SECRET" placeholder:"SECRET"`
	JWKSURL      string   `name:"jwks-url" help:"Where the public keys of RS256 and ES256 tokens of admins are. Needs --jwt-audience and --jwt-issuer." env:"JWKS_URL" placeholder:"URL"`
	JWTAudience  []string `name:"jwt-audience" help:"Audience (aud) that a token must have. Repeatable: one of them." env:"JWT_AUDIENCE"`
	JWTIssuer    string   `name:"jwt-issuer" help:"Issuer (iss) that a token must have." env:"JWT_ISSUER"`
	JWTRoleClaim string   `name:"jwt-role-claim" help:"Claim with the role of an admin, read-only or read-write, or a list of such. Medusa's own tokens need none." default:"linkgraph_role" env:"JWT_ROLE_CLAIM"`

	KeyCache            time.Duration `help:"How long the database is not asked again about a key: a revoked one is refused at most that much later. 0 asks every time." default:"5s" env:"KEY_CACHE"`
	RateLimitStorefront int           `help:"Requests a minute with one publishable key; those that ask for much count as several. Past it each address may send a twentieth of that. 0 is without limit." default:"6000" env:"RATE_LIMIT_STOREFRONT"`
	RateLimitAdmin      int           `help:"Requests a minute of one admin: a secret key, or the subject of tokens; those that ask for much count as several. 0 is without limit." default:"0" env:"RATE_LIMIT_ADMIN"`
	RateLimitUnknown    int           `help:"Requests a minute from one address with credentials that are not good. 0 is without limit." default:"60" env:"RATE_LIMIT_UNKNOWN"`
	TrustedProxy        []string      `help:"Network of proxies, in CIDR notation, whose X-Forwarded-For or Forwarded names the address of a client. Repeatable." env:"TRUSTED_PROXY" placeholder:"CIDR"`
}

// authenticator returns the authenticator of requests. It reloads the JSON Web Key Set until the context ends.
func (f accessFlags) authenticator(
	ctx context.Context,
	db *database,
	extra ...access.Extra,
) (*access.Authenticator, error) {
	proxies, err := access.ParseProxies(f.TrustedProxy)
	if err != nil {
		return nil, fmt.Errorf("--trusted-proxy: %w", err)
	}
	return access.New(ctx, access.Config{
		DB:  db.aside,
		Log: db.log,
		JWT: access.JWT{
			Secret:    f.JWTSecret,
			JWKSURL:   f.JWKSURL,
			Audience:  f.JWTAudience,
			Issuer:    f.JWTIssuer,
			RoleClaim: f.JWTRoleClaim,
		},
		CacheFor: orOff(f.KeyCache),
		Limits: access.Limits{
			Storefront: f.RateLimitStorefront,
			Admin:      f.RateLimitAdmin,
			Unknown:    orOff(f.RateLimitUnknown),
		},
		Proxies: proxies,
		Extra:   extra,
	})
}
