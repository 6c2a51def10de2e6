// Command siege attacks a server that it starts on the loopback interface, and measures what an admin and a shopper
// notice. `make siege` runs it.
//
// It creates a store, starts the server as in production, and runs one attack after the other, each bounded in
// clients, requests and time. It needs Linux: attackers use addresses in 127.0.0.0/8, and memory is read from /proc.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	products, seconds, recover int
	server, data, only         string
	verbose, each              bool
	bounds                     bounds
}

func main() {
	var o options
	var mostMiB, mostPostgresMiB int64
	flag.IntVar(&o.products, "products", 2000, "how many products the store has")
	flag.IntVar(&o.seconds, "seconds", 10, "how long each attack lasts")
	flag.IntVar(&o.recover, "recover", 60, "seconds within which the server must recover after the last attack")
	flag.StringVar(&o.server, "server", "", "path of the built program; it is built if empty")
	flag.StringVar(&o.data, "data", "", "folder of the store; a temporary one if empty")
	flag.StringVar(&o.only, "only", "", "part of the names of the attacks to run")
	flag.BoolVar(&o.each, "each", false, "run each document as an attack of its own")
	flag.BoolVar(&o.verbose, "v", false, "print the beginning of the first answer to each document")
	flag.DurationVar(&o.bounds.p99, "max-p99", time.Second, "upper bound for the 99th percentile of a probe's requests")
	flag.Float64Var(
		&o.bounds.slack,
		"slack",
		1,
		"what times are multiplied with on a machine that is busy with other work",
	)
	flag.Float64Var(
		&o.bounds.shopper,
		"max-shopper",
		1,
		"most answers to the shopper, in percent, that may be another than 200",
	)
	flag.Int64Var(&mostMiB, "max-rss", 1536, "highest memory of the server in MiB")
	flag.Int64Var(&mostPostgresMiB, "max-postgres", 1536, "highest memory of its Postgres sessions in MiB")
	flag.Parse()
	o.bounds.rss, o.bounds.postgres = mostMiB<<20, mostPostgresMiB<<20
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := siege(ctx, os.Stdout, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "siege:", err)
		os.Exit(1)
	}
}

// cooldown is the pause between two attacks, in which the work of the first one ends.
const cooldown = 2 * time.Second

// siege runs all attacks and prints the table. It returns an error if a bound was exceeded.
func siege(ctx context.Context, out io.Writer, o options) (err error) {
	t, err := startTarget(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.stop()) }()
	for range 20 { // warms up: compiles plans and opens sessions
		t.measure(ctx, attack{name: "warm up"}, 100*time.Millisecond)
	}
	var rows []row
	add := func(r row) row {
		rows = append(rows, r)
		fmt.Fprintf(os.Stderr, "%s: %s\n", r.name, r.answers)
		return r
	}
	before := add(t.measure(ctx, attack{name: "before"}, 5*time.Second))
	for _, a := range attacks(o.only, o.each) {
		if err := t.addKey(ctx, &a); err != nil {
			return err
		}
		if o.verbose {
			t.show(ctx, os.Stderr, a)
		}
		add(t.measure(ctx, a, time.Duration(o.seconds)*time.Second))
		if err := pause(ctx, cooldown); err != nil {
			printTable(out, rows)
			return err
		}
	}
	var after row
	var faults []string
	for end := time.Now().Add(time.Duration(o.recover) * time.Second); ; {
		after = t.measure(ctx, attack{name: "after"}, 5*time.Second)
		if faults = o.bounds.recovered(before, after); len(faults) == 0 || time.Now().After(end) {
			break
		}
	}
	add(after)
	printTable(out, rows)
	fmt.Fprintf(
		out,
		"\nsessions at work after the last attack: %d; memory of the server then: %d MiB\n",
		after.atWork,
		after.now>>20,
	)
	for _, r := range rows[1 : len(rows)-1] {
		faults = append(faults, o.bounds.judge(r)...)
	}
	for _, f := range faults {
		fmt.Fprintln(out, f)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d bounds were exceeded", len(faults))
	}
	return nil
}

// addKey gives an attack a key of its own. Probing shoppers use the same publishable key as the attackers.
func (t *target) addKey(ctx context.Context, a *attack) (err error) {
	a.key, err = t.newKey(ctx, a.admin)
	if !a.admin {
		t.shop = a.key
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
