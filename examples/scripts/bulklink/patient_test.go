package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// answers is an API that returns its answers in order, and repeats the last one.
type answers struct {
	given  []func(http.ResponseWriter)
	bodies []string
}

func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	a.bodies = append(a.bodies, r.Header.Get("Authorization")+" "+string(body))
	a.given[min(len(a.bodies), len(a.given))-1](w)
}

func status(code int, retryAfter string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		fmt.Fprint(w, `{"errors":[]}`)
	}
}

func says(text string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { fmt.Fprint(w, text) }
}

func drop(http.ResponseWriter) { panic(http.ErrAbortHandler) }

const (
	unavailable = `{"data":null,"errors":[{"message":"the database cannot be reached","extensions":{"code":"UNAVAILABLE"}}]}`
	conflict    = `{"data":null,"errors":[{"message":"no","extensions":{"code":"LINK_CONFLICT"}}]}`
)

func TestPatient(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []func(http.ResponseWriter)
		pauses  []time.Duration
		want    string // the body; "" if an error is expected
	}{
		"AtOnce":         {[]func(http.ResponseWriter){says("{}")}, nil, "{}"},
		"AsLongAsItSays": {[]func(http.ResponseWriter){status(429, "7"), status(503, "2"), says("{}")}, []time.Duration{7 * time.Second, 2 * time.Second}, "{}"},
		"Longer":         {[]func(http.ResponseWriter){says(unavailable), drop, status(504, ""), says("{}")}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, "{}"},
		"AMinuteAtMost":  {[]func(http.ResponseWriter){status(429, "3600"), says("{}")}, []time.Duration{time.Minute}, "{}"},
		"OtherErrors":    {[]func(http.ResponseWriter){says(conflict)}, nil, conflict},
		"OtherStatuses":  {[]func(http.ResponseWriter){status(401, "1")}, nil, `{"errors":[]}`},
		"NotForever":     {[]func(http.ResponseWriter){says(unavailable)}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, unavailable},
		"NoConnection":   {[]func(http.ResponseWriter){drop}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := &answers{given: test.answers}
			server := httptest.NewServer(api)
			defer server.Close()
			var pauses []time.Duration
			p := &patient{
				next: keyed{"sk_1", server.Client()}, attempts: 4, told: func(string, time.Duration) {},
				wait: func(_ context.Context, d time.Duration) error { pauses = append(pauses, d); return nil },
			}
			request, err := http.NewRequestWithContext(
				t.Context(),
				http.MethodPost,
				server.URL,
				strings.NewReader("links"),
			)
			if err != nil {
				t.Fatal(err)
			}
			response, err := p.Do(request)
			got := ""
			if err == nil {
				body, _ := io.ReadAll(response.Body)
				got = string(body)
			}
			server.Close() // waits for requests, so that nothing writes bodies any more
			if got != test.want || !slices.Equal(pauses, test.pauses) {
				t.Errorf("%q, %v after %v; want %q after %v", got, err, pauses, test.want, test.pauses)
			}
			for _, body := range api.bodies {
				if body != "Bearer sk_1 links" {
					t.Errorf("sent: %q", body)
				}
			}
		})
	}
}

func TestPatientEndsWithTheContext(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&answers{given: []func(http.ResponseWriter){status(503, "1")}})
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	p := &patient{next: server.Client(), attempts: 9, wait: wait, told: func(string, time.Duration) { cancel() }}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader("links"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
