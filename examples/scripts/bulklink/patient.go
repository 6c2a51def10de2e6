package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/Khan/genqlient/graphql"
)

// keyed sends the key with every request.
type keyed struct {
	key  string
	next *http.Client
}

func (k keyed) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "Bearer "+k.key)
	return k.next.Do(r)
}

// patient sends a request again where the API was away or had too much to do: statuses 429, 502, 503 and 504, the code
// UNAVAILABLE, and connections that fail. A mutation may have been done by then, so it is for those alone that may be done
// twice, as createLinks may.
type patient struct {
	next     graphql.Doer
	attempts int // in all
	wait     func(context.Context, time.Duration) error
	told     func(why string, pause time.Duration)
}

const (
	firstPause = time.Second // doubled each time, unless the API says when
	mostPause  = time.Minute
)

func (p *patient) Do(r *http.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		again := r.Clone(r.Context())
		if r.GetBody != nil {
			var err error
			if again.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		response, err := p.next.Do(again)
		var why string
		if err != nil {
			why = err.Error()
		} else if why, err = transient(response); err != nil {
			return nil, err
		}
		if why == "" || attempt >= p.attempts || r.Context().Err() != nil {
			return response, err
		}
		pause := firstPause << (attempt - 1)
		if response != nil {
			if asked, ok := retryAfter(response); ok {
				pause = asked
			}
		}
		pause = min(pause, mostPause)
		p.told(why, pause)
		if err := p.wait(r.Context(), pause); err != nil {
			return nil, err
		}
	}
}

// transient says why an answer is worth another try; it is empty if it is not. The body is read, and can be read again.
func transient(response *http.Response) (string, error) {
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "status " + strconv.Itoa(response.StatusCode), nil
	}
	var answer struct {
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if json.Unmarshal(body, &answer) != nil {
		return "", nil //nolint:nilerr // for the client to complain about
	}
	for _, e := range answer.Errors {
		if e.Extensions.Code == "UNAVAILABLE" {
			return e.Message, nil
		}
	}
	return "", nil
}

// retryAfter is when the API wants to be asked again.
func retryAfter(response *http.Response) (time.Duration, bool) {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err == nil && seconds >= 0
}

// wait returns after the pause, or with an error when the context ends.
func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
