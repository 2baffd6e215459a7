package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/interchange-smtp/interchange/relay/relaytest"
)

// receiver is an OTLP/HTTP receiver that counts spans by their names.
type receiver struct {
	mu       sync.Mutex
	services map[string]bool
	spans    map[string]int
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = z
	}
	data, err := io.ReadAll(body)
	message := new(collector.ExportTraceServiceRequest)
	if err != nil || req.URL.Path != "/v1/traces" || proto.Unmarshal(data, message) != nil {
		http.Error(w, "not spans", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, resource := range message.ResourceSpans {
		for _, a := range resource.Resource.Attributes {
			if a.Key == "service.name" {
				r.services[a.Value.GetStringValue()] = true
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				r.spans[span.Name]++
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// listen returns a listener on a port of this machine.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve runs the gateway, sends a message through it, and ends it.
func serve(t *testing.T) {
	t.Helper()
	mailboxes := listen(t)
	sink := new(relaytest.Sink)
	go sink.Serve(mailboxes)
	defer sink.Close()
	l := listen(t)
	address := l.Addr().String()
	l.Close()
	policy := filepath.Join(t.TempDir(), "policy.json")
	text := fmt.Sprintf(`{
		"Accepted": [{"DomainName": "fabrikam.com"}],
		"Receive": [{"Name": "In", "Bindings": [%q], "RemoteIPRanges": ["127.0.0.1"], "PermissionGroups": "AnonymousUsers"}],
		"Send": [{"Name": "Out", "AddressSpaces": ["fabrikam.com"], "SmartHosts": ["127.0.0.1"], "Port": %d}]}`, address, mailboxes.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(policy, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, filepath.Join(t.TempDir(), "data"), policy) }()
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			break
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := smtp.SendMail(address, nil, "amy@contoso.com", []string{"bob@fabrikam.com"}, []byte("Subject: hello\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	wait, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := sink.Wait(wait, 1); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// TestExport: the spans of a message arrive at the endpoint that the environment names, with the name of the service.
func TestExport(t *testing.T) {
	r := &receiver{services: make(map[string]bool), spans: make(map[string]int)}
	server := httptest.NewServer(r)
	defer server.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.URL)
	t.Setenv("OTEL_SERVICE_NAME", "edge")
	serve(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.services["edge"] || r.spans["smtp.session"] == 0 || r.spans["smtp.message"] != 1 || r.spans["smtp.delivery"] != 1 {
		t.Errorf("%v %v", r.services, r.spans)
	}
}

// TestNoExport: without an endpoint there are no traces, and the gateway works.
func TestNoExport(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	if p, err := newProvider(t.Context()); p != nil || err != nil {
		t.Error(p, err)
	}
	serve(t)
}
