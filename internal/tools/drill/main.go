// Command drill floods a server with one query. Every second it prints what clients and the server see: answers by
// status with their slowest times, running and waiting requests, goroutines and memory.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8080", "the server")
	clients := flag.Int("clients", 500, "clients, each with a connection of its own")
	duration := flag.Duration("duration", 10*time.Second, "how long")
	query := flag.String(
		"query",
		`query Drill { products(first: 50) { totalCount nodes { title variants { nodes { title } } salesChannels { nodes { name } } } } }`,
		"what they ask",
	)
	key := flag.String("key", os.Getenv("LINKGRAPH_KEY"), "secret API key, or LINKGRAPH_KEY in the environment")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := drill(ctx, os.Stdout, server{*url, *key}, *query, *clients, *duration); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

// tally collects the answers to clients since the last take.
type tally struct {
	mu    sync.Mutex
	times map[string][]time.Duration // by status
}

func (t *tally) add(status string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times[status] = append(t.times[status], took)
}

// take returns the tally as text, and resets it.
func (t *tally) take() string {
	t.mu.Lock()
	times := t.times
	t.times = map[string][]time.Duration{}
	t.mu.Unlock()
	var parts []string
	for status, all := range times {
		slices.Sort(all)
		parts = append(
			parts,
			fmt.Sprintf("%s: %d (p99 %s)", status, len(all), all[len(all)*99/100].Round(time.Millisecond)),
		)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// server is the server under test and the key to use.
type server struct{ url, key string }

func (s server) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, body)
	if err == nil && s.key != "" {
		r.Header.Set("Authorization", "Bearer "+s.key)
	}
	return r, err
}

func drill(ctx context.Context, out io.Writer, s server, query string, clients int, duration time.Duration) error {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return err
	}
	before, err := readState(ctx, s)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "before  %s\n", before)
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	answers := &tally{times: map[string][]time.Duration{}}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	client := &http.Client{Transport: transport}
	var done sync.WaitGroup
	for range clients {
		done.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				status := send(ctx, client, s, body)
				if ctx.Err() == nil {
					answers.add(status, time.Since(start))
				}
			}
		})
	}
	for second := time.NewTicker(time.Second); ctx.Err() == nil; {
		select {
		case <-ctx.Done():
			second.Stop()
		case <-second.C:
			seen, err := readState(context.WithoutCancel(ctx), s)
			if err != nil {
				seen = err.Error()
			}
			fmt.Fprintf(out, "%-60s %s\n", answers.take(), seen)
		}
	}
	done.Wait()
	transport.CloseIdleConnections()
	time.Sleep(time.Second) // lets the server notice the closed connections
	after, err := readState(context.WithoutCancel(ctx), s)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "after   %s\n", after)
	return nil
}

func send(ctx context.Context, client *http.Client, s server, body []byte) string {
	r, err := s.request(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	if err != nil {
		return "no request"
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return "no answer"
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "no answer"
	}
	return strconv.Itoa(response.StatusCode)
}

// readState reads the state of the server from its metrics.
func readState(ctx context.Context, s server) (string, error) {
	r, err := s.request(ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		return "", err
	}
	start := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	values := map[string]float64{}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			values[name] = v
		}
	}
	return fmt.Sprintf(
		"running %.0f, queued %.0f, sessions %.0f of %.0f, goroutines %.0f, memory %.0f MB, /metrics %s",
		values["linkgraph_requests_running"],
		values["linkgraph_requests_queued"],
		values["linkgraph_pool_sessions_used"],
		values["linkgraph_pool_sessions_max"],
		values["go_goroutines"],
		values["process_resident_memory_bytes"]/(1<<20),
		time.Since(start).Round(time.Millisecond),
	), nil
}
