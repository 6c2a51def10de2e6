package access_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies, err := access.ParseProxies([]string{"10.0.0.0/8", " fd00::/8", "127.0.0.1", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	const xff, standard = "X-Forwarded-For", "Forwarded"
	for name, c := range map[string]struct {
		peer    string
		headers []string
		want    string
	}{
		"no proxy":                      {"192.0.2.1:80", nil, "192.0.2.1"},
		"no proxy, and says so":         {"192.0.2.1:80", []string{xff, "203.0.113.9", standard, "for=203.0.113.9"}, "192.0.2.1"},
		"IPv4 as IPv6":                  {"[::ffff:192.0.2.1]:80", nil, "192.0.2.1"},
		"a zone":                        {"[fe80::1%eth0]:80", nil, "fe80::1"},
		"no address":                    {"@", []string{xff, "203.0.113.9"}, "@"},
		"nothing":                       {"", nil, ""},
		"a proxy that says nothing":     {"10.0.0.1:80", nil, "10.0.0.1"},
		"a proxy":                       {"10.0.0.1:80", []string{xff, "203.0.113.9"}, "203.0.113.9"},
		"a proxy on this machine":       {"[::1]:80", []string{xff, "203.0.113.9"}, "203.0.113.9"},
		"a proxy, IPv4 as IPv6":         {"[::ffff:10.0.0.1]:80", []string{xff, "::ffff:203.0.113.9"}, "203.0.113.9"},
		"the client wrote one":          {"10.0.0.1:80", []string{xff, "198.51.100.7, 203.0.113.9"}, "203.0.113.9"},
		"the client wrote a proxy":      {"10.0.0.1:80", []string{xff, "198.51.100.7, 10.0.0.9, 203.0.113.9"}, "203.0.113.9"},
		"the client wrote a header":     {"10.0.0.1:80", []string{xff, "198.51.100.7", xff, "203.0.113.9"}, "203.0.113.9"},
		"two proxies":                   {"10.0.0.1:80", []string{xff, "203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		"two proxies, two headers":      {"10.0.0.1:80", []string{xff, "198.51.100.7, 203.0.113.9", xff, "10.0.0.2,10.0.0.3"}, "203.0.113.9"},
		"proxies alone":                 {"10.0.0.1:80", []string{xff, "10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"ports":                         {"10.0.0.1:80", []string{xff, "203.0.113.9:4711, 10.0.0.2:80"}, "203.0.113.9"},
		"IPv6":                          {"[fd00::1]:80", []string{xff, "2001:db8::9"}, "2001:db8::9"},
		"IPv6 with a port":              {"[fd00::1]:80", []string{xff, "[2001:db8::9]:4711, fd00::2"}, "2001:db8::9"},
		"IPv6 in brackets":              {"[fd00::1]:80", []string{xff, "[2001:db8::9]"}, "2001:db8::9"},
		"unknown":                       {"10.0.0.1:80", []string{xff, "unknown"}, "10.0.0.1"},
		"unknown behind two":            {"10.0.0.1:80", []string{xff, "203.0.113.9, unknown, 10.0.0.2"}, "10.0.0.2"},
		"garbage":                       {"10.0.0.1:80", []string{xff, "\x00;--<script>, 1.2.3, 999.1.1.1"}, "10.0.0.1"},
		"empty":                         {"10.0.0.1:80", []string{xff, ""}, "10.0.0.1"},
		"commas":                        {"10.0.0.1:80", []string{xff, ",,,"}, "10.0.0.1"},
		"a long list":                   {"10.0.0.1:80", []string{xff, strings.Repeat("198.51.100.7, ", 1000) + "203.0.113.9"}, "203.0.113.9"},
		"standard":                      {"10.0.0.1:80", []string{standard, "for=203.0.113.9;proto=https;by=10.0.0.1"}, "203.0.113.9"},
		"standard, case":                {"10.0.0.1:80", []string{standard, "proto=https; FOR=203.0.113.9"}, "203.0.113.9"},
		"standard, IPv6":                {"10.0.0.1:80", []string{standard, `for="[2001:db8::9]:4711"`}, "2001:db8::9"},
		"standard, written":             {"10.0.0.1:80", []string{standard, `for=198.51.100.7, for="203.0.113.9:80", for=10.0.0.2`}, "203.0.113.9"},
		"standard, unknown":             {"10.0.0.1:80", []string{standard, "for=203.0.113.9, for=unknown"}, "10.0.0.1"},
		"standard, hidden":              {"10.0.0.1:80", []string{standard, "for=_hidden"}, "10.0.0.1"},
		"standard, no for":              {"10.0.0.1:80", []string{standard, "for=203.0.113.9, proto=https"}, "10.0.0.1"},
		"standard, a quote open":        {"10.0.0.1:80", []string{standard, `for="203.0.113.9`}, "10.0.0.1"},
		"standard, a comma in quotes":   {"10.0.0.1:80", []string{standard, `for=198.51.100.7;host="a, for=203.0.113.9"`}, "10.0.0.1"},
		"both, and they agree":          {"10.0.0.1:80", []string{standard, "for=203.0.113.9", xff, "203.0.113.9"}, "203.0.113.9"},
		"both, and the client made one": {"10.0.0.1:80", []string{standard, "for=198.51.100.7", xff, "203.0.113.9"}, "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := proxies.Client(from(c.peer, request(c.headers...))); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestProxiesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "fe80::1%eth0", "10.0.0.1:80"} {
		if all, err := access.ParseProxies([]string{"10.0.0.0/8", bad}); err == nil ||
			!strings.Contains(err.Error(), `"`+bad+`"`) {
			t.Errorf("%q: %v, %v", bad, all, err)
		}
	}
}

// TestClientsBehindAProxy checks that one who guesses does not use up the guesses of another, and cannot pass for another.
func TestClientsBehindAProxy(t *testing.T) {
	t.Parallel()
	proxies, err := access.ParseProxies([]string{"10.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, access.Config{DB: keys(t).Pool, Proxies: proxies, Limits: access.Limits{Unknown: 1}})
	guess := func(peer, forwarded string) *http.Request {
		return from(peer, request("X-Forwarded-For", forwarded, "Authorization", "Bearer sk_9876543210"))
	}
	refused(t, a, guess("10.0.0.1:1", "203.0.113.1"), graph.ErrUnauthenticated)
	limited(t, a, guess("10.0.0.1:1", "203.0.113.1"))
	limited(t, a, guess("10.0.0.1:1", "203.0.113.7, 203.0.113.1"))
	refused(t, a, guess("10.0.0.1:1", "203.0.113.2"), graph.ErrUnauthenticated)
	refused(t, a, guess("10.0.0.1:1", "2001:db8::1"), graph.ErrUnauthenticated)
	limited(t, a, guess("10.0.0.1:1", "2001:db8::2")) // of the same network
	refused(t, a, guess("192.0.2.1:1", "203.0.113.8"), graph.ErrUnauthenticated)
	limited(t, a, guess("192.0.2.1:1", "203.0.113.9")) // is no proxy
}
