// Package playground serves two pages from the binary: GraphiQL, and a map of the modules, models and links. All scripts, styles
// and fonts are embedded, so the pages load nothing from other machines.
//
// The example tabs of GraphiQL are the files in tabs/, in the order of their names. A file named *.storefront.graphql is sent
// with the headers of a storefront, the others with those of an admin. assets/README.md says how the files of GraphiQL are made.
package playground

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/linkgraph/linkgraph/internal/recordstore"
)

//go:embed assets/*.html assets/*.css assets/*.js assets/graphiql assets/map
var assets embed.FS

//go:embed tabs/*.graphql
var tabs embed.FS

// Config configures the pages.
type Config struct {
	// Endpoint is the path of the API. "" means /graphql.
	Endpoint string
	// Admin has the headers of an admin's requests, with credentials: for the schema, the map, and the tabs of admins. Every client
	// that Trust accepts can read them. If empty, tabs show placeholders to fill in, and the map asks for a key.
	Admin map[string]string
	// Storefront has the headers of a storefront's requests. If empty, tabs show placeholders.
	Storefront map[string]string
	// Trust returns whether the sender of a request may read Admin and Storefront. A page opened with ?token=… sends the token in
	// TokenHeader. nil trusts everyone.
	Trust func(*http.Request) bool
	// Models are the models on the map. nil disables the map.
	Models *recordstore.Catalog
	// Guard is a middleware that authorizes requests for the names of models, tables and columns. The page sends the headers of an
	// admin, and shows the message of a 401 or 403 response: text, or JSON like the API's. nil allows all.
	Guard func(http.Handler) http.Handler
}

// TokenHeader is the request header with the token of the page's address. Pages of other origins cannot send it.
const TokenHeader = "X-Linkgraph-Token"

