// The caller in Go: `order go-http|go-grpc`, under the ordinary instrumentations.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
)

const (
	limit      = 150 * time.Millisecond
	retryPause = 30 * time.Millisecond
	patience   = 5 * time.Second
)

// charge asks payment once, or with the library's way of trying again.
type charge func(ctx context.Context, orderID string) error

type answered int

func (a answered) Error() string { return fmt.Sprintf("payment answered %d", int(a)) }

func byHTTP() (once, again charge) {
	url := "http://127.0.0.1:" + os.Getenv("PAYMENT_HTTP_PORT") + "/charges"
	traced := &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	retrying := retryablehttp.NewClient()
	retrying.HTTPClient = traced
	retrying.RetryMax = 1
	retrying.RetryWaitMin = retryPause
	retrying.RetryWaitMax = retryPause
	retrying.Logger = nil
	ask := func(ctx context.Context, client *http.Client, orderID string) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
		if err != nil {
			return err
		}
		request.Header.Set("x-order-id", orderID)
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode >= 400 {
			return answered(response.StatusCode)
		}
		return nil
	}
	once = func(ctx context.Context, orderID string) error { return ask(ctx, traced, orderID) }
	again = func(ctx context.Context, orderID string) error { return ask(ctx, retrying.StandardClient(), orderID) }
	return once, again
}

// raw sends bytes as they are: a charge has one field, the order's id.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = data
	return nil
}
func (raw) Name() string { return "proto" }

const retryPolicy = `{"methodConfig":[{"name":[{}],"retryPolicy":{"maxAttempts":2,"initialBackoff":"0.03s",
"maxBackoff":"0.03s","backoffMultiplier":1,"retryableStatusCodes":["UNAVAILABLE"]}}]}`

func byGRPC() (once, again charge) {
	ask := func(options ...grpc.DialOption) charge {
		conn, err := grpc.NewClient("127.0.0.1:"+os.Getenv("PAYMENT_GRPC_PORT"), append(options,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
			grpc.WithDefaultCallOptions(grpc.ForceCodec(raw{})))...)
		if err != nil {
			panic(err)
		}
		return func(ctx context.Context, orderID string) error {
			request := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), orderID)
			var response []byte
			return conn.Invoke(ctx, "/shop.Payments/Charge", &request, &response)
		}
	}
	return ask(grpc.WithDisableRetry()), ask(grpc.WithDefaultServiceConfig(retryPolicy))
}

// within limits each attempt, as callers do that try again by themselves.
func within(limit time.Duration, ask charge) charge {
	return func(ctx context.Context, orderID string) error {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return ask(ctx, orderID)
	}
}

func twice(ask charge) charge {
	return func(ctx context.Context, orderID string) error {
		if ask(ctx, orderID) == nil {
			return nil
		}
		time.Sleep(retryPause)
		return ask(ctx, orderID)
	}
}

func cases(once, again charge) map[string]charge {
	breaker := gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Name:        "payment",
		Timeout:     time.Minute,
		ReadyToTrip: func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= 4 },
	})
	limited := within(limit, once)
	return map[string]charge{
		"timeout":       limited,
		"retry-reset":   within(patience, again),
		"retry-503":     within(patience, again),
		"retry-timeout": twice(limited),
		"breaker": func(ctx context.Context, orderID string) error {
			_, err := breaker.Execute(func() (any, error) { return nil, limited(ctx, orderID) })
			return err
		},
		"fallback": func(ctx context.Context, orderID string) error {
			_ = once(ctx, orderID)
			return nil
		},
		"shed": once,
	}
}

// statusFor is what users are told when the call failed for good.
func statusFor(err error) int {
	var answer answered
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &answer) && answer == http.StatusTooManyRequests, status.Code(err) == codes.ResourceExhausted:
		return http.StatusTooManyRequests
	case errors.Is(err, context.DeadlineExceeded), status.Code(err) == codes.DeadlineExceeded:
		return http.StatusGatewayTimeout
	default:
		return http.StatusBadGateway
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		panic(err)
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	once, again := byHTTP()
	isGRPC := os.Args[1] == "go-grpc"
	if isGRPC {
		once, again = byGRPC()
	}
	all := cases(once, again)
	if isGRPC {
		// There a callee that goes away says so.
		delete(all, "retry-reset")
	}
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	checkout := http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		ask := all[request.PathValue("name")]
		response.WriteHeader(statusFor(ask(request.Context(), request.Header.Get("x-order-id"))))
	})
	mux := http.NewServeMux()
	mux.Handle("POST /checkout/{name}", otelhttp.NewHandler(checkout, "checkout"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	said, _ := json.Marshal(map[string]any{"port": listener.Addr().(*net.TCPAddr).Port, "cases": names})
	fmt.Println(string(said))
	go http.Serve(listener, mux)
	<-ctx.Done()
	provider.Shutdown(context.Background())
}
