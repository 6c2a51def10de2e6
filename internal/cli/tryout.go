package cli

import (
	"context"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/linkgraph/linkgraph/graph"
	"github.com/linkgraph/linkgraph/internal/access"
	"github.com/linkgraph/linkgraph/internal/recordstore"
	"github.com/linkgraph/linkgraph/modules/api_key"
	"github.com/linkgraph/linkgraph/playground"
)

// tryoutFlags configure whether a user of this machine can try the API without a key.
type tryoutFlags struct {
	Tryout *bool `help:"Give the playground and the map an admin key, valid until the server stops, and a publishable key, when they are opened by the link that the start prints. Loopback addresses only. On for the private Postgres, otherwise off." negatable:"" env:"TRYOUT"`
}

// tryout holds the credentials that the pages send on this machine. The zero value has none.
type tryout struct {
	secret      string // valid until the server stops; never stored
	token       string // in the links that the start prints; a page that is opened by one gets the keys
	publishable string
	readOnly    bool
}

// tryout creates the credentials, if the pages are to have any.
func (f tryoutFlags) tryout(readOnly, private bool, addr net.Addr) (*tryout, error) {
	local, ok := addr.(*net.TCPAddr)
	loopback := ok && local.IP.IsLoopback()
	wanted := private && loopback
	if f.Tryout != nil {
		wanted = *f.Tryout
	}
	switch {
	case !wanted:
		return &tryout{}, nil
	case !loopback:
		return nil, fmt.Errorf(
			"--tryout lets everyone in who reaches %s; it is for a loopback address alone, such as 127.0.0.1:8080",
			addr,
		)
	}
	return &tryout{secret: api_key.NewToken("sk_"), token: api_key.NewToken(""), readOnly: readOnly}, nil
}

// keys returns the API keys that are not in the database.
func (t *tryout) keys() []access.Extra {
	if t.secret == "" {
		return nil
	}
	role := graph.ReadWrite
	if t.readOnly {
		role = graph.ReadOnly
	}
	return []access.Extra{
		{Token: t.secret, Caller: graph.Caller{ID: "tryout", Name: "playground of this machine", Role: role}},
	}
}

// find looks for a publishable key to try a storefront with: the oldest valid one that has a sales channel.
func (t *tryout) find(ctx context.Context, g *graph.Graph) error {
	m, ok := g.Records.Catalog().Model("ApiKey")
	if t.secret == "" || !ok {
		return nil
	}
	column := func(field string) int {
		i, _ := m.Column(field)
		return i
	}
	where := recordstore.And{
		recordstore.Compare{Column: column("type"), Op: recordstore.Eq, Value: "publishable"},
		recordstore.Or{
			recordstore.Compare{Column: column("revokedAt"), Op: recordstore.IsNull, Value: true},
			recordstore.Compare{Column: column("revokedAt"), Op: recordstore.Gt, Value: time.Now()},
		},
	}
	if r, ok := m.Relation("salesChannels"); ok {
		where = append(where, recordstore.Related{Relation: r, Quantifier: recordstore.Some})
	}
	list := &recordstore.List{
		Model:   m,
		Columns: []int{column("token")},
		Where:   where,
		Order:   []recordstore.Order{{Column: column("createdAt")}},
		Page:    &recordstore.Page{Limit: 1},
	}
	if err := g.Records.Read(ctx, list); err != nil {
		return fmt.Errorf("look for a publishable key: %w", err)
	}
	if len(list.Result.Rows) > 0 {
		t.publishable, _ = list.Result.Rows[0].Record.Values[column("token")].(string)
	}
	return nil
}

// admin returns the headers of an admin.
func (t *tryout) admin() map[string]string {
	if t.secret == "" {
		return nil
	}
	return map[string]string{"Authorization": "Bearer " + t.secret}
}

// storefront returns the headers of a storefront.
func (t *tryout) storefront() map[string]string {
	if t.publishable == "" {
		return nil
	}
	return map[string]string{"x-publishable-api-key": t.publishable}
}

// trust returns a function that reports whether a request may get the keys: it comes from a page of this server, in a
// browser on this machine, that was opened by a printed link. A proxy on this machine has a loopback address too. Most
// proxies add a forwarding header; the token protects against the others.
func (t *tryout) trust() func(*http.Request) bool {
	if t.secret == "" {
		return nil
	}
	return func(r *http.Request) bool {
		return !forwarded(r.Header) && fromLoopback(r) && ofThisPage(r.Header) &&
			subtle.ConstantTimeCompare([]byte(r.Header.Get(playground.TokenHeader)), []byte(t.token)) == 1
	}
}

// link returns the path of a page with the token.
func (t *tryout) link(page string) string {
	if t.secret == "" {
		return page
	}
	return page + "?token=" + t.token
}

// forwarded reports whether a proxy added a forwarding header, even an empty one.
func forwarded(h http.Header) bool {
	for name := range h {
		switch {
		case strings.HasPrefix(name, "X-Forwarded"),
			slices.Contains([]string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "X-Original-Host"}, name):
			return true
		}
	}
	return false
}

func fromLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}

// ofThisPage reports whether Sec-Fetch-Site is same-origin or missing: not all browsers send it over plain HTTP.
func ofThisPage(h http.Header) bool {
	sites := h.Values("Sec-Fetch-Site")
	return len(sites) == 0 || len(sites) == 1 && sites[0] == "same-origin"
}

// guard refuses requests for other hosts where the pages carry a key. It prevents DNS rebinding: a page whose own name
// points to this machine could read the key.
func (t *tryout) guard(next http.Handler) http.Handler {
	if t.secret == "" {
		return next
	}
	return localOnly(next)
}

// localOnly refuses requests whose Host is not a loopback address or localhost.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this server answers to localhost alone; see --no-tryout", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
