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

// tryoutFlags say whether whoever is at this machine can try the API without a key of their own.
type tryoutFlags struct {
	Tryout *bool `help:"Have the playground and the map carry a secret key that is good until the server stops, and a publishable one, where they are opened by the link that the start prints. For a loopback address alone. On for the private Postgres, otherwise off." negatable:"" env:"TRYOUT"`
}

// tryout is what the pages of this machine send with a request. Its zero value is nothing.
type tryout struct {
	secret      string // good until the server stops; kept nowhere
	token       string // is in the links that the start prints; whoever opens a page by one is told the keys
	publishable string
	readOnly    bool
}

// tryout makes the key, if the pages are to carry one.
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

// keys are those that the database does not have.
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

// find looks for a publishable key to try a storefront with: the oldest that is good and has a sales channel.
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

// admin are the headers of an admin.
func (t *tryout) admin() map[string]string {
	if t.secret == "" {
		return nil
	}
	return map[string]string{"Authorization": "Bearer " + t.secret}
}

// storefront are the headers of a storefront.
func (t *tryout) storefront() map[string]string {
	if t.publishable == "" {
		return nil
	}
	return map[string]string{"x-publishable-api-key": t.publishable}
}

// trust says whether the sender of a request may be told the keys: a page of this server in a browser on this machine, that was
// opened by a link which the start printed. A proxy on this machine is at a loopback address too; it mostly says for whom it
// asks, and the token is for the one that does not.
func (t *tryout) trust() func(*http.Request) bool {
	if t.secret == "" {
		return nil
	}
	return func(r *http.Request) bool {
		return !forwarded(r.Header) && fromLoopback(r) && ofThisPage(r.Header) &&
			subtle.ConstantTimeCompare([]byte(r.Header.Get(playground.TokenHeader)), []byte(t.token)) == 1
	}
}

// link is the address of a page, with the token.
func (t *tryout) link(page string) string {
	if t.secret == "" {
		return page
	}
	return page + "?token=" + t.token
}

// forwarded reports whether a request comes through a proxy that says so. The value does not matter: it may be empty.
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

// ofThisPage reports whether the browser says that a page of this origin asks, or says nothing: not all say so by http.
func ofThisPage(h http.Header) bool {
	sites := h.Values("Sec-Fetch-Site")
	return len(sites) == 0 || len(sites) == 1 && sites[0] == "same-origin"
}

// guard answers requests that name this machine, where the pages carry a key. Others come from a page that had its own name
// point here, to read it.
func (t *tryout) guard(next http.Handler) http.Handler {
	if t.secret == "" {
		return next
	}
	return localOnly(next)
}

// localOnly answers requests that name this machine.
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
