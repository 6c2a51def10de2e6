// Package playground serves GraphiQL and a map of the modules from the binary: no request leaves the machine. Its tabs are the
// files of the folder tabs, in the order of their names. One whose name ends in .storefront.graphql is sent with the headers
// of a storefront, the others with those of an admin.
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

// Config says what the playground talks to.
type Config struct {
	// Endpoint is the path of the API. "" means /graphql.
	Endpoint string
	// Admin are the headers of an admin's requests, with their credentials. They are sent for the schema, from the map, and from
	// tabs that are not a storefront's. Everyone whom Trust lets can read them. Empty means that they are not known: tabs show what
	// to fill in, and the map asks for a key.
	Admin map[string]string
	// Storefront are the headers of a storefront's requests. Empty means that they are not known.
	Storefront map[string]string
	// Trust says whether the sender of a request may be told the headers of Admin and Storefront. A page that was opened with
	// ?token=… sends the token in the header TokenHeader. nil tells everyone.
	Trust func(*http.Request) bool
	// Models are those that the map shows. nil means that there is no map.
	Models *recordstore.Catalog
	// Guard lets requests for the names of the models, tables and columns in. The page sends the headers of an admin, and shows
	// the message of what is refused with 401 or 403: text, or JSON as the API writes it. nil lets all in.
	Guard func(http.Handler) http.Handler
}

// TokenHeader is the header in which a page sends the token that it was opened with. A page of another origin cannot send it.
const TokenHeader = "X-Linkgraph-Token"

// The policies let a page load from its own origin alone. 'unsafe-inline' is for styles alone: the editor of GraphiQL, Monaco,
// makes style elements, and gives them no nonce. Its fonts and icons are data: in its style. The map needs none of this.
const (
	policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
		"connect-src 'self'; worker-src 'self'; " + policyEnd
	mapPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " + policyEnd
	policyEnd = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// The pages, and where they are served.
const (
	indexPage = "index.html"
	mapPage   = "map/map.html"
	// mapData has the names of what is in the database.
	mapData = "map/map.json"
	// settingsFile has the headers, if they are known.
	settingsFile = "settings.json"
	// plainSettings are the settings of those who are not trusted. They are served in the place of the others.
	plainSettings = "settings-plain.json"
)

var pages = map[string]string{"/": indexPage, "/map": mapPage}

// file is an asset as it is sent.
type file struct {
	contentType, etag, policy string
	plain                     func() []byte
	zipped                    []byte // nil if compressing does not pay
	secret                    bool   // is kept by no cache
}

// Handler serves GraphiQL at /, the map at /map, and what they need below /playground/.
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

// trusted serves those who are trusted another file than the rest.
type trusted struct {
	trust      func(*http.Request) bool
	with, less *file
}

// ServeHTTP serves one of the two.
func (t trusted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.trust(r) {
		t.with.serve(w, r)
		return
	}
	t.less.serve(w, r)
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
		h.Set("Cache-Control", "no-cache") // asked again each time, answered by the ETag
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
	_, _ = w.Write(body) // a client that hung up is no fault of ours
}

// load makes the assets ready to be sent.
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

// newFile returns a file that changes with the bytes of source.
func newFile(name string, source []byte, plain func() []byte, zipped []byte) *file {
	sum := sha256.Sum256(source)
	f := &file{
		contentType: mime.TypeByExtension(
			path.Ext(name),
		),
		etag:   `"` + hex.EncodeToString(sum[:12]) + `"`,
		policy: policy,
		plain:  plain,
		zipped: zipped,
	}
	if strings.HasPrefix(name, "map/") {
		f.policy = mapPolicy
	}
	return f
}

// settings are what both pages have to know of the server.
type settings struct {
	Endpoint   string            `json:"endpoint"`
	Admin      map[string]string `json:"admin"`
	Storefront map[string]string `json:"storefront"`
	Tabs       []Tab             `json:"tabs"`
	Map        bool              `json:"map"`
	// Link says that the headers are told to those who open the page by a link that the server prints.
	Link bool `json:"link,omitempty"`
}

// addSettings adds what depends on the configuration.
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
		if err := add(plainSettings, plain, secret); err != nil { // no cache may give one for the other
			return err
		}
	}
	if cfg.Models == nil {
		delete(files, mapPage)
		return nil
	}
	return add(mapData, mapOf(cfg.Models), cfg.Guard != nil)
}

// zip returns nil if compressing does not pay.
func zip(data []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(data) // a buffer takes everything
	_ = z.Close()
	if out.Len() >= len(data) {
		return nil
	}
	return out.Bytes()
}

// unzip panics if it can't: what it is given is part of the binary.
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

// Tab is an example.
type Tab struct {
	Document string `json:"query"`
	// Storefront says that it is sent with the headers of a storefront.
	Storefront bool `json:"storefront"`
}

// Tabs returns the examples, in order.
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
