// Package accesstest lets tests call a server as an admin.
package accesstest

import (
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Secret is what a server is given as JWT_SECRET or --jwt-secret, so that it lets Client in.
const Secret = "a secret of the tests, long enough"

// Subject is the id of the caller that Client is.
const Subject = "tests"

// Client returns a client that sends an admin's token with every request that has no credentials.
func Client(t testing.TB) *http.Client {
	t.Helper()
	claims := jwt.MapClaims{"sub": Subject, "linkgraph_role": "read-write", "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(Secret))
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: bearer(token)}
}

type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Authorization") == "" && r.Header.Get("x-publishable-api-key") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+string(b))
	}
	return http.DefaultTransport.RoundTrip(r)
}
