package interp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/shell/internal/interp"
	"github.com/interchange-smtp/interchange/connector/shell/internal/object"
)

// manyCommands is a script of n commands as administrators write them.
func manyCommands(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "New-Thing -Name \"Relay %d\" -Ranges 10.%d.%d.0/24,192.168.1.1-192.168.1.9 -MaxSize 25MB -Custom -Server HubA # one of many\n",
			i, i/256%256, i%256)
	}
	return []byte(b.String())
}

// BenchmarkRun parses and runs 100,000 commands that do nothing.
func BenchmarkRun(b *testing.B) {
	src := manyCommands(100_000)
	command := &fakeCommand{name: "New-Thing", run: func(*object.Call) error { return nil },
		params: append(settings(), object.Parameter{Name: "Name", Type: "String", Mandatory: true}, object.Parameter{Name: "Custom", Switch: true, Position: object.Named})}
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if err := interp.New(interp.Options{Commands: []object.Command{command}}).Run(b.Context(), "many.ps1", src); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPipeline filters 100,000 objects.
func BenchmarkPipeline(b *testing.B) {
	in := interp.New(interp.Options{})
	if err := in.Run(b.Context(), "", []byte(`$all = 1..100000 | % { [pscustomobject]@{Name = "Relay $_"; Enabled = $true} }`)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := in.Run(b.Context(), "", []byte(`$some = $all | where { $_.Enabled -and $_.Name -like '*99*' } | select Name`)); err != nil {
			b.Fatal(err)
		}
	}
}
