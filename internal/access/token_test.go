package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

const jwtSecret = "a secret of thirty-two bytes, or more"

// sign makes a token. kid may be empty.
func sign(t *testing.T, method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// with returns claims with some changed. nil takes one out.
func with(claims jwt.MapClaims, change jwt.MapClaims) jwt.MapClaims {
	out := maps.Clone(claims)
	for name, v := range change {
		if v == nil {
			delete(out, name)
		} else {
			out[name] = v
		}
	}
	return out
}

func in(d time.Duration) int64 { return time.Now().Add(d).Unix() }

// medusaUser are the claims of a token of Medusa 2.21, as generateJwtTokenForAuthIdentity of
// packages/medusa/src/api/auth/utils/generate-jwt-token.ts writes them.
func medusaUser() jwt.MapClaims {
	return jwt.MapClaims{
		"actor_id":         "user_1",
		"actor_type":       "user",
		"auth_identity_id": "authid_1",
		"auth_provider":    "emailpass",
		"mfa_enabled":      false,
		"app_metadata": map[string]any{
			"user_id": "user_1",
		},
		"user_metadata": map[string]any{},
		"iat":           in(0),
		"exp":           in(24 * time.Hour),
	}
}

func TestTokensOfMedusa(t *testing.T) {
	t.Parallel()
	a := open(
		t,
		access.Config{DB: pgtest.New(t).Pool, JWT: access.JWT{Secret: jwtSecret}, Limits: access.Limits{Unknown: -1}},
	)
	token := func(change jwt.MapClaims) *http.Request {
		return bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "", with(medusaUser(), change)))
	}
	admin := graph.Caller{ID: "user_1", Role: graph.ReadWrite}
	accepted(t, a, token(nil), admin)
	accepted(t, a, token(jwt.MapClaims{"mfa_enabled": nil}), admin) // before Medusa had second factors
	accepted(
		t,
		a,
		token(jwt.MapClaims{"mfa_enabled": true, "mfa_challenge_completed_at": "2026-01-01T00:00:00.000Z"}),
		admin,
	)
	accepted(
		t,
		a,
		token(jwt.MapClaims{"linkgraph_role": "read-only", "name": "Ada"}),
		graph.Caller{ID: "user_1", Name: "Ada", Role: graph.ReadOnly},
	)
	for name, change := range map[string]jwt.MapClaims{
		"customer":             {"actor_type": "customer"},
		"customer with a role": {"actor_type": "customer", "linkgraph_role": "read-write"},
		"list of actors":       {"actor_type": []string{"user"}},
		"not registered":       {"actor_id": ""}, // the middleware of Medusa asks for actor_id
		"no actor":             {"actor_id": nil},
		"actor is no text":     {"actor_id": 7},
		"no identity":          {"auth_identity_id": nil},
		// generateResetPasswordTokenWorkflow signs entity_id, provider and actor_type with the same secret.
		"reset of a password": {"actor_id": nil, "auth_identity_id": nil, "entity_id": "a@example.com", "provider": "emailpass"},
		"no second factor":    {"mfa_enabled": true, "mfa_challenge_completed_at": nil},
		"odd second factor":   {"mfa_enabled": "no"},
		"invitation":          {"actor_id": nil, "actor_type": nil, "auth_identity_id": nil, "id": "invite_1", "sub": "invite_1"},
	} {
		t.Run(name, func(t *testing.T) { refused(t, a, token(change), graph.ErrForbidden) })
	}
}

