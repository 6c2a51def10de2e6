package observe

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/linkgraph/linkgraph/internal/buildinfo"
)

// Tracing exports traces. A nil *Tracing does nothing.
type Tracing struct{ provider *sdktrace.TracerProvider }

// StartTracing exports traces by OTLP over HTTP, as the standard OTEL_ variables of the environment configure it. It
// returns nil if no variable asks for traces, and an error for variables that cannot be satisfied.
func StartTracing(ctx context.Context, getenv func(string) string, log *slog.Logger) (*Tracing, error) {
	wanted, err := wantsTraces(getenv)
	if !wanted || err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// Attributes of the environment come last, so they win.
	about, err := resource.New(
		ctx,
		resource.WithTelemetrySDK(),
		resource.WithAttributes(
			semconv.ServiceName("linkgraph"),
			semconv.ServiceVersion(buildinfo.Read().Version),
		),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// The provider itself reads sampling, limits and batch sizes from the environment.
	return newTracing(sdktrace.WithBatcher(loggedExporter{exporter, log}), sdktrace.WithResource(about)), nil
}

func newTracing(options ...sdktrace.TracerProviderOption) *Tracing {
	return &Tracing{sdktrace.NewTracerProvider(options...)}
}

// wantsTraces reports whether the environment turns traces on.
func wantsTraces(getenv func(string) string) (bool, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	kind := getenv("OTEL_TRACES_EXPORTER")
	endpoint := getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") + getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	if kind == "none" || kind == "" && endpoint == "" {
		return false, nil
	}
	if kind != "" && kind != "otlp" {
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER=%s: the choices are otlp and none", kind)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := getenv(name); protocol != "" && protocol != "http/protobuf" {
			return false, fmt.Errorf("%s=%s: the only choice is http/protobuf", name, protocol)
		}
	}
	return true, nil
}

func (t *Tracing) tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.provider.Tracer("linkgraph")
}

// Stop exports the remaining spans and stops the exporter.
func (t *Tracing) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// loggedExporter logs export errors to our logger. OpenTelemetry would print them to a global one.
type loggedExporter struct {
	sdktrace.SpanExporter
	log *slog.Logger
}

// ExportSpans exports spans and logs the error, if any.
func (e loggedExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.Warn("traces are lost", "spans", len(spans), "error", err)
	}
	return nil
}
