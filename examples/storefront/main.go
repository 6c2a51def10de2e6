// Command storefront is a small shop: category pages and product pages, made on the server from the API of linkgraph.
//
//	LINKGRAPH_PUBLISHABLE_KEY=pk_… go run ./storefront
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/linkgraph/linkgraph/examples/storefront/shop"
)

func main() {
	if err := run(context.Background(), os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "storefront:", err)
		os.Exit(1)
	}
}

// run serves until the process gets a signal to stop.
func run(ctx context.Context, getenv func(string) string) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	cfg := shop.Config{URL: getenv("LINKGRAPH_URL"), Key: getenv("LINKGRAPH_PUBLISHABLE_KEY"), Log: log}
	if list := getenv("CURRENCIES"); list != "" {
		cfg.Currencies = strings.Split(list, ",")
	}
	handler, err := shop.New(cfg)
	if err != nil {
		return err
	}
	addr := getenv("ADDR")
	if addr == "" {
		addr = "127.0.0.1:8081"
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: 60 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("the shop is open", "url", "http://"+listener.Addr().String()+"/")
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := server.Shutdown(drain); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