// provider is a provider of tokens, and a JWKS server.
type provider struct {
	url      string
	rsa      *rsa.PrivateKey
	ec       *ecdsa.PrivateKey
	keys     atomic.Value // of what the server answers
	requests atomic.Int32
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func rsaJWK(kid string, key *rsa.PublicKey, more map[string]any) map[string]any {
	jwk := map[string]any{"kty": "RSA", "kid": kid, "n": b64(key.N.Bytes()), "e": "AQAB"}
	maps.Copy(jwk, more)
	return jwk
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	var err error
	if p.rsa, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	point, err := p.ec.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p.serve(t,
		rsaJWK("rsa", &p.rsa.PublicKey, map[string]any{"use": "sig", "alg": "RS256"}),
		rsaJWK("plain", &p.rsa.PublicKey, nil),
		rsaJWK("encrypts", &p.rsa.PublicKey, map[string]any{"use": "enc"}),
		rsaJWK("wraps", &p.rsa.PublicKey, map[string]any{"key_ops": []string{"wrapKey"}}),
		map[string]any{"kty": "EC", "kid": "ec", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
		map[string]any{"kty": "oct", "kid": "shared", "k": b64([]byte(jwtSecret))})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.requests.Add(1)
		answer, _ := p.keys.Load().([]byte)
		if answer == nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

func (p *provider) serve(t *testing.T, keys ...map[string]any) {
	t.Helper()
	answer, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	p.keys.Store(answer)
}

func (p *provider) config() access.JWT {
	return access.JWT{JWKSURL: p.url, Audience: []string{"linkgraph", "shop"}, Issuer: "https://id.example"}
}

func (p *provider) claims() jwt.MapClaims {
	return jwt.MapClaims{
		"sub":            "auth0|7",
		"email":          "ada@example.com",
		"iss":            "https://id.example",
		"aud":            []string{"other", "linkgraph"},
		"iat":            in(0),
		"nbf":            in(0),
		"exp":            in(time.Hour),
		"linkgraph_role": "read-only",
	}
}

func TestTokensOfAProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := open(t, access.Config{DB: pgtest.New(t).Pool, JWT: p.config(), Limits: access.Limits{Unknown: -1}})
	reader := graph.Caller{ID: "auth0|7", Name: "ada@example.com", Role: graph.ReadOnly}
	writer := reader
	writer.Role = graph.ReadWrite
	rs := func(change jwt.MapClaims) *http.Request {
		return bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "rsa", with(p.claims(), change)))
	}
	accepted(t, a, rs(nil), reader)
	accepted(t, a, bearer(sign(t, jwt.SigningMethodES256, p.ec, "ec", p.claims())), reader)
	accepted(t, a, bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "plain", p.claims())), reader)
	accepted(t, a, rs(jwt.MapClaims{"aud": "shop", "iat": nil, "nbf": nil}), reader)
	accepted(t, a, rs(jwt.MapClaims{"nbf": in(10 * time.Second), "iat": in(10 * time.Second)}), reader) // clocks differ
	accepted(t, a, rs(jwt.MapClaims{"linkgraph_role": []string{"staff", "read-only", "read-write"}}), writer)
	accepted(t, a, rs(jwt.MapClaims{"email": "a\nb"}), graph.Caller{ID: "auth0|7", Role: graph.ReadOnly})

	public := pem.EncodeToMemory(
		&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&p.rsa.PublicKey)},
	)
	pkix, err := x509.MarshalPKIXPublicKey(&p.rsa.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	spki := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := sign(t, jwt.SigningMethodRS256, p.rsa, "rsa", p.claims())
	parts := strings.Split(good, ".")
	rewritten := func(header string) string { return b64([]byte(header)) + "." + parts[1] + "." + parts[2] }
	critical := jwt.NewWithClaims(jwt.SigningMethodRS256, p.claims())
	critical.Header["kid"], critical.Header["crit"], critical.Header["b64"] = "rsa", []string{"b64"}, true
	withCrit, err := critical.SignedString(p.rsa)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*http.Request{
		"alg none":                   bearer(sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "rsa", p.claims())),
		"alg None":                   bearer(rewritten(`{"alg":"None","kid":"rsa"}`)),
		"no alg":                     bearer(rewritten(`{"kid":"rsa"}`)),
		"no signature":               bearer(parts[0] + "." + parts[1] + "."),
		"HS256 with the public key":  bearer(sign(t, jwt.SigningMethodHS256, public, "rsa", p.claims())),
		"HS256 with the PKIX key":    bearer(sign(t, jwt.SigningMethodHS256, spki, "rsa", p.claims())),
		"HS256 with the modulus":     bearer(sign(t, jwt.SigningMethodHS256, p.rsa.N.Bytes(), "rsa", p.claims())),
		"HS256 with a published key": bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "shared", p.claims())),
		"HS256 with nothing":         bearer(sign(t, jwt.SigningMethodHS256, []byte{}, "rsa", p.claims())),
		"RS512":                      bearer(sign(t, jwt.SigningMethodRS512, p.rsa, "plain", p.claims())),
		"PS256":                      bearer(sign(t, jwt.SigningMethodPS256, p.rsa, "plain", p.claims())),
		"ES256 with the RSA key":     bearer(sign(t, jwt.SigningMethodES256, p.ec, "rsa", p.claims())),
		"RS256 with the EC key":      bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "ec", p.claims())),
		"another key":                bearer(sign(t, jwt.SigningMethodRS256, other, "rsa", p.claims())),
		"a key for encryption":       bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "encrypts", p.claims())),
		"a key that wraps":           bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "wraps", p.claims())),
		"unknown kid":                bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "unknown", p.claims())),
		"no kid":                     bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "", p.claims())),
		"kid is no text":             bearer(rewritten(`{"alg":"RS256","kid":["rsa"]}`)),
		"a header that matters":      bearer(withCrit),
		"claims of another token":    bearer(parts[0] + "." + b64([]byte(`{"sub":"root","linkgraph_role":"read-write"}`)) + "." + parts[2]),
		"no JSON":                    bearer("x.y.z"),
		"padding":                    bearer(good + "=="),
		"dots alone":                 bearer(".."),
		"four parts":                 bearer(good + ".x"),
		"huge":                       rs(jwt.MapClaims{"groups": strings.Repeat("x", 9<<10)}),
		"expired":                    rs(jwt.MapClaims{"exp": in(-time.Minute)}),
		"no exp":                     rs(jwt.MapClaims{"exp": nil}),
		"exp is no number":           rs(jwt.MapClaims{"exp": "never"}),
		"not yet":                    rs(jwt.MapClaims{"nbf": in(time.Minute)}),
		"made in the future":         rs(jwt.MapClaims{"iat": in(time.Minute)}),
		"another audience":           rs(jwt.MapClaims{"aud": "other"}),
		"no audience":                rs(jwt.MapClaims{"aud": nil}),
		"another issuer":             rs(jwt.MapClaims{"iss": "https://id.example/"}),
		"no issuer":                  rs(jwt.MapClaims{"iss": nil}),
		"no subject":                 rs(jwt.MapClaims{"sub": nil}),
		"subject is no text":         rs(jwt.MapClaims{"sub": 7}),
		"a long subject":             rs(jwt.MapClaims{"sub": strings.Repeat("x", 256)}),
		"a subject of two lines":     rs(jwt.MapClaims{"sub": "a\nb"}),
	} {
		t.Run(name, func(t *testing.T) { refused(t, a, r, graph.ErrUnauthenticated) })
	}
	for name, r := range map[string]*http.Request{
		"no role":           rs(jwt.MapClaims{"linkgraph_role": nil}),
		"another role":      rs(jwt.MapClaims{"linkgraph_role": "admin"}),
		"role is no text":   rs(jwt.MapClaims{"linkgraph_role": true}),
		"other roles":       rs(jwt.MapClaims{"linkgraph_role": []any{"READ-WRITE", 1, nil}}),
		"actor_type alone":  rs(jwt.MapClaims{"actor_type": "user"}), // what another provider may call the same
		"actor of a vendor": rs(jwt.MapClaims{"actor_type": "user", "actor_id": "7", "linkgraph_role": nil}),
	} {
		t.Run(name, func(t *testing.T) { refused(t, a, r, graph.ErrForbidden) })
	}
	if _, err := a.Authenticate(rs(jwt.MapClaims{"linkgraph_role": nil})); err == nil ||
		!strings.Contains(err.Error(), "linkgraph_role") {
		t.Errorf("the message does not name the claim: %v", err)
	}
	if n := p.requests.Load(); n > 2 {
		t.Errorf("%d requests for keys: unknown ones load them once a minute", n)
	}
}

