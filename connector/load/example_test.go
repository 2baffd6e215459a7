package load_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/interchange-smtp/interchange/connector/load"
)

// A policy from an export and a script that changes it. Everything in it has a place.
func ExampleFiles() {
	dir, err := os.MkdirTemp("", "policy")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	export, script := filepath.Join(dir, "receive.txt"), filepath.Join(dir, "change.ps1")
	os.WriteFile(export, []byte(`Name             : Relay
Bindings         : {10.2.3.4:25}
RemoteIPRanges   : {10.0.5.10, 10.0.6.0/24}
AuthMechanism    : Tls
PermissionGroups : AnonymousUsers
`), 0o600)
	os.WriteFile(script, []byte("Set-ReceiveConnector Relay -MaxMessageSize 36MB\n"), 0o600)

	l, err := load.Files(context.Background(), load.Options{Server: "EX01"}, export, script)
	if err != nil {
		fmt.Println(err) // every mistake, with file and line
		return
	}
	for in := range l.Receive() {
		at, _ := l.Places.Find(`Receive["Relay"].MaxMessageSize`)
		fmt.Println(in.Name(), in.Settings().MaxMessageSize, filepath.Base(at.File), at.Line)
	}
	// Output:
	// Relay 36 MB (37,748,736 bytes) change.ps1 1
}
