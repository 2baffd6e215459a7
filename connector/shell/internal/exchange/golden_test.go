package exchange_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/interchange-smtp/interchange/connector/param"
	"github.com/interchange-smtp/interchange/connector/shell"
	"github.com/interchange-smtp/interchange/connector/shell/internal/golden"
	"github.com/interchange-smtp/interchange/permission"
	"github.com/interchange-smtp/interchange/routing"
)

// TestGolden runs every script of testdata/golden and compares what it prints,
// warnings and errors included, with the file beside it. To write those files,
// run it with -update. A script whose name begins with 2007 runs in that edition,
// one with edge in its name on an Edge server. No output may hold the password.
func TestGolden(t *testing.T) {
	golden.Scripts(t, filepath.Join("testdata", "golden"), ".txt", func(t *testing.T, name string, src []byte) string {
		got := runScript(strings.TrimSuffix(name, ".ps1"), src)
		if strings.Contains(got, password) {
			t.Fatalf("the output holds the password:\n%s", got)
		}
		return got
	})
}

func runScript(name string, src []byte) string {
	var out bytes.Buffer
	opts := shell.Options{
		Server: routing.Server{Name: "EX01", FQDN: "EX01.contoso.com", Edge: strings.Contains(name, "edge")}, Out: &out,
		Credential: func(shell.Request) (param.Credential, error) {
			return param.Credential{UserName: `CONTOSO\gateway`, Password: password}, nil
		},
	}
	if strings.HasPrefix(name, "2007") {
		opts.Profile = permission.Exchange2007
	}
	in := shell.New(opts)
	if err := in.Run(context.Background(), name+".ps1", src); err != nil {
		out.WriteString("errors:\n" + err.Error() + "\n")
	}
	return out.String()
}
