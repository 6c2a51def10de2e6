package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	var times []time.Duration
	for i := range 200 {
		times = append(times, time.Duration(i+1))
	}
	for _, c := range []struct {
		times []time.Duration
		p     int
		want  time.Duration
	}{{times, 50, 100}, {times, 99, 198}, {times, 100, 200}, {times[:1], 99, 1}, {times[:3], 50, 2}, {nil, 99, 0}} {
		if got := percentile(c.times, c.p); got != c.want {
			t.Errorf("percentile %d of %d times: %d, want %d", c.p, len(c.times), got, c.want)
		}
	}
}

func TestSeen(t *testing.T) {
	var of tally
	for i, status := range []string{good, "503", good, noAnswer, refused} {
		of.add(status, time.Duration(i+1))
	}
	if got, want := of.seen(), (seen{5, 3, 3, 5, "200:2 503:1 errors:1 none:1"}); got != want {
		t.Errorf("seen: %+v, want %+v", got, want)
	}
}

var strict = bounds{p99: time.Second, slack: 1, shopper: 1, rss: 1000 << 20, postgres: 500 << 20}

func fine() row {
	of := seen{asked: 100, p50: time.Millisecond, p99: 10 * time.Millisecond, answers: "200:100"}
	return row{name: "flood", sent: 12, answers: "200:12", admin: of, shopper: of, rss: 900 << 20, postgres: 100 << 20}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(*row)
	}{
		{"good", "", func(*row) {}},
		{"one refusal of the shopper in a hundred", "", func(r *row) { r.shopper.bad = 1 }},
		{"slow", "admin's requests was 1s", func(r *row) { r.admin.p99 = time.Second }},
		{"slow shopper", "shopper's requests was 2s", func(r *row) { r.shopper.p99 = 2 * time.Second }},
		{"no probe", "the admin asked nothing", func(r *row) { r.admin = seen{} }},
		{"refused admin", "1 of 100 requests of the admin", func(r *row) { r.admin.bad = 1 }},
		{"refused shopper", "2 of 100 requests of the shopper", func(r *row) { r.shopper.bad = 2 }},
		{"memory", "the server had 1001 MiB", func(r *row) { r.rss = 1001 << 20 }},
		{"memory of Postgres", "Postgres had 501 MiB", func(r *row) { r.postgres = 501 << 20 }},
	} {
		r := fine()
		c.spoil(&r)
		got := strings.Join(strict.judge(r), "\n")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSlackIsForTimesAlone(t *testing.T) {
	loose := strict
	loose.slack = 3
	r := fine()
	r.admin.p99, r.rss = 2*time.Second, 1001<<20
	if got := loose.judge(r); len(got) != 1 || !strings.Contains(got[0], "MiB") {
		t.Errorf("%q, want the memory alone", got)
	}
}

func TestRecovered(t *testing.T) {
	after := fine()
	if got := strict.recovered(fine(), after); len(got) > 0 {
		t.Errorf("%q", got)
	}
	after.admin.p99, after.shopper.bad, after.atWork, after.now = 70*time.Millisecond, 1, 2, 129<<20
	if got := strict.recovered(fine(), after); len(got) != 4 {
		t.Errorf("%q, want a sentence for each of four", got)
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	printTable(&out, []row{fine()})
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	if got, want := strings.Fields(
		lines[1],
	), "flood 12 1ms 10ms 0 1ms 10ms 0 900 100 200:12"; strings.Join(
		got,
		" ",
	) != want {
		t.Errorf("%q, want %q", got, want)
	}
}
