// Package playground serves GraphiQL from the binary: no request leaves the machine. Its tabs are the files of the folder
// tabs, in the order of their names.
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
)

//go:embed assets/*.gz assets/index.html assets/page.css assets/page.js
var assets embed.FS

//go:embed tabs/*.graphql
var tabs embed.FS

// Config says what the playground talks to.
type Config struct {
	// Endpoint is the path of the API. "" means /graphql.
	Endpoint string
}

// policy lets the page load from its own origin alone. GraphiQL's editor sets styles on elements.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; " +
	"connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file is an asset as it is sent.
type file struct {
	contentType, etag string
	plain, zipped     []byte // zipped is nil if compressing does not pay
}

// Handler serves the page at /, and what it needs below /playground/.
func Handler(cfg Config) http.Handler {
	if cfg.Endpoint == "" {
		cfg.Endpoint = "/graphql"
	}
	files, err := load(cfg)
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/playground/")
		if r.URL.Path == "/" {
			name = "index.html"
		}
		f, ok := files[name]
		if !ok || (name == "index.html") != (r.URL.Path == "/") {
			http.NotFound(w, r)
			return
		}
		f.serve(w, r)
	})
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache") // asked again each time, answered by the ETag
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.zipped
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
	entries, err := fs.ReadDir(assets, "assets")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		data, err := assets.ReadFile(path.Join("assets", e.Name()))
		if err != nil {
			return nil, err
		}
		name, zipped := strings.CutSuffix(e.Name(), ".gz")
		f := &file{plain: data}
		if zipped {
			f.zipped = data
			if f.plain, err = unzip(data); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		files[name] = f
	}
	queries, err := Tabs()
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(map[string]any{"endpoint": cfg.Endpoint, "tabs": queries})
	if err != nil {
		return nil, err
	}
	files["settings.json"] = &file{plain: settings}
	for name, f := range files {
		sum := sha256.Sum256(f.plain)
		f.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
		f.contentType = mime.TypeByExtension(path.Ext(name))
	}
	return files, nil
}

func unzip(data []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// Tabs returns the example documents, in order.
func Tabs() ([]string, error) {
	entries, err := fs.ReadDir(tabs, "tabs")
	if err != nil {
		return nil, err
	}
	all := make([]string, len(entries))
	for i, e := range entries {
		text, err := tabs.ReadFile(path.Join("tabs", e.Name()))
		if err != nil {
			return nil, err
		}
		all[i] = string(text)
	}
	return all, nil
}
