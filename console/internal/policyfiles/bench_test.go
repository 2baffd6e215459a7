package policyfiles

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/load"
)

// large returns a policy with 1,000 Receive connectors.
func large() string {
	var script strings.Builder
	script.WriteString("New-AcceptedDomain -Name Contoso -DomainName contoso.com\nNew-SendConnector Out -AddressSpaces *\n")
	for i := range 1000 {
		fmt.Fprintf(&script, "New-ReceiveConnector -Name \"Relay %d\" -Usage Custom -PermissionGroups AnonymousUsers -Bindings 10.0.0.1:25 -RemoteIPRanges 10.1.%d.%d\n", i, i>>8, i&255)
		if i%10 == 0 {
			fmt.Fprintf(&script, "Get-ReceiveConnector \"Relay %d\" | Add-ADPermission -User 'NT AUTHORITY\\ANONYMOUS LOGON' -ExtendedRights Ms-Exch-SMTP-Accept-Any-Recipient\n", i)
		}
	}
	return script.String()
}

func openLarge(b *testing.B) (*Files, *Version) {
	name := filepath.Join(b.TempDir(), "relay.ps1")
	if err := os.WriteFile(name, []byte(large()), 0o600); err != nil {
		b.Fatal(err)
	}
	files, err := Open(Options{Names: []string{name}, Load: load.Options{Server: "HubA"}})
	if err != nil {
		b.Fatal(err)
	}
	old := now.AddDate(-10, 0, 0) // a file that changed just now is compared by its content
	if err := os.Chtimes(name, old, old); err != nil {
		b.Fatal(err)
	}
	v, err := files.Current(context.Background())
	if err != nil || len(v.Mistakes) > 0 {
		b.Fatal(err, v.Mistakes)
	}
	return files, v
}

func BenchmarkRead(b *testing.B) {
	files, _ := openLarge(b)
	for b.Loop() {
		if _, err := files.read(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCurrent(b *testing.B) {
	files, _ := openLarge(b)
	for b.Loop() {
		if _, err := files.Current(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTry(b *testing.B) {
	_, v := openLarge(b)
	for b.Loop() {
		if t, err := v.Try(b.Context(), Change{Commands: `Set-ReceiveConnector "Relay 500" -RemoteIPRanges 10.9.9.9`}); err != nil || len(t.Mistakes) > 0 {
			b.Fatal(err, t)
		}
	}
}

func BenchmarkComparison(b *testing.B) {
	_, v := openLarge(b)
	for b.Loop() {
		b.StopTimer()
		t, err := v.Try(b.Context(), Change{Commands: `Set-ReceiveConnector "Relay 500" -RemoteIPRanges 10.9.9.9`})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if c, err := t.Comparison(b.Context()); err != nil || c.Same() {
			b.Fatal(err)
		}
	}
}

func BenchmarkFindings(b *testing.B) {
	_, v := openLarge(b)
	for b.Loop() {
		v.Loaded.Findings(v.files.opts.Findings())
	}
}
