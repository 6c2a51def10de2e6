// Package shop is a small shop on the Linkgraph API. It renders pages on the server, with one query each and no
// script in the browser.
//
// The typed client is in package api. The files price.go, stock.go and view.go turn the API's data into what pages
// show: prices, stock, and texts in the visitor's language.
package shop

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"

	"github.com/linkgraph/linkgraph/examples/storefront/api"
)

// Config configures the shop. Only Key is required.
type Config struct {
	// URL is the address of the API. Default: http://127.0.0.1:8080/graphql.
	URL string
	// Key is a publishable API key. It decides what is for sale.
	Key string
	// Currencies are the ISO 4217 codes that visitors can choose from. The first one is the default. They are
	// configured because the API does not tell storefronts which currencies the shop accepts. Default: eur and usd.
	Currencies []string
	// PageSize is how many products a list shows, at most 100. Default: 12.
	PageSize int
	// Log gets errors. Default: slog.Default().
	Log *slog.Logger
}

// Shop serves the pages.
type Shop struct {
	cfg    Config
	client graphql.Client
	pages  map[string]*template.Template
	mux    *http.ServeMux
}

//go:embed templates
var templates embed.FS

//go:embed static
var static embed.FS

// New returns the shop. It sends no request to the API yet. It returns an error if cfg is not valid.
func New(cfg Config) (*Shop, error) {
	if cfg.URL == "" {
		cfg.URL = "http://127.0.0.1:8080/graphql"
	}
	if u, err := url.Parse(cfg.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("LINKGRAPH_URL is not an HTTP URL: %q", cfg.URL)
	}
	if cfg.Key == "" {
		return nil, errors.New(
			"LINKGRAPH_PUBLISHABLE_KEY is empty; it is the key that the first start of linkgraph prints, or that linkgraph keys create makes",
		)
	}
	if len(cfg.Currencies) == 0 {
		cfg.Currencies = []string{"eur", "usd"}
	}
	cfg.Currencies = slices.Clone(cfg.Currencies)
	for i, code := range cfg.Currencies {
		cfg.Currencies[i] = strings.ToLower(strings.TrimSpace(code))
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = 12
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	s := &Shop{cfg: cfg, mux: http.NewServeMux(), pages: map[string]*template.Template{}}
	s.client = graphql.NewClient(cfg.URL, keyed{cfg.Key, &http.Client{Timeout: 10 * time.Second}})
	for _, name := range []string{"list", "product", "message"} {
		page, err := template.ParseFS(templates, "templates/layout.html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		s.pages[name] = page
	}
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	s.mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(files)))
	s.mux.HandleFunc("GET /{$}", s.page(s.home))
	s.mux.HandleFunc("GET /categories/{handle}", s.page(s.category))
	s.mux.HandleFunc("GET /products/{handle}", s.page(s.product))
	s.mux.HandleFunc(
		"GET /",
		s.page(func(context.Context, visit, *http.Request) (content, error) { return content{}, errNotFound }),
	)
	return s, nil
}

// keyed sends the key with every request.
type keyed struct {
	key  string
	next *http.Client
}

func (k keyed) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("x-publishable-api-key", k.key)
	return k.next.Do(r)
}

