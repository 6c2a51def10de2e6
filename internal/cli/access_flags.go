package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/linkgraph/linkgraph/internal/access"
)

// accessFlags configure authentication and rate limits. API keys are in the database.
type accessFlags struct {
	JWTSecret    string   `name:"jwt-secret" help:"Secret of HS256 tokens of admins, at least 32 bytes: Medusa's jwtSecret. Set it in the environment, because other users of the machine can read arguments." env:"JWT_SECRET" placeholder:"SECRET"`
	JWKSURL      string   `name:"jwks-url" help:"URL of the public keys (JWKS) of RS256 and ES256 tokens of admins. Needs --jwt-audience and --jwt-issuer." env:"JWKS_URL" placeholder:"URL"`
	JWTAudience  []string `name:"jwt-audience" help:"Required audience (aud) of tokens. Repeatable: a token needs one of them." env:"JWT_AUDIENCE"`
	JWTIssuer    string   `name:"jwt-issuer" help:"Issuer (iss) that a token must have." env:"JWT_ISSUER"`
	JWTRoleClaim string   `name:"jwt-role-claim" help:"Claim that holds the role of an admin: read-only, read-write, or a list of them. Medusa's own tokens need none." default:"linkgraph_role" env:"JWT_ROLE_CLAIM"`

	KeyCache            time.Duration `help:"How long a key is cached. A revoked key is refused at most this much later. 0 turns the cache off." default:"5s" env:"KEY_CACHE"`
	RateLimitStorefront int           `help:"Requests per minute with one publishable key. Large requests count as several. Beyond that, each address may send a twentieth of it. 0 means no limit." default:"6000" env:"RATE_LIMIT_STOREFRONT"`
	RateLimitAdmin      int           `help:"Requests per minute of one admin (a secret key, or the subject of tokens). Large requests count as several. 0 means no limit." default:"0" env:"RATE_LIMIT_ADMIN"`
	RateLimitUnknown    int           `help:"Requests per minute from one address with invalid credentials. 0 means no limit." default:"60" env:"RATE_LIMIT_UNKNOWN"`
	TrustedProxy        []string      `help:"Network of trusted proxies, in CIDR notation: their X-Forwarded-For or Forwarded is believed. Repeatable." env:"TRUSTED_PROXY" placeholder:"CIDR"`
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
