package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// Results of requests other than HTTP statuses.
const (
	good     = "200"
	refused  = "errors" // 200, and the answer holds errors
	noAnswer = "none"
)

// tally counts the answers to clients.
type tally struct {
	mu       sync.Mutex
	sent     int
	statuses map[string]int
	times    []time.Duration
}

func (t *tally) add(status string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.statuses == nil {
		t.statuses = map[string]int{}
	}
	t.statuses[status]++
	t.times = append(t.times, took)
}

// send counts a request, answered or not.
func (t *tally) send() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
}

// answers formats the statuses and the number of each.
func (t *tally) answers() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		parts = append(parts, fmt.Sprintf("%s:%d", status, t.statuses[status]))
	}
	return strings.Join(parts, " ")
}

// seen is what a probe saw during an attack.
type seen struct {
	asked, bad int
	p50, p99   time.Duration
	answers    string
}

func (t *tally) seen() seen {
	answers := t.answers()
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.Sort(t.times)
	return seen{
		len(t.times),
		len(t.times) - t.statuses[good],
		percentile(t.times, 50),
		percentile(t.times, 99),
		answers,
	}
}

// percentile returns the p-th percentile of sorted times.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

// row is the result of an attack.
type row struct {
	name               string
	sent               int
	answers            string // to the attackers
	admin, shopper     seen
	rss, now, postgres int64 // bytes: the server's peak and final memory, and the peak memory of its Postgres sessions
	atWork             int   // Postgres sessions whose statement has run for a second
}

func printTable(out io.Writer, rows []row) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(
		w,
		"attack\tsent\tadmin p50\tp99\tnot 200\tshopper p50\tp99\tnot 200\tserver MiB\tPostgres MiB\tanswers to the attackers",
	)
	for _, r := range rows {
		fmt.Fprintf(
			w,
			"%s\t%d\t%s\t%s\t%d\t%s\t%s\t%d\t%d\t%d\t%s\n",
			r.name,
			r.sent,
			short(r.admin.p50),
			short(r.admin.p99),
			r.admin.bad,
			short(r.shopper.p50),
			short(r.shopper.p99),
			r.shopper.bad,
			r.rss>>20,
			r.postgres>>20,
			r.answers,
		)
	}
	_ = w.Flush()
}

// bounds are the limits that no attack may exceed.
type bounds struct {
	p99           time.Duration
	slack         float64
	shopper       float64 // percent
	rss, postgres int64
}

func (b bounds) scaled(d time.Duration) time.Duration { return time.Duration(float64(d) * b.slack) }

// judge returns a sentence for each bound that an attack exceeded.
func (b bounds) judge(r row) []string {
	var faults []string
	fault := func(format string, args ...any) {
		faults = append(faults, r.name+": "+fmt.Sprintf(format, args...)+".")
	}
	for _, p := range []struct {
		who string
		seen
	}{{"admin", r.admin}, {"shopper", r.shopper}} {
		if most := b.scaled(b.p99); p.p99 >= most {
			fault(
				"the 99th percentile of the %s's requests was %s, not less than %s",
				p.who,
				short(p.p99),
				short(most),
			)
		}
		if p.asked == 0 {
			fault("the %s asked nothing", p.who)
		}
	}
	if r.admin.bad > 0 {
		fault(
			"%d of %d requests of the admin were not answered 200 without errors (%s)",
			r.admin.bad,
			r.admin.asked,
			r.admin.answers,
		)
	}
	if float64(r.shopper.bad)*100 > b.shopper*float64(r.shopper.asked) {
		fault(
			"%d of %d requests of the shopper were not answered 200 without errors (%s), more than %g %%",
			r.shopper.bad,
			r.shopper.asked,
			r.shopper.answers,
			b.shopper,
		)
	}
	if r.rss > b.rss {
		fault("the server had %d MiB, more than %d", r.rss>>20, b.rss>>20)
	}
	if r.postgres > b.postgres {
		fault("the sessions of Postgres had %d MiB, more than %d", r.postgres>>20, b.postgres>>20)
	}
	return faults
}

// recovered returns a sentence for everything that has not recovered after the attacks.
func (b bounds) recovered(before, after row) []string {
	var faults []string
	for _, p := range []struct {
		who         string
		then, since seen
	}{{"admin", before.admin, after.admin}, {"shopper", before.shopper, after.shopper}} {
		if most := b.scaled(2*p.then.p99 + 50*time.Millisecond); p.since.p99 >= most || p.since.bad > 0 {
			faults = append(
				faults,
				fmt.Sprintf("after the last attack the %s's 99th percentile is %s (%s before), answers: %s.",
					p.who, short(p.since.p99), short(p.then.p99), p.since.answers),
			)
		}
	}
	// Caches of statements, documents and plans stay filled.
	if most := 2*before.now + 128<<20; after.now > most {
		faults = append(
			faults,
			fmt.Sprintf(
				"after the last attack the server has %d MiB, more than %d (%d before).",
				after.now>>20,
				most>>20,
				before.now>>20,
			),
		)
	}
	if after.atWork != 0 {
		faults = append(
			faults,
			fmt.Sprintf("after the last attack %d sessions of Postgres are still at work.", after.atWork),
		)
	}
	return faults
}

func short(d time.Duration) string { return d.Round(100 * time.Microsecond).String() }
