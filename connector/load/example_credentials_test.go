package load_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/interchange-smtp/interchange/connector/load"
	"github.com/interchange-smtp/interchange/connector/source"
)

// policyFiles stand for a directory. With os.ReadFile, which is what load uses unless
// Options.ReadFile is set, they are on disk.
var policyFiles = fstest.MapFS{
	"send.ps1": {Data: []byte(`$toHub = Get-Credential
New-SendConnector ToHub -AddressSpaces * -DNSRoutingEnabled $false -SmartHosts hub.contoso.com ` + "`" + `
    -SmartHostAuthMechanism BasicAuthRequireTLS -AuthenticationCredential $toHub
`)},
	"credentials": {Data: []byte("# variable=user:password\ntoHub=relay@contoso.com:Secret-2007\n")},
}

// A script that asks for a password, which a credentials file has.
func ExampleFiles_credentials() {
	opts := load.Options{Credentials: "credentials", Environ: os.Environ(), ReadFile: policyFiles.ReadFile}
	policy, err := load.Files(context.Background(), opts, "send.ps1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for out := range policy.Send() {
		fmt.Println(out.Name(), out.Settings().AuthenticationCredential)
	}

	opts.Credentials, opts.Environ = "", nil // now nothing answers
	_, err = load.Files(context.Background(), opts, "send.ps1")
	var mistakes source.Diagnostics
	if errors.As(err, &mistakes) {
		fmt.Println(mistakes[0].Summary())
	}
	// Output:
	// ToHub {relay@contoso.com REDACTED}
	// send.ps1:1:10: Get-Credential: the credential: there is no user to ask; set INTERCHANGE_CREDENTIAL_toHub=user:password in the environment, or give a credentials file (credential)
}