// ServeHTTP serves a page or a static file.
func (s *Shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set(
		"Content-Security-Policy",
		"default-src 'none'; style-src 'self'; img-src 'self' https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	s.mux.ServeHTTP(w, r)
}

// content is the main part of a page.
type content struct {
	template string
	title    string
	data     any
}

// page answers a request with a page, or with one that explains the error.
func (s *Shop) page(make func(context.Context, visit, *http.Request) (content, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(r)
		c, err := make(r.Context(), v, r)
		status := http.StatusOK
		if err != nil {
			if r.Context().Err() != nil { // the visitor hung up
				return
			}
			status, c = s.fault(w, r, err)
		}
		var body bytes.Buffer // buffered, so that a page that fails is not sent in part
		if err := s.pages[c.template].ExecuteTemplate(&body, "layout", layout(v, r, c)); err != nil {
			s.cfg.Log.ErrorContext(r.Context(), "make a page", "path", r.URL.Path, "error", err)
			http.Error(w, "This page cannot be shown.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = body.WriteTo(w)
	}
}

// layoutData is what every page shows.
type layoutData struct {
	Title      string
	Home       string
	Path       string // of this page, for links that choose another currency
	Locale     string
	Currency   string
	Currencies []string
	Page       any
}

func layout(v visit, r *http.Request, c content) layoutData {
	return layoutData{
		Title: c.title, Home: v.address("/", "", nil), Path: r.URL.Path, Locale: v.locale,
		Currency: v.currency, Currencies: v.shop.cfg.Currencies, Page: c.data,
	}
}

// tag matches language tags. Matches have no character that is special in a LIKE pattern.
var tag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// visit reads the visitor's choices. Unknown choices are ignored.
func (s *Shop) visit(r *http.Request) visit {
	v := visit{currency: s.cfg.Currencies[0], shop: s}
	if code := r.FormValue("currency"); slices.Contains(s.cfg.Currencies, code) {
		v.currency = code
	}
	if locale := r.FormValue("lang"); tag.MatchString(locale) {
		v.locale = locale
	}
	return v
}

// address returns the address of a page of the shop in the same currency and language.
func (v visit) address(path, handle string, more map[string]string) string {
	query := url.Values{}
	if v.currency != v.shop.cfg.Currencies[0] {
		query.Set("currency", v.currency)
	}
	if v.locale != "" {
		query.Set("lang", v.locale)
	}
	for name, value := range more {
		query.Set(name, value)
	}
	u := path + url.PathEscape(handle)
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}

func (s *Shop) home(ctx context.Context, v visit, r *http.Request) (content, error) {
	after := r.FormValue("after")
	answer, err := api.HomePage(ctx, s.client, v.currency, v.currency, v.locale, v.locale != "", s.cfg.PageSize, after)
	if err != nil {
		return content{}, err
	}
	if err := v.known(answer.Currency); err != nil {
		return content{}, err
	}
	page := &listPage{Title: words{Text: "All products"}}
	for _, c := range answer.Categories.Nodes {
		page.Categories = append(page.Categories, v.category(c))
	}
	err = v.list(page, "/", "", answer.Products, answer.Currency, after)
	return content{"list", page.Title.Text, page}, err
}

func (s *Shop) category(ctx context.Context, v visit, r *http.Request) (content, error) {
	handle, after := r.PathValue("handle"), r.FormValue("after")
	answer, err := api.CategoryPage(
		ctx,
		s.client,
		handle,
		v.currency,
		v.currency,
		v.locale,
		v.locale != "",
		s.cfg.PageSize,
		after,
	)
	if err != nil {
		return content{}, err
	}
	if err := v.known(answer.Currency); err != nil {
		return content{}, err
	}
	if len(answer.Categories.Nodes) == 0 {
		return content{}, errNotFound
	}
	c := answer.Categories.Nodes[0]
	page := &listPage{
		Title: text(c.Translations, "name", c.Name), Description: text(c.Translations, "description", c.Description),
		Trail: v.trail(c.ParentCategory),
	}
	for _, child := range c.CategoryChildren.Nodes {
		page.Categories = append(page.Categories, v.category(child))
	}
	err = v.list(page, "/categories/", handle, answer.Products, answer.Currency, after)
	return content{"list", page.Title.Text, page}, err
}

func (s *Shop) product(ctx context.Context, v visit, r *http.Request) (content, error) {
	answer, err := api.ProductPage(
		ctx,
		s.client,
		r.PathValue("handle"),
		v.currency,
		v.currency,
		v.locale,
		v.locale != "",
	)
	if err != nil {
		return content{}, err
	}
	if err := v.known(answer.Currency); err != nil {
		return content{}, err
	}
	if len(answer.Products.Nodes) == 0 {
		return content{}, errNotFound
	}
	page, err := v.product(answer.Products.Nodes[0], answer.Currency)
	if err != nil {
		return content{}, err
	}
	return content{"product", page.Title.Text, page}, nil
}

// known returns an error if the API does not have the currency.
func (v visit) known(c *api.Currency) error {
	if c == nil || c.SymbolNative == "" {
		return fmt.Errorf("CURRENCIES: the API does not have the currency %q", v.currency)
	}
	return nil
}
