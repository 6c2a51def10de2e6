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

// Tracing exports traces. A nil one does nothing.
type Tracing struct{ provider *sdktrace.TracerProvider }

// StartTracing exports traces as the standard OTEL_ variables of the environment say, by OTLP over HTTP. It returns nil if
// none of them asks for it.
func StartTracing(ctx context.Context, getenv func(string) string, log *slog.Logger) (*Tracing, error) {
	wanted, err := wantsTraces(getenv)
	if !wanted || err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// What the environment says of the resource comes last and wins.
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
	// Sampling, limits and the size of batches are read from the environment by the provider.
	return newTracing(sdktrace.WithBatcher(loggedExporter{exporter, log}), sdktrace.WithResource(about)), nil
}

func newTracing(options ...sdktrace.TracerProviderOption) *Tracing {
	return &Tracing{sdktrace.NewTracerProvider(options...)}
}

// wantsTraces reads the variables that turn traces on and off.
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
			return false, fmt.Errorf("%s=%s: http/protobuf is the one that is spoken", name, protocol)
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

// Stop exports what is left, and ends.
func (t *Tracing) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// loggedExporter says in the log what could not be exported; otherwise that goes to a log of the whole process.
type loggedExporter struct {
	sdktrace.SpanExporter
	log *slog.Logger
}

// ExportSpans exports.
func (e loggedExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.log.Warn("traces are lost", "spans", len(spans), "error", err)
	}
	return nil
}
