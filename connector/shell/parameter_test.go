package shell_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell"
)

// TestParameters: the parameters are those that Set- takes, with what Get-Help says.
func TestParameters(t *testing.T) {
	list := shell.Parameters("receiveconnector")
	find := func(name string) shell.Parameter {
		i := slices.IndexFunc(list, func(p shell.Parameter) bool { return p.Name == name })
		if i < 0 {
			t.Fatalf("no %s in %v", name, list)
		}
		return list[i]
	}
	if p := find("RemoteIPRanges"); !p.List || !p.Enforced || p.Field != "RemoteIPRanges" || p.Help == "" {
		t.Errorf("%+v", p)
	}
	if p := find("ProtocolLoggingLevel"); !slices.Contains(p.Values, "Verbose") || p.List {
		t.Errorf("%+v", p)
	}
	if p := find("AuthMechanism"); !p.List {
		t.Errorf("%+v", p)
	}
	if p := find("OrarEnabled"); p.Enforced || !strings.Contains(p.Help, "No effect") {
		t.Errorf("%+v", p)
	}
	for _, p := range list {
		if p.Name == "Identity" || p.Name == "Usage" {
			t.Errorf("Set-ReceiveConnector has no use for %s", p.Name)
		}
	}
	if shell.Parameters("Nothing") != nil || shell.Parameters("ExchangeServer") != nil {
		t.Error("there is no such Set cmdlet")
	}
}