func TestRoleClaim(t *testing.T) {
	t.Parallel()
	a := open(
		t,
		access.Config{
			DB:  pgtest.New(t).Pool,
			JWT: access.JWT{Secret: jwtSecret, RoleClaim: "https://shop.example/role", Issuer: "me"},
		},
	)
	claims := jwt.MapClaims{"sub": "a", "iss": "me", "exp": in(time.Hour), "https://shop.example/role": "read-write"}
	accepted(
		t,
		a,
		bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "", claims)),
		graph.Caller{ID: "a", Role: graph.ReadWrite},
	)
	refused(
		t,
		a,
		bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "", with(claims, jwt.MapClaims{"iss": "you"}))),
		graph.ErrUnauthenticated,
	)
	refused(t, a, bearer(sign(t, jwt.SigningMethodHS384, []byte(jwtSecret), "", claims)), graph.ErrUnauthenticated)
	refused(t, a, bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret+"!"), "", claims)), graph.ErrUnauthenticated)
	renamed := with(claims, jwt.MapClaims{"https://shop.example/role": nil, "linkgraph_role": "read-write"})
	refused(t, a, bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "", renamed)), graph.ErrForbidden)
}

// TestNewKeys checks that a key which the provider adds is found when a token needs it, and one that it takes back is gone then.
func TestNewKeys(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	a := open(t, access.Config{DB: pgtest.New(t).Pool, JWT: p.config()})
	p.serve(t, rsaJWK("new", &p.rsa.PublicKey, nil))
	accepted(
		t,
		a,
		bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "new", p.claims())),
		graph.Caller{ID: "auth0|7", Name: "ada@example.com", Role: graph.ReadOnly},
	)
	refused(t, a, bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "rsa", p.claims())), graph.ErrUnauthenticated)
}

