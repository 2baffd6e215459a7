package analysis_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/routing"
)

// acknowledgedCodes are the findings that a configuration acknowledges.
func acknowledgedCodes(t *testing.T, cfg connector.Config) []string {
	t.Helper()
	var codes []string
	for _, f := range analysis.Check(compiled(t, cfg), analysis.Options{}) {
		if f.Acknowledged != "" {
			codes = append(codes, string(f.Code)+": "+f.Acknowledged)
		}
	}
	return codes
}

// TestAcknowledgementsTravel wants acknowledgements to outlive JSON, and those in
// Comments to outlive Exchange's commands.
func TestAcknowledgementsTravel(t *testing.T) {
	cfg := with(t, "%in", anyRelay+`, "Comment": "For the scanners.\r\nAcknowledged open-relay: \"they\" can't be\r\nAcknowledged size-gap: nor $this"`,
		"%out", `, "MaxMessageSize": "20MB", "Comment": "Acknowledged size-gap: it is large"`,
		"%accepted", `, {"DomainName": "a.example"}`, "%top", `, "Acknowledged": [{"Code": "accepted-unrouted", "Place": "Accepted", "Reason": "not yet"}]`)
	want := []string{`open-relay: "they" can't be`, "size-gap: it is large"}

	text, err := jsonconfig.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := jsonconfig.Parse("again", text)
	if err != nil || !reflect.DeepEqual(again, cfg) {
		t.Fatalf("%v\n%s\n%+v", err, text, again)
	}
	if got, all := acknowledgedCodes(t, again), slices.Insert(slices.Clone(want), 1, "accepted-unrouted: not yet"); !slices.Equal(got, all) {
		t.Errorf("from JSON: %q, want %q", got, all)
	}

	script, err := shell.Print(cfg)
	if err != nil {
		t.Fatal(err)
	}
	in := shell.New(shell.Options{Server: cfg.Servers[0]})
	if err := in.Run(context.Background(), "policy.ps1", script); err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	if got := acknowledgedCodes(t, in.Config()); !slices.Equal(got, want) {
		t.Errorf("from commands: %q, want %q\n%s", got, want, script)
	}

	// An interpreter that begins with a configuration keeps what it can't say.
	if in, err = shell.Open(cfg, shell.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := in.Merge(connector.Config{Acknowledged: cfg.Acknowledged}, nil); err != nil {
		t.Fatal(err)
	}
	if got := in.Config().Acknowledged; len(got) != 2 || got[0] != cfg.Acknowledged[0] || got[1] != got[0] {
		t.Errorf("kept: %+v", got)
	}
}

// TestAcknowledgedElsewhere: an acknowledgement in the connector of another server does
// not apply to this server's connector of the same name.
func TestAcknowledgedElsewhere(t *testing.T) {
	cfg := with(t, "%in", anyRelay)
	lab := cfg.Receive[0].Clone()
	lab.Server, lab.Comment = "LAB", "Acknowledged open-relay: no client gets there"
	cfg.Servers = append(cfg.Servers, routing.Server{Name: "LAB"})
	cfg.Receive = slices.Insert(cfg.Receive, 0, lab)
	if got := acknowledgedCodes(t, cfg); len(got) > 0 {
		t.Errorf("acknowledged: %q", got)
	}
	cfg.Receive[1].Comment = lab.Comment
	if got := acknowledgedCodes(t, cfg); len(got) != 1 {
		t.Errorf("acknowledged: %q", got)
	}
}
