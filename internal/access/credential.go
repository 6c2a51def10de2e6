package access

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
)

// kind is that of a credential.
type kind byte

const (
	secretKey      kind = 's'
	publishableKey kind = 'p'
	webToken       kind = 'j'
	otherBearer    kind = 'o' // not of a shape that Medusa or a provider of tokens gives
)

// credential is what a request says of its sender.
type credential struct {
	kind  kind
	token string
}

const (
	// maxToken bounds Authorization: tokens of providers that list groups have thousands of bytes.
	maxToken = 8 << 10
	// maxKey bounds keys. Those of Medusa have 67 characters.
	maxKey = 255
	// minKey is what Medusa shows of a key: six characters and three. A shorter one is all shown.
	minKey = 10

	whatToSend = "send Authorization: Bearer with a secret API key, or x-publishable-api-key with a publishable one"
)

// readCredential finds the one credential of a request. It trusts nothing of what it reads.
func readCredential(h http.Header) (credential, error) {
	if values := h.Values("Authorization"); len(values) > 0 {
		return readBearer(values)
	}
	values := h.Values("X-Publishable-Api-Key")
	if len(values) == 0 {
		return credential{}, unauthenticated(whatToSend)
	}
	if len(values) > 1 {
		return credential{}, unauthenticated("x-publishable-api-key is sent more than once")
	}
	token := values[0]
	// A secret key has no business in a statement, or in what the database logs of one.
	if len(token) < minKey || len(token) > maxKey || !visible(token) || strings.HasPrefix(token, "sk_") {
		return credential{}, unauthenticated("x-publishable-api-key has no publishable API key in it")
	}
	return credential{publishableKey, token}, nil
}

// readBearer reads Authorization as RFC 6750 writes it: the scheme in any case, spaces, and a token.
func readBearer(values []string) (credential, error) {
	if len(values) > 1 {
		return credential{}, unauthenticated("Authorization is sent more than once")
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return credential{}, unauthenticated(whatToSend)
	}
	token = strings.TrimLeft(token, " ")
	if len(token) > maxToken {
		return credential{}, unauthenticated(fmt.Sprintf("the token in Authorization has more than %d bytes", maxToken))
	}
	if token == "" || !visible(token) {
		return credential{}, unauthenticated("there is no token in Authorization; " + whatToSend)
	}
	switch {
	case strings.HasPrefix(token, "pk_"):
		return credential{}, unauthenticated("a publishable API key is sent as x-publishable-api-key")
	case strings.HasPrefix(token, "sk_"):
		if len(token) < minKey || len(token) > maxKey {
			return credential{}, notAccepted()
		}
		return credential{secretKey, token}, nil
	case strings.Count(token, ".") == 2:
		return credential{webToken, token}, nil
	}
	return credential{otherBearer, token}, nil
}

// visible reports whether a text has visible ASCII characters alone, and no comma, which would be two headers in one.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == ',' {
			return false
		}
	}
	return true
}

// digest stands for a key that is remembered. Tokens have 256 random bits, so it cannot be turned back.
type digest [sha256.Size]byte

// digestOf tells the same text in two headers apart.
func digestOf(k kind, token string) digest {
	return sha256.Sum256(append([]byte{byte(k)}, token...))
}