func TestWeakKeys(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p.serve(t, rsaJWK("weak", &weak.PublicKey, nil))
	a := open(t, access.Config{DB: pgtest.New(t).Pool, JWT: p.config()})
	refused(t, a, bearer(sign(t, jwt.SigningMethodRS256, weak, "weak", p.claims())), graph.ErrUnauthenticated)
}

// TestProviderAway checks that a token cannot be called bad before the keys were there, and that keys of API clients do not
// depend on the provider.
func TestProviderAway(t *testing.T) {
	t.Parallel()
	db := keys(t)
	for name, answer := range map[string][]byte{
		"an error": nil, "no JSON": []byte("<html>"), "too large": []byte(`{"keys":[` + strings.Repeat(" ", 2<<20) + `]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			good, _ := p.keys.Load().([]byte)
			p.keys.Store(answer)
			a := open(t, access.Config{DB: db.Pool, JWT: p.config(), Limits: access.Limits{Unknown: 1}})
			token := bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "rsa", p.claims()))
			for range 3 { // these are not guesses
				serverError(t, a, token)
			}
			accepted(t, a, bearer(medusaToken), backOffice)
			p.keys.Store(good)
			if p.requests.Load() < 2 {
				t.Error("the keys are not asked for again")
			}
		})
	}
}

// TestRedirects checks that the keys are not fetched from where someone on the way could write them.
func TestRedirects(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	elsewhere := httptest.NewServer(http.RedirectHandler("http://keys.example/jwks.json", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	cfg := p.config()
	cfg.JWKSURL = elsewhere.URL
	var log strings.Builder
	a := open(t, access.Config{DB: pgtest.New(t).Pool, JWT: cfg, Log: logTo(&log)})
	serverError(t, a, bearer(sign(t, jwt.SigningMethodRS256, p.rsa, "rsa", p.claims())))
	if !strings.Contains(log.String(), "must be https") {
		t.Errorf("log: %s", &log)
	}
}

func TestBadTokensAreLimited(t *testing.T) {
	t.Parallel()
	now := newClock()
	a := open(
		t,
		access.Config{
			DB:     pgtest.New(t).Pool,
			JWT:    access.JWT{Secret: jwtSecret},
			Limits: access.Limits{Unknown: 2, Admin: 3},
			Now:    now.Now,
		},
	)
	good := bearer(sign(t, jwt.SigningMethodHS256, []byte(jwtSecret), "", medusaUser()))
	bad := bearer(sign(t, jwt.SigningMethodHS256, []byte("another"), "", medusaUser()))
	refused(t, a, bad, graph.ErrUnauthenticated)
	refused(t, a, bad, graph.ErrUnauthenticated)
	limited(t, a, bad)
	for range 3 {
		accepted(t, a, good, graph.Caller{ID: "user_1", Role: graph.ReadWrite})
	}
	limited(t, a, good)
	now.pass(48 * time.Hour)
	refused(t, a, good, graph.ErrUnauthenticated)
}

func TestJWTConfig(t *testing.T) {
	t.Parallel()
	both := access.JWT{Audience: []string{"a"}, Issuer: "i"}
	jwks := func(url string) access.JWT {
		cfg := both
		cfg.JWKSURL = url
		return cfg
	}
	for name, c := range map[string]struct {
		cfg  access.JWT
		want string
	}{
		"short secret":   {access.JWT{Secret: "supersecret"}, "11 bytes; HS256 needs 32"},
		"secret and URL": {access.JWT{Secret: jwtSecret, JWKSURL: "https://id.example/"}, "a secret and a JWKS URL"},
		"no audience":    {access.JWT{JWKSURL: "https://id.example/", Issuer: "i"}, "audience and the issuer must be set"},
		"no issuer":      {access.JWT{JWKSURL: "https://id.example/", Audience: []string{"a"}}, "audience and the issuer must be set"},
		"empty audience": {access.JWT{JWKSURL: "https://id.example/", Audience: []string{""}, Issuer: "i"}, "an audience is empty"},
		"no source":      {both, "neither a secret nor a JWKS URL"},
		"http":           {jwks("http://id.example/"), "must be https"},
		"http by a name": {jwks("http://localhost.example/"), "must be https"},
		"a file":         {jwks("file:///etc/keys.json"), "must be https"},
		"no host":        {jwks("https:///keys.json"), "must be https"},
		"no URL":         {jwks("://"), "JWKS URL"},
	} {
		_, err := access.New(t.Context(), access.Config{JWT: c.cfg})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && c.cfg.Secret != "" && strings.Contains(fmt.Sprint(err), c.cfg.Secret) {
			t.Errorf("%s: the error tells the secret", name)
		}
	}
}
