package analysis_test

import (
	"context"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector"
	"github.com/interchange-smtp/interchange/connector/analysis"
	"github.com/interchange-smtp/interchange/connector/jsonconfig"
	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/source"
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
	cfg := with(t, "%in", anyRelay+`, "Comment": "For the scanners.\r\nAcknowledged relay-anonymous 10.2.9.0/24, any sender: \"they\" can't be\r\nAcknowledged size-gap: nor $this"`,
		"%out", `, "MaxMessageSize": "20MB", "Comment": "Acknowledged size-gap: it is large"`,
		"%accepted", `, {"DomainName": "a.example"}`, "%top", `, "Acknowledged": [{"Code": "accepted-unrouted", "Place": "Accepted", "Reason": "not yet"}]`)
	cfg.Receive[0].RemoteIPRanges = []param.Range{param.MustParseRange("10.2.9.0/24")}
	want := []string{`relay-anonymous: "they" can't be`, "size-gap: it is large"}

	text, err := jsonconfig.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := jsonconfig.Parse("again", text)
	if err != nil || !reflect.DeepEqual(again, cfg) {
		t.Fatalf("%v\n%s\n%+v", err, text, again)
	}
	if got, all := acknowledgedCodes(t, again), slices.Insert(slices.Clone(want), 0, "accepted-unrouted: not yet"); !slices.Equal(got, all) {
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
	cfg.Receive[0].RemoteIPRanges = []param.Range{param.MustParseRange("10.2.9.0/24")}
	lab := cfg.Receive[0].Clone()
	lab.Server, lab.Comment = "LAB", "Acknowledged relay-anonymous 10.0.0.0/8, any sender: no client gets there"
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

// TestAcknowledgementsLapse: an acknowledgement holds for what it names, and for less, and no longer
// when the finding grows.
func TestAcknowledgementsLapse(t *testing.T) {
	const place = `Receive["In"]`
	grown := func(cfg connector.Config, opts analysis.Options) (acknowledged bool, codes []source.Code) {
		for _, f := range analysis.Check(compiled(t, cfg), opts) {
			acknowledged = acknowledged || f.Acknowledged != ""
			if strings.HasPrefix(string(f.Code), "acknowledged-") {
				codes = append(codes, f.Code)
			}
		}
		return acknowledged, codes
	}
	relaying := func(extent string, ranges ...string) connector.Config {
		cfg := with(t, "%in", anyRelay)
		cfg.Receive[0].RemoteIPRanges = nil
		for _, r := range ranges {
			cfg.Receive[0].RemoteIPRanges = append(cfg.Receive[0].RemoteIPRanges, param.MustParseRange(r))
		}
		cfg.Receive[0].Comment = strings.TrimSpace("Acknowledged relay-anonymous "+extent) + ": the scanners"
		return cfg
	}
	lapsed := []source.Code{analysis.CodeAcknowledgedExtent}
	six := relaying("fd00::/64, any sender", "fd00::/64")
	six.Receive[0].Bindings = []netip.AddrPort{netip.MustParseAddrPort("[::]:25")}
	restricted := relaying("10.2.9.0/24", "10.2.9.0/24")
	restricted.Receive[0].AllowedSenders = []param.Sender{param.MustParseSender("scan@fabrikam.com")}
	for name, tt := range map[string]struct {
		cfg  connector.Config
		want []source.Code
	}{
		"as it was":            {relaying("10.2.9.0/24, any sender", "10.2.9.0/24"), nil},
		"smaller":              {relaying("10.2.9.0/24, Any Sender", "10.2.9.7"), nil},
		"in two pieces":        {relaying("10.2.9.0/24, any sender", "10.2.9.0/25", "10.2.9.128/25"), nil},
		"named in two pieces":  {relaying("10.2.9.0-10.2.9.99, 10.2.9.90-10.2.9.255, any sender", "10.2.9.0/24"), nil},
		"IPv6":                 {six, nil},
		"a wider range":        {relaying("10.2.9.0/24, any sender", "10.2.8.0/23"), lapsed},
		"one address more":     {relaying("10.2.9.0/24, any sender", "10.2.9.0/24", "10.2.10.1"), lapsed},
		"no extent":            {relaying("", "10.2.9.0/24"), lapsed},
		"restricted senders":   {restricted, nil},
		"any sender":           {relaying("10.2.9.0/24", "10.2.9.0/24"), lapsed},
		"an error now":         {relaying("10.2.9.0/24, any sender", "10.2.9.0/24", "0.0.0.0/0"), []source.Code{analysis.CodeAcknowledgedNothing}},
		"the place of another": {relaying("10.2.9.0/24 any sender", "10.2.9.0/24"), lapsed},
	} {
		acknowledged, codes := grown(tt.cfg, analysis.Options{})
		if acknowledged != (tt.want == nil) || !slices.Equal(codes, tt.want) {
			t.Errorf("%s: acknowledged %v, %q, want %q", name, acknowledged, codes, tt.want)
		}
	}

	// An error is acknowledged by a file of its own only.
	open := with(t, "%in", anyRelay)
	open.Receive[0].Comment = "Acknowledged open-relay 0.0.0.0/0, any sender: the chief wants it"
	refused := []source.Code{analysis.CodeAcknowledgedError}
	if acknowledged, codes := grown(open, analysis.Options{}); acknowledged || !slices.Equal(codes, refused) {
		t.Errorf("an error in a Comment: %v, %q", acknowledged, codes)
	}
	open.Receive[0].Comment = ""
	open.Acknowledged = []connector.Acknowledgement{{Code: analysis.CodeOpenRelay, Place: place, Extent: "0.0.0.0/0", Reason: "the chief wants it"}}
	if acknowledged, codes := grown(open, analysis.Options{}); !acknowledged || len(codes) > 0 {
		t.Errorf("an error in Acknowledged: %v, %q", acknowledged, codes)
	}
	deny := func(source.Path) bool { return false }
	if acknowledged, codes := grown(open, analysis.Options{MayAcknowledgeErrors: deny}); acknowledged || !slices.Equal(codes, refused) {
		t.Errorf("an error in Acknowledged that may not: %v, %q", acknowledged, codes)
	}
}
