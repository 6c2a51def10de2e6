package cli

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/golang-jwt/jwt/v5"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/pgtest"
)

const flagSecret = "a secret that is never printed: 1234567890"

func parseAccess(t *testing.T, out io.Writer, args ...string) accessFlags {
	t.Helper()
	var cli struct{ accessFlags }
	parser, err := kong.New(&cli, kong.Writers(out, out), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return cli.accessFlags
}

// TestAccessSecretIsNotPrinted sets the environment, so it is not parallel.
func TestAccessSecretIsNotPrinted(t *testing.T) {
	t.Setenv("JWT_SECRET", flagSecret)
	var help strings.Builder
	if f := parseAccess(t, &help, "--help"); f.JWTSecret != flagSecret {
		t.Error("JWT_SECRET is not read")
	}
	if !strings.Contains(help.String(), "$JWT_SECRET") || strings.Contains(help.String(), flagSecret) {
		t.Errorf("help:\n%s", &help)
	}
}

func TestAccessFlags(t *testing.T) {
	t.Parallel()
	db := &database{aside: pgtest.New(t).Pool, log: slog.New(slog.DiscardHandler)}
	extra := access.Extra{Token: strings.Repeat("x", 32), Caller: graph.Caller{ID: "extra", Storefront: true}}
	f := parseAccess(
		t,
		io.Discard,
		"--jwt-secret",
		flagSecret,
		"--jwt-audience",
		"a",
		"--jwt-audience",
		"b",
		"--jwt-issuer",
		"i",
		"--jwt-role-claim",
		"r",
		"--rate-limit-storefront",
		"1",
		"--rate-limit-admin",
		"2",
		"--rate-limit-unknown",
		"3",
		"--key-cache",
		"0",
	)
	a, err := f.authenticator(t.Context(), db, extra)
	if err != nil {
		t.Fatal(err)
	}
	send := func(token string) error {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		_, err := a.Authenticate(r)
		return err
	}
	token := func(aud, iss string) string {
		claims := jwt.MapClaims{
			"sub": "s",
			"aud": aud,
			"iss": iss,
			"r":   "read-only",
			"exp": time.Now().Add(time.Hour).Unix(),
		}
		s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(flagSecret))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	var tooMany *graph.TooManyRequestsError
	for i, c := range []struct {
		token   string
		refused error
		limited bool
	}{
		{token: token("a", "i")},
		{token: token("b", "i")},
		{token: token("b", "i"), limited: true}, // --rate-limit-admin
		{token: extra.Token},
		{token: extra.Token, limited: true}, // --rate-limit-storefront
		{token: token("c", "i"), refused: graph.ErrUnauthenticated},
		{token: token("a", "j"), refused: graph.ErrUnauthenticated},
		{token: "x", refused: graph.ErrUnauthenticated},
		{token: "x", limited: true}, // --rate-limit-unknown
	} {
		if err := send(c.token); errors.As(err, &tooMany) != c.limited || !c.limited && !errors.Is(err, c.refused) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	for _, bad := range [][]string{{"--jwt-secret", "short"}, {"--jwks-url", "http://id.example/"}, {"--jwt-issuer", "i"}, {"--trusted-proxy", "10.0.0.0/8", "--trusted-proxy", "10.0.0.0/40"}} {
		if _, err := parseAccess(t, io.Discard, bad...).authenticator(t.Context(), db); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
	if _, err := parseAccess(t, io.Discard).authenticator(t.Context(), db); err != nil {
		t.Errorf("no flags: %v", err)
	}
}

// TestTrustedProxyFlag sets the environment, so it is not parallel.
func TestTrustedProxyFlag(t *testing.T) {
	db := &database{aside: pgtest.New(t).Pool, log: slog.New(slog.DiscardHandler)}
	_, err := parseAccess(
		t,
		io.Discard,
		"--trusted-proxy",
		"10.0.0.0/8",
		"--trusted-proxy",
		"ten",
	).authenticator(t.Context(), db)
	if err == nil || !strings.Contains(err.Error(), `--trusted-proxy: "ten"`) {
		t.Errorf("a network that is none: %v", err)
	}
	t.Setenv("TRUSTED_PROXY", "192.0.2.0/24,fd00::/8")
	flags := parseAccess(t, io.Discard, "--rate-limit-unknown", "1")
	a, err := flags.authenticator(t.Context(), db)
	if err != nil || len(flags.TrustedProxy) != 2 {
		t.Fatal(flags.TrustedProxy, err)
	}
	for _, client := range []string{"203.0.113.1", "203.0.113.2"} {
		r := httptest.NewRequest(http.MethodPost, "/", nil) // from 192.0.2.1
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("X-Forwarded-For", client)
		if _, err := a.Authenticate(r); !errors.Is(err, graph.ErrUnauthenticated) {
			t.Errorf("the first guess of %s: %v", client, err)
		}
	}
}
