package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	mostRequests = 5000                 // of one attacker per attack
	requestPause = 2 * time.Millisecond // between two requests of an attacker, which leaves the processor to others
	every        = 50 * time.Millisecond
	patience     = 15 * time.Second
)

// attacker is a client with an IP address of its own.
type attacker struct {
	n      int
	target *target
	key    http.Header
	client *http.Client
	tally  *tally
	open   []net.Conn // kept open until the attack ends
	waits  sync.WaitGroup
}

func (t *target) attacker(n int, key http.Header, seen *tally) *attacker {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+n))}}
	transport := &http.Transport{DialContext: dialer.DialContext, DisableCompression: true}
	return &attacker{n: n, target: t, key: key, client: &http.Client{Transport: transport}, tally: seen}
}

// ask sends a request and reads the answer.
func (a *attacker) ask(ctx context.Context, key http.Header, body string) {
	a.tally.send()
	start := time.Now()
	status, _ := ask(ctx, a.client, a.target.url, key, body)
	if ctx.Err() == nil { // otherwise we hung up
		a.tally.add(status, time.Since(start))
	}
}

func ask(ctx context.Context, client *http.Client, url string, key http.Header, body string) (status, start string) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", strings.NewReader(body))
	if err != nil {
		return noAnswer, err.Error()
	}
	r.Header = key.Clone()
	r.Header.Set("Content-Type", "application/json")
	w, err := client.Do(r)
	if err != nil {
		return noAnswer, err.Error()
	}
	defer w.Body.Close()
	first := make([]byte, 160)
	n, _ := io.ReadFull(w.Body, first)
	if _, err := io.Copy(io.Discard, w.Body); err != nil {
		return noAnswer, err.Error()
	}
	start = string(first[:n])
	if w.StatusCode == http.StatusOK && strings.HasPrefix(start, `{"errors"`) {
		return refused, start
	}
	return strconv.Itoa(w.StatusCode), start
}

// held is a connection whose client sends or reads less than it should.
type held struct{ net.Conn }

// hold opens a connection with a tiny receive buffer, and keeps it open until the attack ends.
func (a *attacker) hold(ctx context.Context, use func(*held)) {
	dialer := net.Dialer{
		LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+a.n))},
		Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(
				func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 2048) },
			)
		},
	}
	a.tally.send()
	conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(a.target.url, "http://"))
	if err != nil {
		a.tally.add(noAnswer, 0)
		return
	}
	a.open = append(a.open, conn)
	if end, ok := ctx.Deadline(); ok {
		_ = conn.SetWriteDeadline(end)
	}
	use(&held{conn})
	a.waits.Go(func() { // reads the status of the answer only
		const line = "HTTP/1.1 200"
		got := make([]byte, len(line))
		_, err := io.ReadFull(conn, got)
		switch {
		case err == nil:
			a.tally.add(string(got[len(line)-3:]), 0)
		case ctx.Err() == nil:
			a.tally.add(noAnswer, 0)
		}
	})
}

// write sends text and ignores errors, because the server may have hung up.
func (h *held) write(text string) { _, _ = io.WriteString(h.Conn, text) }

// request announces a body and sends a part of it.
func (h *held) request(key http.Header, body string, part float64) {
	var head strings.Builder
	_ = key.Write(&head)
	h.write(
		"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(
			len(body),
		) + "\r\n" +
			head.String() + "\r\n" + body[:int(float64(len(body))*part)],
	)
}

func (a *attacker) close() {
	a.client.CloseIdleConnections()
	for _, conn := range a.open {
		conn.Close()
	}
	a.waits.Wait()
}

// attack runs until the context ends or the attacker's requests are used up.
func (a *attacker) attack(ctx context.Context, what attack) {
	defer a.close()
	if what.run != nil {
		what.run(ctx, a)
		return
	}
	for i := range mostRequests {
		a.ask(ctx, a.key, what.bodies[(a.n+i)%len(what.bodies)])
		if pause(ctx, requestPause) != nil {
			return
		}
	}
}

// probe sends requests at a steady pace, however long the answers take, until the context ends. It returns once all
// answers are in.
func (t *target) probe(ctx context.Context, key http.Header, seen *tally) {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	defer client.CloseIdleConnections()
	var asked sync.WaitGroup
	defer asked.Wait()
	for {
		asked.Go(func() {
			start := time.Now()
			status, _ := ask(
				context.WithoutCancel(ctx),
				client,
				t.url,
				key,
				document("{products(first:1){nodes{id title}}}"),
			)
			seen.add(status, time.Since(start))
		})
		if pause(ctx, every) != nil {
			return
		}
	}
}

// measure runs an attack beside both probes, and watches the processes.
func (t *target) measure(ctx context.Context, a attack, d time.Duration) row {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", t.pid), []byte("5"), 0o200) // resets the peak memory
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var attackers, admin, shopper tally
	r := row{name: a.name}
	var all sync.WaitGroup
	all.Go(func() { t.probe(ctx, t.own, &admin) })
	all.Go(func() { t.probe(ctx, t.shop, &shopper) })
	for n := range a.clients {
		all.Go(func() { t.attacker(n, a.key, &attackers).attack(ctx, a) })
	}
	for first := true; first || pause(ctx, 250*time.Millisecond) == nil; first = false {
		r.postgres = max(r.postgres, t.sessionMemory())
	}
	all.Wait()
	r.sent, r.answers, r.admin, r.shopper = attackers.sent, attackers.answers(), admin.seen(), shopper.seen()
	r.rss = memory(t.pid, "status", "VmHWM")
	r.now = memory(t.pid, "status", "VmRSS")
	r.atWork = t.atWork(context.WithoutCancel(ctx))
	return r
}

// show prints the answers to the requests of an attack on an idle server.
func (t *target) show(ctx context.Context, out io.Writer, a attack) {
	one := t.attacker(0, a.key, &tally{})
	defer one.close()
	for i, body := range a.bodies {
		start := time.Now()
		status, first := ask(ctx, one.client, t.url, a.key, body)
		fmt.Fprintf(
			out,
			"%s %d: %d bytes, %s after %s: %s\n",
			a.name,
			i,
			len(body),
			status,
			short(time.Since(start)),
			first,
		)
	}
}
