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

// patient repeats a request if the API is unavailable or overloaded: after status 429, 502, 503 or 504, the code
// UNAVAILABLE, or a failed connection. A mutation may have taken effect before the repetition, so use it only for
// idempotent mutations such as createLinks.
type patient struct {
	next     graphql.Doer
	attempts int // in all, the first included
	wait     func(context.Context, time.Duration) error
	told     func(why string, pause time.Duration)
}

const (
	firstPause = time.Second // doubled each time, unless the API says when to retry
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

// transient returns why an answer is worth a retry, "" if it is not. It reads the body and replaces it, so that it
// can be read again.
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
		return "", nil //nolint:nilerr // the client reports it
	}
	for _, e := range answer.Errors {
		if e.Extensions.Code == "UNAVAILABLE" {
			return e.Message, nil
		}
	}
	return "", nil
}

// retryAfter returns the pause that the API asks for.
func retryAfter(response *http.Response) (time.Duration, bool) {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	return time.Duration(seconds) * time.Second, err == nil && seconds >= 0
}

// wait waits for the pause. It returns an error if the context ends first.
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