// The content security policies restrict the pages to their own origin. GraphiQL's editor, Monaco, creates style elements without
// a nonce, so its policy has 'unsafe-inline' for styles; its fonts and icons are data: URLs. The map needs neither.
const (
	policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
		"connect-src 'self'; worker-src 'self'; " + policyEnd
	mapPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " + policyEnd
	policyEnd = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// Files with a handling of their own.
const (
	indexPage = "index.html"
	mapPage   = "map/map.html"
	// mapData has the names of tables and columns, so Guard protects it.
	mapData = "map/map.json"
	// settingsFile has the headers of Config.
	settingsFile = "settings.json"
	// plainSettings has no headers. It is served as settingsFile to clients that are not trusted.
	plainSettings = "settings-plain.json"
)

var pages = map[string]string{"/": indexPage, "/map": mapPage}

// file is an asset, ready to be sent.
type file struct {
	contentType, etag, policy string
	plain                     func() []byte
	zipped                    []byte // nil if compression does not make it smaller
	secret                    bool   // must not be cached
}

// Handler returns a handler that serves GraphiQL at /, the map at /map, and their files below /playground/.
func Handler(cfg Config) http.Handler {
	if cfg.Endpoint == "" {
		cfg.Endpoint = "/graphql"
	}
	files, err := load(cfg)
	if err != nil {
		panic(err) // the files are part of the binary
	}
	handlers := map[string]http.Handler{}
	for name, f := range files {
		handlers[name] = http.HandlerFunc(f.serve)
	}
	if cfg.Trust != nil {
		handlers[settingsFile] = trusted{cfg.Trust, files[settingsFile], files[plainSettings]}
		delete(handlers, plainSettings)
	}
	if h, ok := handlers[mapData]; ok && cfg.Guard != nil {
		handlers[mapData] = cfg.Guard(h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, isPage := pages[r.URL.Path]
		if !isPage {
			name = strings.TrimPrefix(r.URL.Path, "/playground/")
		}
		h, ok := handlers[name]
		if !ok || isPage != (path.Ext(name) == ".html") {
			http.NotFound(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// trusted serves one of two files, depending on who asks.
type trusted struct {
	trust       func(*http.Request) bool
	full, plain *file
}

// ServeHTTP serves the full file to clients that are trusted, the plain one to others.
func (t trusted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.trust(r) {
		t.full.serve(w, r)
		return
	}
	t.plain.serve(w, r)
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Security-Policy", f.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Vary", "Accept-Encoding")
	if f.secret {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", "no-cache") // revalidated by the ETag on each load
		h.Set("ETag", f.etag)
		if r.Header.Get("If-None-Match") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := f.zipped
	if body != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
	} else {
		body = f.plain()
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the client may have closed the connection
}

// load returns the assets and the generated files, by their paths below /playground/.
func load(cfg Config) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(assets, "assets", func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := assets.ReadFile(at)
		if err != nil {
			return err
		}
		if name, zipped := strings.CutSuffix(strings.TrimPrefix(at, "assets/"), ".gz"); zipped {
			files[name] = newFile(name, data, sync.OnceValue(func() []byte { return unzip(data) }), data)
		} else {
			files[name] = newFile(name, data, func() []byte { return data }, zip(data))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, addSettings(files, cfg)
}

// newFile returns a file whose ETag is a hash of source.
func newFile(name string, source []byte, plain func() []byte, zipped []byte) *file {
	sum := sha256.Sum256(source)
	f := &file{
		contentType: mime.TypeByExtension(path.Ext(name)),
		etag:        `"` + hex.EncodeToString(sum[:12]) + `"`,
		policy:      policy,
		plain:       plain,
		zipped:      zipped,
	}
	if strings.HasPrefix(name, "map/") {
		f.policy = mapPolicy
	}
	return f
}

// settings is the JSON of settings.json, which both pages read.
type settings struct {
	Endpoint   string            `json:"endpoint"`
	Admin      map[string]string `json:"admin"`
	Storefront map[string]string `json:"storefront"`
	Tabs       []Tab             `json:"tabs"`
	Map        bool              `json:"map"`
	// Link says that the page gets headers if it is opened by the link that the server prints.
	Link bool `json:"link,omitempty"`
}

// addSettings adds the files that depend on the configuration.
func addSettings(files map[string]*file, cfg Config) error {
	examples, err := Tabs()
	if err != nil {
		return err
	}
	add := func(name string, v any, secret bool) error {
		data, err := json.Marshal(v)
		files[name] = newFile(name, data, func() []byte { return data }, zip(data))
		files[name].secret = secret
		return err
	}
	plain := settings{Endpoint: cfg.Endpoint, Tabs: examples, Map: cfg.Models != nil}
	full := plain
	full.Admin, full.Storefront = cfg.Admin, cfg.Storefront
	secret := len(cfg.Admin)+len(cfg.Storefront) > 0
	if err := add(settingsFile, full, secret); err != nil {
		return err
	}
	if cfg.Trust != nil {
		plain.Link = true
		if err := add(plainSettings, plain, secret); err != nil { // one URL serves both, so a cache must store neither
			return err
		}
	}
	if cfg.Models == nil {
		delete(files, mapPage)
		return nil
	}
	return add(mapData, mapOf(cfg.Models), cfg.Guard != nil)
}

// zip compresses data. It returns nil if that does not make it smaller.
func zip(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data) // writing to a buffer cannot fail
	_ = z.Close()
	if out.Len() >= len(data) {
		return nil
	}
	return out.Bytes()
}

// unzip decompresses embedded data. It panics if the data is damaged, as the binary is then.
func unzip(data []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return plain
}

// Tab is an example tab of GraphiQL.
type Tab struct {
	Document string `json:"query"`
	// Storefront selects the headers of a storefront in place of an admin's.
	Storefront bool `json:"storefront"`
}

// Tabs returns the example tabs, in order.
func Tabs() ([]Tab, error) {
	entries, err := fs.ReadDir(tabs, "tabs")
	if err != nil {
		return nil, err
	}
	all := make([]Tab, len(entries))
	for i, e := range entries {
		text, err := tabs.ReadFile(path.Join("tabs", e.Name()))
		if err != nil {
			return nil, err
		}
		all[i] = Tab{string(text), strings.HasSuffix(e.Name(), ".storefront.graphql")}
	}
	return all, nil
}
