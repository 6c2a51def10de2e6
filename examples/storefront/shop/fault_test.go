package shop_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/linkgraph/linkgraph/examples/storefront/shop"
)

// TestFaults checks the pages for answers that the real API rarely gives.
func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(http.ResponseWriter)
		status int
		page   string
	}{
		"RefusedKey":  {refuse(401, "UNAUTHENTICATED"), 500, "LINKGRAPH_PUBLISHABLE_KEY"},
		"SecretKey":   {refuse(403, "FORBIDDEN"), 500, "LINKGRAPH_PUBLISHABLE_KEY"},
		"TooMany":     {refuse(429, "TOO_MANY_REQUESTS"), 503, "try again"},
		"Overloaded":  {refuse(503, "UNAVAILABLE"), 503, "try again"},
		"NoDatabase":  {refuse(200, "UNAVAILABLE"), 503, "try again"},
		"OldCursor":   {refuse(200, "BAD_USER_INPUT"), 400, "start from the first one"},
		"Internal":    {refuse(200, "INTERNAL"), 500, "cannot be shown"},
		"NotThere":    {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusNotFound) }, 500, "LINKGRAPH_URL"},
		"NotJSON":     {func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, 500, "LINKGRAPH_URL"},
		"NoCurrency":  {func(w http.ResponseWriter) { fmt.Fprint(w, `{"data":{}}`) }, 500, "cannot be shown"},
		"Gone":        {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, 503, "try again"},
		"BadProxy":    {func(w http.ResponseWriter) { http.Error(w, "no", http.StatusBadGateway) }, 503, "try again"},
		"NoSuchThing": {func(w http.ResponseWriter) { fmt.Fprint(w, noProduct) }, 404, "nothing at this address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			away := httptest.NewServer(
				http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.answer(w) }),
			)
			defer away.Close()
			var log bytes.Buffer
			s, err := shop.New(shop.Config{URL: away.URL, Key: "pk_1", Log: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/products/a", nil))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.page) {
				t.Errorf("%d, want %d with %q:\n%s", w.Code, test.status, test.page, w.Body)
			}
			if (w.Header().Get("Retry-After") != "") != (test.status == 503) {
				t.Errorf("Retry-After: %q", w.Header().Get("Retry-After"))
			}
			if (log.Len() > 0) != (test.status >= 500) || strings.Contains(w.Body.String()+log.String(), "pk_1") {
				t.Errorf("log: %s", &log)
			}
		})
	}
}

const noProduct = `{"data":{"currency":{"code":"eur","symbolNative":"€","decimalDigits":2},"products":{"nodes":[]}}}`

func refuse(status int, code string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"data":null,"errors":[{"message":"no","extensions":{"code":%q}}]}`, code)
	}
}

// TestUnreachable checks the page of a shop whose API cannot be reached.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	s, err := shop.New(shop.Config{URL: gone.URL, Key: "pk_1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" ||
		!strings.Contains(w.Body.String(), "<h1>We are busy</h1>") {
		t.Errorf("%d %v\n%s", w.Code, w.Header(), w.Body)
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]shop.Config{
		"LINKGRAPH_PUBLISHABLE_KEY": {},
		"LINKGRAPH_URL":             {URL: "127.0.0.1:8080", Key: "pk_1"},
	} {
		if _, err := shop.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", cfg, err, want)
		}
	}
}
