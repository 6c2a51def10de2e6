package observe

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// NewLog returns a logger that writes in the given format, "text" or "json", and an error for another format. Each
// line carries the id of the request that it was written for, and its trace id if there is one.
func NewLog(w io.Writer, format string, level slog.Level) (*slog.Logger, error) {
	options := &slog.HandlerOptions{Level: level}
	switch format {
	case "text":
		return slog.New(contextHandler{slog.NewTextHandler(w, options)}), nil
	case "json":
		return slog.New(contextHandler{slog.NewJSONHandler(w, options)}), nil
	}
	return nil, fmt.Errorf("log format %q: the choices are text and json", format)
}

// contextHandler adds the ids of the request and the trace from the context.
type contextHandler struct{ slog.Handler }

// Handle adds the ids and writes the line.
func (h contextHandler) Handle(ctx context.Context, line slog.Record) error {
	if r := requestFrom(ctx); r != nil {
		line.AddAttrs(slog.String("request_id", r.id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		line.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs wraps the result, so that the ids are still added.
func (h contextHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return contextHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup wraps the result, so that the ids are still added.
func (h contextHandler) WithGroup(name string) slog.Handler {
	return contextHandler{h.Handler.WithGroup(name)}
}
