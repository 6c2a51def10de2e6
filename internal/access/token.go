package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/recordstore"
)

// JWT says which JSON Web Tokens are good. Of Secret and JWKSURL one is set, or none: then no token is good.
type JWT struct {
	// Secret is that of HS256, 32 bytes at least. Medusa's tokens are signed with its jwtSecret.
	Secret string
	// JWKSURL is where the public keys of RS256 and ES256 are: https, or http on this machine. A token names its key (kid).
	JWKSURL string
	// Audience are the values of aud of which a token has one. Issuer is its iss. Unless they are empty they are checked. With
	// JWKSURL both must be set: what a provider signs for other services would do otherwise.
	Audience []string
	Issuer   string
	// RoleClaim is the claim that has a role, or a list with one. "" means linkgraph_role.
	RoleClaim string
}

const (
	// minSecret is the size that RFC 7518, section 3.2, asks for.
	minSecret = 32
	// leeway is how much clocks may differ.
	leeway           = 30 * time.Second
	maxClaim         = 255
	defaultRoleClaim = "linkgraph_role"
)

// verifier knows good tokens.
type verifier struct {
	parser    *jwt.Parser
	keys      func(context.Context) jwt.Keyfunc
	roleClaim string
}

// newVerifier returns nil if no token is good.
func newVerifier(ctx context.Context, cfg JWT, log *slog.Logger, now func() time.Time) (*verifier, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	v := &verifier{roleClaim: cfg.RoleClaim}
	if v.roleClaim == "" {
		v.roleClaim = defaultRoleClaim
	}
	// The algorithms are those of the source: a public key is never taken for a secret.
	var methods []string
	switch {
	case cfg.Secret != "":
		methods = []string{jwt.SigningMethodHS256.Alg()}
		secret := []byte(cfg.Secret)
		v.keys = func(context.Context) jwt.Keyfunc { return func(*jwt.Token) (any, error) { return secret, nil } }
	case cfg.JWKSURL != "":
		methods = []string{jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg()}
		var err error
		if v.keys, err = loadKeySet(ctx, cfg.JWKSURL, log); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(methods), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(now),
	}
	if len(cfg.Audience) > 0 {
		options = append(options, jwt.WithAudience(cfg.Audience...))
	}
	if cfg.Issuer != "" {
		options = append(options, jwt.WithIssuer(cfg.Issuer))
	}
	v.parser = jwt.NewParser(options...)
	return v, nil
}

func (cfg JWT) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("JWT: "+format, args...)) }
	if cfg.Secret != "" && cfg.JWKSURL != "" {
		fault("there is a secret and a JWKS URL; set the one that signs the tokens")
	}
	if cfg.Secret == "" && cfg.JWKSURL == "" && (len(cfg.Audience) > 0 || cfg.Issuer != "") {
		fault("there is an audience or an issuer, and neither a secret nor a JWKS URL")
	}
	if cfg.Secret != "" && len(cfg.Secret) < minSecret {
		fault("the secret has %d bytes; HS256 needs %d at least (RFC 7518, section 3.2)", len(cfg.Secret), minSecret)
	}
	if cfg.JWKSURL != "" {
		if err := checkKeySetURL(cfg.JWKSURL); err != nil {
			fault("%w", err)
		}
		if len(cfg.Audience) == 0 || cfg.Issuer == "" {
			fault("with a JWKS URL the audience and the issuer must be set, or any token of the provider would do")
		}
	}
	if slices.Contains(cfg.Audience, "") {
		fault("an audience is empty")
	}
	return errors.Join(faults...)
}

// caller returns whom a token speaks of, and whether it is a token of Medusa's for a user.
func (v *verifier) caller(ctx context.Context, token string) (caller graph.Caller, medusa bool, err error) {
	claims := jwt.MapClaims{}
	_, err = v.parser.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) {
		if _, ok := t.Header["crit"]; ok { // RFC 7515, section 4.1.11: what is not understood is refused
			return nil, jwt.ErrTokenUnverifiable
		}
		return v.keys(ctx)(t)
	})
	switch {
	case err == nil:
		caller, err = v.admin(claims)
		return caller, claims["actor_type"] != nil, err
	case ctx.Err() != nil:
		return graph.Caller{}, false, ctx.Err()
	case errors.Is(err, recordstore.ErrUnavailable):
		return graph.Caller{}, false, err
	case errors.Is(err, jwt.ErrTokenExpired): // its signature is good
		return graph.Caller{}, false, unauthenticated("the token has expired")
	}
	return graph.Caller{}, false, notAccepted()
}

// admin returns the admin that good claims speak of.
func (v *verifier) admin(claims jwt.MapClaims) (graph.Caller, error) {
	role := roleOf(claims[v.roleClaim])
	id := text(claims, "sub")
	if _, ok := claims["actor_type"]; ok {
		if !medusaAdmin(claims) {
			return graph.Caller{}, forbidden(
				"the token is not of an admin: its actor_type is not user, or it has no actor yet",
			)
		}
		if role == "" {
			role = graph.ReadWrite
		}
		id = text(claims, "actor_id")
	}
	if id == "" {
		return graph.Caller{}, unauthenticated(
			fmt.Sprintf("the token has no subject of at most %d printable bytes", maxClaim),
		)
	}
	if role == "" {
		return graph.Caller{}, forbidden(
			fmt.Sprintf(
				"the token gives no access: its claim %s is neither %s nor %s",
				v.roleClaim,
				graph.ReadOnly,
				graph.ReadWrite,
			),
		)
	}
	name := text(claims, "name")
	if name == "" {
		name = text(claims, "email")
	}
	return graph.Caller{ID: id, Name: name, Role: role}, nil
}

// medusaAdmin reports whether Medusa would let a token of its own into its admin API. Tokens for resetting a password, of a
// user not yet registered and before a second factor are of the same actor_type, and have no actor_id or no time of the
// challenge. Claims that another provider happens to call the same are not enough.
func medusaAdmin(claims jwt.MapClaims) bool {
	if claims["actor_type"] != "user" || text(claims, "actor_id") == "" || text(claims, "auth_identity_id") == "" {
		return false
	}
	factor := claims["mfa_enabled"]
	return factor == nil || factor == false || text(claims, "mfa_challenge_completed_at") != ""
}

// roleOf is the role that a claim gives, the greater one of a list. "" is none.
func roleOf(claim any) graph.Role {
	values, ok := claim.([]any)
	if !ok {
		values = []any{claim}
	}
	for _, role := range []graph.Role{graph.ReadWrite, graph.ReadOnly} {
		if slices.Contains(values, any(string(role))) {
			return role
		}
	}
	return ""
}

// text is a claim that is a text fit for a log, or "".
func text(claims jwt.MapClaims, name string) string {
	s, _ := claims[name].(string)
	if len(s) > maxClaim {
		return ""
	}
	for _, r := range s {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ""
		}
	}
	return s
}

func forbidden(message string) error {
	return &graph.CredentialsError{Is: graph.ErrForbidden, Message: message}
}
